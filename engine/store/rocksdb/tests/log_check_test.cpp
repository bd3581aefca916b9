// Logs and MANIFESTs as a store writes them, then damaged.
#include "log_check.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include <catch2/catch.hpp>
#include <rocksdb/db.h>

#include <engine/store/rocksdb_store.h>

namespace fs = std::filesystem;

using engine::Error;
using engine::ErrorKind;
using engine::store::RocksDbSettings;
using engine::store::RocksDbStore;

namespace {

class Directory {
 public:
  Directory() {
    std::string name = (fs::temp_directory_path() / "log-check-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() { fs::remove_all(path_); }
  fs::path path() const { return path_; }

  RocksDbSettings settings(bool sync = true) const {
    RocksDbSettings settings;
    settings.directory = path_ / "store";
    settings.partitions = 1;
    settings.sync = sync;
    return settings;
  }

 private:
  fs::path path_;
};

// Adds commits of 4 KiB each. What `kept` is told to be is a copy of the directory before the store is
// closed, as a killed process leaves it.
void commit(RocksDbStore& store, int commits) {
  for (int i = 0; i < commits; ++i) {
    const uint64_t applied = store.position(engine::PartitionId{0})->applied;
    engine::WriteBatch batch;
    batch.put(engine::Table::History, std::to_string(applied),
              std::string(4096, static_cast<char>('a' + i % 26)));
    batch.put(engine::Table::Executions, "state", std::to_string(applied));
    std::promise<Error> done;
    engine::AppliedPosition position;
    position.applied = applied + 1;
    store.commit(engine::PartitionId{0}, applied, position, std::move(batch),
                 [&done](Error error) { done.set_value(std::move(error)); });
    REQUIRE_FALSE(done.get_future().get());
  }
}

// The store's directory with so many more commits in the log after each of `lives` kills: a copy that is made
// before the store is closed is what a killed process leaves.
void fill(const Directory& directory, int commits, int lives) {
  const fs::path store = directory.settings().directory;
  for (int life = 0; life < lives; ++life) {
    auto opened = RocksDbStore::open(directory.settings());
    REQUIRE(opened);
    commit(**opened, commits);
    fs::copy(store, directory.path() / "killed");
    opened->reset();
    fs::remove_all(store);
    fs::rename(directory.path() / "killed", store);
  }
}

std::vector<fs::path> logs_in(const fs::path& directory) {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".log" && fs::file_size(entry.path()) > 0) logs.push_back(entry.path());
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

std::vector<fs::path> logs_of(const Directory& directory) {
  return logs_in(directory.settings().directory);
}

void flip(const fs::path& path, uint64_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(at));
  file.put(static_cast<char>(~byte));
}

Error open(const Directory& directory, bool sync = true) {
  auto store = RocksDbStore::open(directory.settings(sync));
  return store ? Error{} : store.error();
}

uint64_t applied(const Directory& directory) {
  auto store = RocksDbStore::open(directory.settings());
  REQUIRE(store);
  return (*store)->position(engine::PartitionId{0})->applied;
}

}  // namespace

TEST_CASE("log check: what a killed process leaves is whole, over several lives") {
  const Directory directory;
  fill(directory, 40, 3);
  REQUIRE(logs_of(directory).size() >= 2);
  CHECK(engine::store::check_logs(directory.settings().directory).error.message.empty());
  CHECK(applied(directory) == 120);
}

TEST_CASE("log check: a torn end is no damage, and the next life goes on from there") {
  const Directory directory;
  fill(directory, 40, 1);
  const fs::path log = logs_of(directory).back();
  fs::resize_file(log, fs::file_size(log) - 1000);
  CHECK(engine::store::check_logs(directory.settings().directory).error.message.empty());
  fill(directory, 10, 1);
  CHECK(engine::store::check_logs(directory.settings().directory).error.message.empty());
  CHECK(applied(directory) == 49);
}

TEST_CASE("log check: damage with sound commits behind it is refused, with its place") {
  const Directory directory;
  fill(directory, 40, 1);
  const fs::path log = logs_of(directory).back();
  const uint64_t at = GENERATE(0, 3, 5, 6, 20, 3000, 40'000, 90'000);
  flip(log, at);
  const Error error = open(directory);
  INFO(error.message);
  CHECK(error.kind == ErrorKind::Corrupt);
  CHECK(error.message.find(log.filename().string()) != std::string::npos);
  CHECK(error.message.find("backup") != std::string::npos);
}

TEST_CASE("log check: an older log cut short, or gone, is refused") {
  const Directory directory;
  fill(directory, 40, 2);
  const std::vector<fs::path> logs = logs_of(directory);
  REQUIRE(logs.size() == 2);
  if (GENERATE(true, false)) {
    fs::resize_file(logs[0], fs::file_size(logs[0]) - 1000);
  } else {
    fs::remove(logs[0]);
  }
  CHECK(open(directory).kind == ErrorKind::Corrupt);
}

TEST_CASE("log check: a log that is gone is missed, left over ones are not looked at") {
  const Directory directory;
  const std::string live = directory.path() / "live";
  const std::string killed = directory.path() / "killed";
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open(options, live, &opened).ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::ColumnFamilyHandle* other = nullptr;
  REQUIRE(db->CreateColumnFamily(options, "other", &other).ok());
  REQUIRE(db->DisableFileDeletions().ok());
  for (int log = 0; log < 6;
       ++log) {  // a flush begins a new one; only the third flush sets the older ones free
    REQUIRE(db->Put(rocksdb::WriteOptions(), other, "key", std::to_string(log)).ok());
    for (int i = 0; i < 5; ++i) REQUIRE(db->Put(rocksdb::WriteOptions(), "key", std::string(1000, 'v')).ok());
    if (log == 2) REQUIRE(db->Flush(rocksdb::FlushOptions()).ok());
    REQUIRE(db->Flush(rocksdb::FlushOptions(), other).ok());
  }
  REQUIRE(db->Put(rocksdb::WriteOptions(), "key", "last").ok());
  fs::copy(live, killed);
  REQUIRE(db->DestroyColumnFamilyHandle(other).ok());
  CHECK(engine::store::check_logs(killed).error.message.empty());
  const std::vector<fs::path> logs = logs_in(killed);
  REQUIRE(logs.size() >= 6);
  fs::remove(logs[0]);
  flip(logs[1], 20);
  CHECK(engine::store::check_logs(killed).error.message.empty());
  SECTION("one of the middle") {
    fs::remove(logs[logs.size() - 2]);
  }
  SECTION("all but the last") {
    for (size_t i = 1; i + 1 < logs.size(); ++i) fs::remove(logs[i]);
  }
  SECTION("the last entries of the MANIFEST, which told of the tables") {
    for (const auto& entry : fs::directory_iterator(killed)) {
      if (entry.path().filename().string().rfind("MANIFEST", 0) == 0) fs::resize_file(entry.path(), 60);
    }
    for (size_t i = 1; i + 2 < logs.size(); ++i) fs::remove(logs[i]);
  }
  const Error error = engine::store::check_logs(killed).error;
  INFO(error.message);
  CHECK(error.kind == ErrorKind::Corrupt);
}

TEST_CASE("log check: buffered goes on without what is behind the damage, and so do later starts") {
  const Directory directory;
  fill(directory, 40, 1);
  flip(logs_of(directory).back(), GENERATE(20, 90'000));
  REQUIRE(open(directory).kind == ErrorKind::Corrupt);
  CHECK(open(directory, false).message.empty());
  const uint64_t kept = applied(directory);
  CHECK(kept < 40);
  fill(directory, 10, 2);
  CHECK(applied(directory) == kept + 20);
}
