#include "file_lists.h"

#include <statelang/utf8.h>

#include "formats.h"

namespace statelang::map_run {
namespace {

using Opened = Expected<std::unique_ptr<ItemSource>, Failure>;

constexpr size_t kListPage = 1000;  // S3's own

// The objects of a bucket, a page of them in memory.
class Listing {
 public:
  Listing(ObjectStore& objects, std::string bucket, std::string prefix)
      : objects_(objects), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

  // Nothing at the end.
  Expected<const ObjectInfo*, Failure> next() {
    if (at_ == page_.size() && !last_page_) {
      const std::string after = page_.empty() ? "" : page_.back().key;
      auto page = objects_.list(bucket_, prefix_, after, kListPage);
      if (!page) return reader_failed(std::move(page.error()));
      page_ = std::move(*page);
      at_ = 0;
      last_page_ = page_.size() < kListPage;
    }
    return at_ < page_.size() ? &page_[at_++] : nullptr;
  }
  const std::string& bucket() const { return bucket_; }

 private:
  ObjectStore& objects_;
  std::string bucket_, prefix_;
  std::vector<ObjectInfo> page_;
  size_t at_ = 0;
  bool last_page_ = false;
};

class ListedObjects : public ItemSource {
 public:
  explicit ListedObjects(Listing listing) : listing_(std::move(listing)) {}

  Expected<std::optional<Value>, Failure> next() override {
    auto object = listing_.next();
    if (!object) return Unexpected{object.error()};
    if (!*object) return std::optional<Value>{};
    return std::optional<Value>(Value::object({{"Etag", (*object)->etag},
                                               {"LastModified", (*object)->modified_s},
                                               {"Key", repaired_utf8((*object)->key)},
                                               {"Size", (*object)->size_bytes},
                                               {"StorageClass", "STANDARD"}}));
  }

 private:
  Listing listing_;
};

// The items of one file after the other.
class ItemsOfFiles : public ItemSource {
 public:
  Expected<std::optional<Value>, Failure> next() override {
    while (true) {
      if (file_) {
        auto item = file_->next();
        if (!item || *item) return item;
      }
      auto opened = next_file();
      if (!opened) return Unexpected{opened.error()};
      file_ = std::move(*opened);
      if (!file_) return std::optional<Value>{};
    }
  }

 private:
  // A null pointer: there is none.
  virtual Opened next_file() = 0;

  std::unique_ptr<ItemSource> file_;
};

class ItemsOfListed : public ItemsOfFiles {
 public:
  ItemsOfListed(ObjectStore& objects, Listing listing, Value config)
      : objects_(objects), listing_(std::move(listing)), config_(std::move(config)) {}

 private:
  Opened next_file() override {
    while (true) {
      auto object = listing_.next();
      if (!object) return Unexpected{object.error()};
      if (!*object) return std::unique_ptr<ItemSource>();
      // What consoles leave behind for a "folder" holds no items.
      if ((*object)->size_bytes == 0 && (*object)->key.ends_with('/')) continue;
      auto text = open_text(objects_, listing_.bucket(), (*object)->key);
      if (!text) return Unexpected{text.error()};
      return file_items(std::move(*text), config_);
    }
  }

  ObjectStore& objects_;
  Listing listing_;
  Value config_;
};

class ItemsOfInventory : public ItemsOfFiles {
 public:
  ItemsOfInventory(ObjectStore& objects, std::string bucket, std::vector<std::string> columns,
                   std::unique_ptr<ItemSource> files)
      : objects_(objects),
        bucket_(std::move(bucket)),
        columns_(std::move(columns)),
        files_(std::move(files)) {}

 private:
  Opened next_file() override {
    auto file = files_->next();
    if (!file) return Unexpected{file.error()};
    if (!*file) return std::unique_ptr<ItemSource>();
    auto text = open_text(objects_, bucket_, text_of(**file, "key", ""));
    if (!text) return Unexpected{text.error()};
    return csv_items(std::move(*text), ',', columns_);
  }

  ObjectStore& objects_;
  std::string bucket_;
  std::vector<std::string> columns_;
  std::unique_ptr<ItemSource> files_;
};

class ItemsOfAthenaManifest : public ItemsOfFiles {
 public:
  ItemsOfAthenaManifest(ObjectStore& objects, std::unique_ptr<ItemSource> lines, Value config)
      : objects_(objects), lines_(std::move(lines)), config_(std::move(config)) {}

