// PartitionLoop: the one writer of one partition. Takes a batch of records, applies all of them over one
// transaction, commits once, and only then acts (docs/durability.md: commit first, act second).
// The same class runs in the simulator, in the embedded engine and in the cluster.
//
// Thread rule: constructed and start()ed before anything runs on the strand; from then on everything happens
// on the strand. Destroy it on the strand, or when the strand runs no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <engine/core/action.h>
#include <engine/core/partition.h>
#include <engine/ports/command_log.h>
#include <engine/ports/store.h>
#include <engine/ports/time.h>
#include <engine/runtime/timer_queue.h>

namespace engine::runtime {

// What the loop tells the world. Called on the strand; must not block.
class World {
 public:
  virtual ~World() = default;
  // The actions of one durable batch, in order; timers and records of the partition's own are not among them.
  virtual void perform(PartitionId partition, std::vector<core::Action> actions) = 0;
  // This record was not applied and never will be: its caller may try again.
  virtual void refuse(PartitionId partition, uint64_t request, const Error& why) = 0;
  // The partition starts over from the store: what a caller still waits for may never be answered.
  virtual void restarted(PartitionId partition) = 0;
  // The partition has stopped for good (Fenced: another node has it now, or the store went back; Corrupt,
  // Permanent) and the message says why.
  virtual void halted(PartitionId partition, const Error& why) = 0;
  // The log's records up to this node's own claim are applied: from now on the partition acts.
  virtual void opened(PartitionId) {}
  // A record that could not be read was passed over; its bytes stay in the log.
  virtual void unreadable(PartitionId, uint64_t /*offset*/, const std::string& /*problem*/) {}
  // For metrics: around the work of one batch.
  virtual void progressed(PartitionId, uint64_t /*applied*/) {}
  virtual void batch_taken(PartitionId, size_t /*records*/) {}
  virtual void commit_begun(PartitionId) {}
  virtual void commit_ended(PartitionId) {}
};

struct LoopSettings {
  core::PartitionSettings partition;
  uint32_t node = 0;  // the appending node of the records that are replied to here
  size_t batch_records_max = 256;
  size_t timers_fired_max = 256;  // appended in one turn
  int64_t retry_ms = 50;          // before a failed commit is tried again
  int64_t retry_ms_max = 2'000;   // the delay doubles up to this
  // True: a record is durable once appended, so it must be applied sooner or later. False: a record dies with
  // the process, and one that the disk has no space for is given back to its caller.
  bool log_is_durable = false;
  // The offset of this node's claim in a log that several nodes share: commits carry it, what lies before it
  // is replayed without acting, and a later claim ends the loop. Nothing: the log is this process's alone.
  std::optional<uint64_t> epoch;
};

class PartitionLoop {
 public:
  PartitionLoop(LoopSettings settings, Strand& strand, const Clock& clock, CommandLog& log, Store& store,
                World& world);
  ~PartitionLoop();

  // Reads the position, re-creates what was open and begins to work. On error nothing runs.
  Expected<void> start();
  // Works off what the log has (one that is shared: the batch under way alone), fires no more timers;
  // `stopped` is called on the strand when that is done, at
  // once if the store does not take anything.
  void stop(std::function<void()> stopped);

  // A record of the engine's own that the log had taken did not get into it after all: starts over from the
  // store, which knows what is due and what was to go on.
  void own_record_lost();

  // The store was away and may have come back as it was before: compares its position before anything else is
  // done, even if nothing is, and halts (Fenced) if it is another.
  void store_was_away();

  bool running() const { return phase_ != Phase::Stopped && phase_ != Phase::Halted; }
  const AppliedPosition& position() const { return position_; }

 private:
  enum class Phase : uint8_t { Stopped, Idle, Committing, Waiting, Halted };

  void run();
  bool append_own(int64_t now_ms);
  void read_ahead(core::Transaction& changes);
  void apply_batch(core::Transaction& changes);
  void commit_done(const Error& error);
  void committed();
  void act();
  void act_in_replay();
  void end_replay();
  void cut_at_foreign_claim();
  bool stands_where_we_left_it();
  void failed(const Error& error);
  void commit_unknown();
  void give_back(const Error& error);
  void start_over_later();
  void wait();
  void woken();
  Error moved(const AppliedPosition& stored) const;
  void halt(Error error);
  Expected<void> recover();
  void act_on_recovered();
  void sleep();
  void finish();
  void wake_at(int64_t due_ms);
  std::function<void()> guarded(void (PartitionLoop::*work)());

  const PartitionId id_;
  const LoopSettings settings_;
  Strand& strand_;
  const Clock& clock_;
  CommandLog& log_;
  Store& store_;
  World& world_;

  std::unique_ptr<core::Partition> partition_;
  TimerQueue timers_;
  Phase phase_ = Phase::Stopped;
  AppliedPosition position_;     // of what is applied
  uint64_t stored_applied_ = 0;  // of what is in the store; behind position_ after batches without a change
  AppliedPosition next_;         // of the batch under way
  std::vector<LoggedRecord> batch_;
  bool replaying_ = false;        // up to the own claim
  bool superseded_ = false;       // behind the batch under way is another node's claim
  bool own_record_lost_ = false;  // while a batch was under way
  bool store_was_away_ = false;   // and was not asked yet where it stands
  std::vector<core::Action> actions_;
  std::vector<core::RecordBody> own_;  // AppendRecord, until the log has taken them
  std::optional<int64_t> alarm_at_;
  int64_t retry_ms_;
  int64_t wait_until_ = 0;        // Phase::Waiting
  bool outcome_unknown_ = false;  // ... for the store to say whether the commit was made
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // guards callbacks that outlive the loop
};

}  // namespace engine::runtime
