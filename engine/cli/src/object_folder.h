// ObjectFolder: the objects of bucket B are the files below DIR/B. What a Distributed Map of `stepstream
// test` reads from and writes to.
#pragma once

#include <string>

#include <statelang/test_runner/object_store.h>

namespace engine::cli {

class ObjectFolder : public statelang::test_runner::ObjectStore {
 public:
  // `root` may be empty: then no object is found and none can be written.
  explicit ObjectFolder(std::string root) : root_(std::move(root)) {}

  std::optional<std::string> read(const std::string& bucket, const std::string& key) override;
  std::optional<std::vector<ObjectInfo>> list(const std::string& bucket, const std::string& prefix) override;
  bool write(const std::string& bucket, const std::string& key, const std::string& bytes) override;

 private:
  // Empty: the name would lead out of the folder.
  std::string path_of(const std::string& bucket, const std::string& key) const;

  std::string root_;
};

}  // namespace engine::cli