 private:
  Opened next_file() override {
    auto line = lines_->next();
    if (!line) return Unexpected{line.error()};
    if (!*line) return std::unique_ptr<ItemSource>();
    const std::string place = text_of(**line, kPlace, "");
    constexpr std::string_view kScheme = "s3://";
    const size_t slash = place.find('/', kScheme.size());
    if (!place.starts_with(kScheme) || slash == std::string::npos) {
      return reader_failed("The manifest names no object of S3: " + place);
    }
    auto text =
        open_text(objects_, place.substr(kScheme.size(), slash - kScheme.size()), place.substr(slash + 1));
    if (!text) return Unexpected{text.error()};
    return file_items(std::move(*text), config_);
  }

 public:
  static constexpr const char* kPlace = "place";

 private:
  ObjectStore& objects_;
  std::unique_ptr<ItemSource> lines_;
  Value config_;
};

// "Bucket, Key, Size".
std::vector<std::string> schema_columns(std::string_view schema) {
  std::vector<std::string> columns;
  while (!schema.empty()) {
    const size_t end = std::min(schema.find(','), schema.size());
    std::string_view column = schema.substr(0, end);
    while (!column.empty() && column.front() == ' ') column.remove_prefix(1);
    while (!column.empty() && column.back() == ' ') column.remove_suffix(1);
    if (!column.empty()) columns.emplace_back(column);
    schema.remove_prefix(std::min(end + 1, schema.size()));
  }
  return columns;
}

}  // namespace

Expected<std::unique_ptr<TextInput>, Failure> open_text(ObjectStore& objects, const std::string& bucket,
                                                        const std::string& key) {
  auto reader = objects.open(bucket, key);
  if (!reader) return reader_failed(std::move(reader.error()));
  return std::make_unique<TextInput>(std::move(*reader));
}

std::unique_ptr<ItemSource> listed_objects(ObjectStore& objects, std::string bucket, std::string prefix) {
  return std::make_unique<ListedObjects>(Listing(objects, std::move(bucket), std::move(prefix)));
}

std::unique_ptr<ItemSource> items_of_listed(ObjectStore& objects, std::string bucket, std::string prefix,
                                            const Value& config) {
  return std::make_unique<ItemsOfListed>(objects, Listing(objects, std::move(bucket), std::move(prefix)),
                                         config);
}

Opened items_of_inventory(ObjectStore& objects, const std::string& bucket, const std::string& key) {
  auto text = open_text(objects, bucket, key);
  if (!text) return Unexpected{text.error()};
  auto members = json_items(std::move(*text), "");
  Value manifest = Value::object();
  while (true) {
    auto member = members->next();
    if (!member) return Unexpected{member.error()};
    if (!*member) break;
    const Value* name = (*member)->find("Key");
    if (!name) return reader_failed("The manifest is no S3 Inventory manifest.");
    manifest.set(name->as_string(), *(*member)->find("Value"));
  }
  const std::string format = text_of(manifest, "fileFormat", "");
  if (format != "CSV") return reader_failed("An S3 Inventory must be CSV, not " + format + ".");
  auto columns = schema_columns(text_of(manifest, "fileSchema", ""));
  if (columns.empty()) return reader_failed("The manifest has no fileSchema.");
  // arn:aws:s3:::bucket
  std::string destination = text_of(manifest, "destinationBucket", bucket);
  destination.erase(0, destination.rfind(':') + 1);
  auto again = open_text(objects, bucket, key);
  if (!again) return Unexpected{again.error()};
  return std::unique_ptr<ItemSource>(std::make_unique<ItemsOfInventory>(
      objects, std::move(destination), std::move(columns), json_items(std::move(*again), "/files")));
}

Opened items_of_athena_manifest(ObjectStore& objects, const std::string& bucket, const std::string& key,
                                const Value& config) {
  auto text = open_text(objects, bucket, key);
  if (!text) return Unexpected{text.error()};
  return std::unique_ptr<ItemSource>(std::make_unique<ItemsOfAthenaManifest>(
      objects, csv_items(std::move(*text), ',', {ItemsOfAthenaManifest::kPlace}), config));
}

}  // namespace statelang::map_run
