// The store implementations under the contract, and a fresh directory for each test.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <engine/ports/store.h>

namespace store_contract {

class FreshDirectory {
 public:
  FreshDirectory();
  ~FreshDirectory();
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

struct Implementation {
  std::string name;
  bool survives_reopening = false;
  std::function<std::unique_ptr<engine::Store>(const std::string& directory, uint16_t partitions)> open;
};
const std::vector<Implementation>& implementations();

// Commits and waits.
engine::Error commit(engine::Store& store, uint16_t partition, uint64_t expected, uint64_t applied,
                     engine::WriteBatch batch);

}  // namespace store_contract
