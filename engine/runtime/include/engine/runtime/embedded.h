// open_embedded(): the engine in one process, with no server beside it. State lives in RocksDB under a
// directory (or in memory), the command log is a bounded queue in memory, and a call is answered after the
// commit that made it true (architecture: backends). Called by engine/server, `stepstream dev` and tests.
//
// Link target: engine_embedded. Thread rule: open_embedded() blocks until the state is recovered; the Engine
// it returns may be used from any thread. Destroying it stops it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <engine/core/error.h>
#include <engine/runtime/engine.h>

namespace engine {

struct EmbeddedSettings {
  // Where the state lives; created if it is not there. Empty: in memory, gone with the process.
  std::string data_directory;
  // Each commit is flushed to the disk before it is acknowledged. False: a power cut may lose the last
  // commits, a killed process loses nothing.
  bool sync = true;
  uint16_t partitions = 4;  // fixed when the directory is created; another number is refused later
  size_t threads = 0;       // that run the engine; 0: one for each processor
  std::string region = "us-east-1";
  std::string account = "000000000000";
  // Secret of the task tokens. Empty: made at random and kept in the data directory.
  std::string token_key;
  int64_t retention_ms = 90LL * 24 * 3600 * 1000;  // finished executions; AWS: 90 days
  size_t log_records_max = 100'000;  // records waiting in one partition; above: ApiErrorCode::Throttled
  size_t tasks_max = 1'000'000;      // open tasks; above, starts are Throttled
  // Inputs and ARNs of open tasks in memory; beyond it they are read from the store when a worker is there.
  size_t task_contents_bytes_max = 64u << 20;
};

// Fails with Permanent (directory in use, other partition count, no permission), Full or Corrupt; nothing is
// left running then.
Expected<std::unique_ptr<Engine>> open_embedded(EmbeddedSettings settings);

}  // namespace engine
