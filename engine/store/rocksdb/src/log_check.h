// Whether RocksDB's write-ahead logs are whole. RocksDB takes whatever cannot be read for the end that a
// power cut has torn, and starts without everything behind it, silently; where each commit is flushed before
// the next one begins, sound commits behind a damaged place were acknowledged and must not be lost like that.
#pragma once

#include <string>

#include <engine/core/error.h>

namespace engine::store {

struct LogDamage {
  Error error;  // none: nothing is lost but perhaps a torn end. Else Corrupt, with file and byte
  // RocksDB would end before the damage: what it then has is whole, but older. False: commits are missing in
  // between.
  bool ends_before = false;
};

// Reads the logs of `directory` once; nobody writes to them meanwhile.
LogDamage check_logs(const std::string& directory);

}  // namespace engine::store
