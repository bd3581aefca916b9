// Which source a ReaderConfig asks for.
#include <algorithm>

#include <statelang/map_run/item_source.h>

#include "file_lists.h"
#include "formats.h"

namespace statelang::map_run {
namespace {

// MaxItems.
class FirstItems : public ItemSource {
 public:
  FirstItems(std::unique_ptr<ItemSource> items, int64_t count) : items_(std::move(items)), left_(count) {}

  Expected<std::optional<Value>, Failure> next() override {
    if (left_ == 0) return std::optional<Value>{};
    --left_;
    return items_->next();
  }

 private:
  std::unique_ptr<ItemSource> items_;
  int64_t left_;
};

Expected<std::unique_ptr<ItemSource>, Failure> open_kind(ObjectStore& objects, const ReadItems& request) {
  const Value& config = request.config;
  const std::string bucket = text_of(request.arguments, "Bucket", "");
  if (bucket.empty()) return reader_failed("Bucket is missing.");
  if (request.resource.ends_with(":listObjectsV2")) {
    std::string prefix = text_of(request.arguments, "Prefix", "");
    const std::string transformation = text_of(config, "Transformation", "NONE");
    if (transformation == "NONE") return listed_objects(objects, bucket, std::move(prefix));
    if (transformation == "LOAD_AND_FLATTEN") {
      return items_of_listed(objects, bucket, std::move(prefix), config);
    }
    return reader_failed("Unknown Transformation: " + transformation);
  }
  const std::string key = text_of(request.arguments, "Key", "");
  if (key.empty()) return reader_failed("Key is missing.");
  const std::string manifest = text_of(config, "ManifestType", "");
  if (manifest == "ATHENA_DATA") return items_of_athena_manifest(objects, bucket, key, config);
  if (manifest == "S3_INVENTORY" || text_of(config, "InputType", "JSON") == "MANIFEST") {
    return items_of_inventory(objects, bucket, key);
  }
  if (!manifest.empty()) return reader_failed("Unknown ManifestType: " + manifest);
  auto text = open_text(objects, bucket, key);
  if (!text) return Unexpected{text.error()};
  return file_items(std::move(*text), config);
}

}  // namespace

std::string text_of(const Value& config, std::string_view name, std::string_view otherwise) {
  const Value* value = config.find(name);
  return std::string(value && value->is_string() ? value->as_string() : otherwise);
}

Expected<std::unique_ptr<ItemSource>, Failure> file_items(std::unique_ptr<TextInput> text,
                                                          const Value& config) {
  const std::string type = text_of(config, "InputType", "JSON");
  if (type == "JSON") return json_items(std::move(text), text_of(config, "ItemsPointer", ""));
  if (type == "JSONL") return json_line_items(std::move(text));
  if (type == "CSV") return csv_items(std::move(text), config);
  if (type == "PARQUET") return reader_failed("InputType PARQUET cannot be read here: write CSV or JSONL.");
  return reader_failed("InputType " + type + " cannot be read.");
}

Expected<std::unique_ptr<ItemSource>, Failure> open_items(ObjectStore& objects, const ReadItems& request) {
  auto opened = open_kind(objects, request);
  if (!opened || request.items_max <= 0) return opened;
  return std::unique_ptr<ItemSource>(std::make_unique<FirstItems>(std::move(*opened), request.items_max));
}

Expected<Array, Failure> next_items(ItemSource& source, size_t count) {
  Array items;
  while (items.size() < count) {
    auto item = source.next();
    if (!item) return Unexpected{item.error()};
    if (!*item) break;
    items.push_back(std::move(**item));
  }
  return items;
}

Expected<bool, Failure> ItemChunks::read_one() {
  auto item = source_->next();
  if (!item) return Unexpected{item.error()};
  if (!*item) return false;
  ahead_.push_back(std::move(**item));
  return true;
}

Expected<void, Failure> ItemChunks::go_to(const ReadItems& request) {
  if (!source_ || request.skip < ahead_first_) {
    auto opened = open_items(*objects_, request);
    if (!opened) return Unexpected{opened.error()};
    source_ = std::move(*opened);
    ahead_.clear();
    ahead_first_ = 0;
  }
  while (ahead_first_ < request.skip) {
    if (ahead_.empty()) {
      auto more = read_one();
      if (!more) return Unexpected{more.error()};
      if (!*more) break;
    }
    ahead_.pop_front();
    ++ahead_first_;
  }
  return {};
}

Expected<ItemChunks::Chunk, Failure> ItemChunks::read(const ReadItems& request) {
  if (auto there = go_to(request); !there) return Unexpected{there.error()};
  Chunk chunk;
  size_t bytes = 0;
  const size_t count = std::max<size_t>(request.count, 1);
  // One more than is given: whether there is one.
  for (size_t at = 0;; ++at) {
    if (at == ahead_.size()) {
      auto more = read_one();
      if (!more) return Unexpected{more.error()};
      if (!*more) return chunk;
    }
    if (at == count || (at > 0 && request.bytes > 0 && bytes >= request.bytes)) break;
    if (request.bytes > 0) bytes += to_json(ahead_[at]).size();
    chunk.items.push_back(ahead_[at]);
  }
  chunk.more = true;
  return chunk;
}

}  // namespace statelang::map_run
