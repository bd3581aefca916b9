// ObjectFolder: buckets as folders. The object KEY of bucket B is the file DIR/B/KEY. What a Distributed Map
// reads from and writes to in the test command and in a server without S3 (--object-root). Single thread.
#pragma once

#include <string>

#include <statelang/map_run/object_store.h>

namespace engine::objects {

class ObjectFolder : public statelang::map_run::ObjectStore {
 public:
  // `root` may be empty: then no bucket is found and nothing can be written.
  explicit ObjectFolder(std::string root) : root_(std::move(root)) {}

  statelang::Expected<std::unique_ptr<statelang::map_run::ObjectReader>, std::string> open(
      const std::string& bucket, const std::string& key) override;
  // An object's ETag is the MD5 of its bytes up to 8 MiB; of larger ones it is made of size and time, as S3's
  // is no MD5 for what came in parts.
  statelang::Expected<std::vector<statelang::map_run::ObjectInfo>, std::string> list(
      const std::string& bucket, const std::string& prefix, const std::string& after, size_t count) override;
  // The file appears under its name when it is complete. Missing folders are made, the bucket's included.
  statelang::Expected<void, std::string> write(const std::string& bucket, const std::string& key,
                                               const std::string& bytes) override;

 private:
  // Empty: the name would lead out of the folder.
  std::string path_of(const std::string& bucket, const std::string& key) const;
  statelang::Expected<void, std::string> look_through(const std::string& bucket, const std::string& prefix);

  std::string root_;
  // What look_through() found, for the pages after the first.
  std::string listed_bucket_, listed_prefix_;
  std::vector<statelang::map_run::ObjectInfo> listed_;
};

}  // namespace engine::objects
