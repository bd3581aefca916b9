// EnginePartition: one partition of the engine as golden scripts see it: records go in, actions come out, and
// time passes only when it is told to.
#pragma once

#include <optional>
#include <vector>

#include <engine/core/partition.h>

namespace golden {

class EnginePartition {
 public:
  virtual ~EnginePartition() = default;

  // Applies and commits one record, and what it asks for next; gives their actions, without timers.
  virtual std::vector<engine::core::Action> apply(engine::core::RecordBody body) = 0;
  // When the next timer is due; nothing: there is none.
  virtual std::optional<int64_t> next_due() = 0;
  // Lets that timer fire: now_ms is its time, or later.
  virtual std::vector<engine::core::Action> fire() = 0;
  // The process ends and another one takes over.
  virtual void restart() = 0;

  virtual const engine::StoreReader& reader() const = 0;
  virtual const engine::core::PartitionSettings& settings() const = 0;

  int64_t now_ms = 0;  // of the records to come
};

}  // namespace golden
