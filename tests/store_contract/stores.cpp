#include "stores.h"

#include <future>
#include <iostream>

#include <stdlib.h>

#include <engine/store/memory_store.h>
#include <engine/store/rocksdb_store.h>

#include "redis_server.h"

namespace store_contract {

FreshDirectory::FreshDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "stepstream_store_XXXXXX").string();
  if (mkdtemp(pattern.data())) path_ = pattern;
}

FreshDirectory::~FreshDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

namespace {

// One server for all tests; a directory stands for a name of its own there.
std::unique_ptr<engine::Store> open_redis(const std::string& directory, uint16_t partitions) {
  static const RedisServer server;
  engine::store::RedisSettings settings = server.settings();
  settings.name = std::filesystem::path(directory).filename().string();
  settings.partitions = partitions;
  auto store = engine::store::RedisStore::open(settings);
  return store ? std::move(*store) : nullptr;
}

}  // namespace

const std::vector<Implementation>& implementations() {
  static const std::vector<Implementation> all = [] {
    std::vector<Implementation> found{
        {"memory", false,
         [](const std::string&, uint16_t partitions) {
           return engine::store::make_memory_store(partitions);
         }},
        {"rocksdb", true,
         [](const std::string& directory, uint16_t partitions) -> std::unique_ptr<engine::Store> {
           engine::store::RocksDbSettings settings;
           settings.directory = directory;
           settings.partitions = partitions;
           auto store = engine::store::RocksDbStore::open(settings);
           return store ? std::move(*store) : nullptr;
         }},
    };
    if (RedisServer::installed()) {
      found.push_back({"redis", true, open_redis});
    } else {
      std::cout << "not tested: redis-server is not installed\n";
    }
    return found;
  }();
  return all;
}

engine::Error commit(engine::Store& store, uint16_t partition, uint64_t expected, uint64_t applied,
                     engine::WriteBatch batch) {
  std::promise<engine::Error> done;
  engine::AppliedPosition position;
  position.applied = applied;
  position.now_ms = static_cast<int64_t>(applied) * 10;
  position.fingerprint = "f" + std::to_string(applied);
  position.epoch = 7;
  store.commit(static_cast<engine::PartitionId>(partition), expected, position, std::move(batch),
               [&](engine::Error error) { done.set_value(std::move(error)); });
  return done.get_future().get();
}

}  // namespace store_contract
