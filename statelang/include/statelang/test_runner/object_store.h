// ObjectStore: the buckets that ItemReader and ResultWriter of a Distributed Map name, as the in-memory
// runner sees them. The pure library reads no files: the caller implements this over a folder. Single thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace statelang::test_runner {

class ObjectStore {
 public:
  struct ObjectInfo {
    std::string key;
    int64_t size_bytes = 0;
    int64_t modified_s = 0;  // Unix epoch
  };
  virtual ~ObjectStore() = default;
  // Nothing: no such object.
  virtual std::optional<std::string> read(const std::string& bucket, const std::string& key) = 0;
  // In order of the keys' bytes. Nothing: no such bucket.
  virtual std::optional<std::vector<ObjectInfo>> list(const std::string& bucket,
                                                      const std::string& prefix) = 0;
  // False: could not be written.
  virtual bool write(const std::string& bucket, const std::string& key, const std::string& bytes) = 0;
};

}  // namespace statelang::test_runner
