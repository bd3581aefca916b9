// Partition: one shard of the engine's state. apply() is pure and synchronous: a record and the stored state
// in, changes and actions out (architecture: the flow of one event). Replaying the same records into an empty
// store gives byte-equal state. Thread rule: one Partition is used by one strand.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/record.h>
#include <engine/core/transaction.h>

namespace engine::core {

struct PartitionSettings {
  uint16_t partition = 0;
  std::string region = "us-east-1";
  std::string account = "000000000000";
  std::string token_key;                           // secret of task tokens, the same on every node
  int64_t retention_ms = 90LL * 24 * 3600 * 1000;  // finished executions; AWS: 90 days
  statelang::StepLimits limits;
  size_t express_executions_max = 100'000;        // under way; they live in memory
  int64_t express_seconds_max = 300;              // AWS: an Express execution ends as timed out after this
  size_t machines_cached_max = 256;               // decoded definitions
  size_t executions_cached_bytes_max = 4u << 20;  // facts and inputs of executions under way
};

class Partition {
 public:
  explicit Partition(PartitionSettings settings);
  ~Partition();

  // Applies one record at the partition's time `now_ms` (max of its predecessors' and its own timestamp).
  // Every change goes into `transaction`, everything to do afterwards is appended to `actions`.
  // A record that cannot apply (unknown execution, attempt over, ...) changes nothing and replies so.
  void apply(const LoggedPosition& position, const Record& record, Transaction& transaction,
             std::vector<Action>& actions);

  // The stored rows that apply() will look up for these records, as far as they tell by themselves and the
  // rows are not in memory: each once.
  std::vector<RowKey> rows_looked_up(const std::vector<const Record*>& records) const;

  // After a restart or takeover: re-creates the actions for what is open in the store (tasks to dispatch,
  // executions to continue, Express executions to start over). Timers are read by the runtime from
  // Table::Timers. `act` is called now and then to take away the actions there are, so that they need not fit
  // in memory together; what is left at the end is the caller's, too.
  Expected<void> recover(const StoreReader& store, std::vector<Action>& actions,
                         const std::function<void()>& act = nullptr);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engine::core
