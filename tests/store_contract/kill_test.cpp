// A child process commits in a loop and reports each acknowledged position through a pipe; it is killed again
// and again. Nothing acknowledged may be missing afterwards, and no commit may be there in part.
#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <engine/store/rocksdb_store.h>

#include "stores.h"

using namespace store_contract;
using engine::PartitionId;
using engine::Table;

namespace {

constexpr int kKills = 20;

engine::store::RocksDbSettings settings_of(const std::string& directory) {
  engine::store::RocksDbSettings settings;
  settings.directory = directory;
  settings.partitions = 1;
  return settings;
}

// In the child: never returns.
[[noreturn]] void commit_until_killed(const std::string& directory, int pipe) {
  auto store = engine::store::RocksDbStore::open(settings_of(directory));
  if (!store) _exit(1);
  uint64_t applied = (*store)->position(PartitionId{0})->applied;
  while (true) {
    engine::WriteBatch batch;
    const std::string value = std::to_string(applied + 1);
    batch.put(Table::Executions, "state", value);
    batch.put(Table::History, value, std::string(300, 'h'));
    batch.put(Table::Tasks, "task", value);
    if (commit(**store, 0, applied, applied + 1, std::move(batch))) _exit(2);
    ++applied;
    if (write(pipe, &applied, sizeof applied) != sizeof applied) _exit(3);
  }
}

// Kills the child after `acknowledged_max` acknowledgements; gives the last one that arrived.
uint64_t run_and_kill(const std::string& directory, int acknowledged_max) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    commit_until_killed(directory, ends[1]);
  }
  close(ends[1]);
  uint64_t last = 0, position = 0;
  for (int seen = 0; read(ends[0], &position, sizeof position) == sizeof position;) {
    last = position;
    if (++seen == acknowledged_max) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  return last;
}

}  // namespace

TEST_CASE("rocksdb store: kill -9 loses nothing acknowledged and tears nothing") {
  const FreshDirectory directory;
  for (int kill_number = 0; kill_number < kKills; ++kill_number) {
    const uint64_t acknowledged = run_and_kill(directory.path(), 1 + kill_number * 7);
    auto store = engine::store::RocksDbStore::open(settings_of(directory.path()));
    REQUIRE(store);
    const uint64_t applied = (*store)->position(PartitionId{0})->applied;
    INFO("kill " << kill_number << ": acknowledged " << acknowledged << ", stored " << applied);
    CHECK(applied >= acknowledged);
    CHECK(acknowledged > 0);
    const engine::StoreReader& reader = (*store)->reader(PartitionId{0});
    std::string state, task;
    REQUIRE(*reader.get(Table::Executions, "state", state));
    REQUIRE(*reader.get(Table::Tasks, "task", task));
    CHECK(state == std::to_string(applied));
    CHECK(task == state);
    uint64_t events = 0;
    REQUIRE(reader.scan(Table::History, {}, {}, false, [&](auto, auto) { return ++events, true; }));
    CHECK(events == applied);
  }
}
