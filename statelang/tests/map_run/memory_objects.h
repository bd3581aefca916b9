// Objects in memory, for tests; they are read a few bytes at a time.
#pragma once

#include <algorithm>
#include <map>
#include <optional>

#include <statelang/map_run/object_store.h>

namespace statelang::map_run {

class MemoryObjects : public ObjectStore {
 public:
  std::map<std::string, std::string> objects;  // by "bucket/key"
  size_t chunk = 3;
  size_t lists = 0;  // how often list() was called

  std::optional<std::string> text(const std::string& place) const {
    const auto found = objects.find(place);
    return found == objects.end() ? std::nullopt : std::optional(found->second);
  }

  Expected<std::unique_ptr<ObjectReader>, std::string> open(const std::string& bucket,
                                                            const std::string& key) override {
    const auto found = objects.find(bucket + "/" + key);
    if (found == objects.end()) return Unexpected{std::string("The specified key does not exist: " + key)};
    return std::unique_ptr<ObjectReader>(std::make_unique<Reader>(found->second, chunk));
  }
  Expected<std::vector<ObjectInfo>, std::string> list(const std::string& bucket, const std::string& prefix,
                                                      const std::string& after, size_t count) override {
    ++lists;
    std::vector<ObjectInfo> page;
    for (const auto& [place, bytes] : objects) {
      if (!place.starts_with(bucket + "/" + prefix) || page.size() == count) continue;
      const std::string key = place.substr(bucket.size() + 1);
      if (key > after) page.push_back({key, "\"e\"", static_cast<int64_t>(bytes.size()), 7});
    }
    return page;
  }
  Expected<void, std::string> write(const std::string& bucket, const std::string& key,
                                    const std::string& bytes) override {
    objects[bucket + "/" + key] = bytes;
    return {};
  }

 private:
  class Reader : public ObjectReader {
   public:
    Reader(std::string bytes, size_t chunk) : bytes_(std::move(bytes)), chunk_(chunk) {}
    Expected<size_t, std::string> read(char* to, size_t capacity) override {
      const size_t count = bytes_.copy(to, std::min(capacity, chunk_), at_);
      at_ += count;
      return count;
    }

   private:
    std::string bytes_;
    size_t chunk_, at_ = 0;
  };
};

}  // namespace statelang::map_run
