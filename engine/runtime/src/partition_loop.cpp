#include <algorithm>

#include <engine/core/mutation.h>
#include <engine/ports/failpoint.h>
#include <engine/runtime/partition_loop.h>

namespace engine::runtime {

namespace {
// The log was full for a record of our own: it has taken some of its records after so long.
constexpr int64_t kOwnRecordsRetryMs = 10;

template <class Forgotten>
void forget(std::vector<core::Action>& actions) {  // mutants only
  actions.erase(
      std::remove_if(actions.begin(), actions.end(),
                     [](const core::Action& action) { return std::holds_alternative<Forgotten>(action); }),
      actions.end());
}
}  // namespace

PartitionLoop::PartitionLoop(LoopSettings settings, Strand& strand, const Clock& clock, CommandLog& log,
                             Store& store, World& world)
    : id_(static_cast<PartitionId>(settings.partition.partition)),
      settings_(std::move(settings)),
      strand_(strand),
      clock_(clock),
      log_(log),
      store_(store),
      world_(world),
      timers_(store.writer_reader(id_)),
      retry_ms_(settings_.retry_ms) {}

PartitionLoop::~PartitionLoop() = default;

std::function<void()> PartitionLoop::guarded(void (PartitionLoop::*work)()) {
  return [this, work, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.lock()) (this->*work)();
  };
}

Expected<void> PartitionLoop::start() {
  auto position = store_.position(id_);
  if (!position) return statelang::Unexpected{position.error()};
  position_ = *position;
  stored_applied_ = position_.applied;
  if (settings_.epoch) {
    position_.epoch = *settings_.epoch;
    replaying_ = position_.applied <= *settings_.epoch;
  }
  if (auto recovered = recover(); !recovered) return recovered;
  phase_ = Phase::Idle;
  strand_.post(guarded(&PartitionLoop::run));
  return {};
}

Expected<void> PartitionLoop::recover() {
  partition_ = std::make_unique<core::Partition>(settings_.partition);
  timers_.reload();
  pass(Failpoint::StateHalfRestored);
  own_.clear();
  actions_.clear();
  auto recovered = partition_->recover(store_.writer_reader(id_), actions_, [this] { act_on_recovered(); });
  if (recovered) act_on_recovered();
  actions_.clear();
  return recovered;
}

void PartitionLoop::act_on_recovered() {
  if (mutated(Mutant::TaskForgottenOnRecovery)) forget<core::DispatchTask>(actions_);
  if (mutated(Mutant::ContinueLostOnRecovery)) forget<core::AppendRecord>(actions_);
  if (!replaying_) act();
  actions_.clear();
}

// ------------------------------------------------------------------- the whole reliability argument

void PartitionLoop::run() {
  if (phase_ != Phase::Idle) return;
  if (store_was_away_ && !stopped_ && !stands_where_we_left_it()) return;
  if (!stopped_ && !append_own(clock_.now_ms())) return;
  if (batch_.empty()) {  // otherwise: the one that could not be committed, once more
    if (superseded_) return failed({ErrorKind::Fenced, "another node has claimed it"});
    if (stopped_ && settings_.epoch) return finish();  // the rest is the next owner's
    auto taken = log_.take(id_, position_.applied, settings_.batch_records_max,
                           [&strand = strand_, again = guarded(&PartitionLoop::run)] { strand.post(again); });
    if (!taken) return failed(taken.error());
    batch_ = std::move(*taken);
    if (settings_.epoch) cut_at_foreign_claim();
    if (batch_.empty() && superseded_) return run();
  }
  if (batch_.empty()) return stopped_ ? finish() : sleep();
  pass(Failpoint::CommandTaken);

  core::Transaction changes(store_.writer_reader(id_));
  read_ahead(changes);
  apply_batch(changes);
  if (changes.error()) return failed(changes.error());
  if (mutated(Mutant::ActBeforeCommit)) act();
  // Nothing to make durable: rejected records. A claim is committed, which fences the owner before.
  const bool claimed = replaying_ && next_.applied > *settings_.epoch;
  if (changes.empty() && !claimed) return committed();

  pass(Failpoint::CommandApplied);
  phase_ = Phase::Committing;
  world_.commit_begun(id_);
  AppliedPosition position = next_;
  if (mutated(Mutant::PositionNotCommitted)) position.applied = stored_applied_;
  store_.commit(id_, stored_applied_, std::move(position), changes.take(),
                [this, &strand = strand_, alive = std::weak_ptr<bool>(alive_)](Error error) {
                  strand.post([this, alive, error = std::move(error)] {
                    if (alive.lock()) commit_done(error);
                  });
                });
}

void PartitionLoop::read_ahead(core::Transaction& changes) {
  if (!store_.writer_reader(id_).is_remote()) return;
  std::vector<const core::Record*> records;
  for (const LoggedRecord& logged : batch_) {
    if (logged.kind == LoggedRecord::Kind::Input) records.push_back(&logged.record);
  }
  const std::vector<RowKey> rows = partition_->rows_looked_up(records);
  if (!rows.empty()) changes.read_ahead(rows);
}

void PartitionLoop::apply_batch(core::Transaction& changes) {
  world_.batch_taken(id_, batch_.size());
  next_ = position_;
  for (const LoggedRecord& logged : batch_) {
    next_.now_ms = std::max(next_.now_ms, logged.record.timestamp_ms);
    if (mutated(Mutant::WallClockInApply)) next_.now_ms = clock_.now_ms();
    next_.applied = logged.offset + 1;
    next_.fingerprint = logged.fingerprint;
    if (logged.kind != LoggedRecord::Kind::Input) {
      if (logged.kind == LoggedRecord::Kind::Unreadable)
        world_.unreadable(id_, logged.offset, logged.problem);
      continue;
    }
    partition_->apply({logged.offset, next_.now_ms}, logged.record, changes, actions_);
    if (mutated(Mutant::RecordAppliedTwice) && logged.offset % 7 == 3) {
      partition_->apply({logged.offset, next_.now_ms}, logged.record, changes, actions_);
    }
  }
}

void PartitionLoop::commit_done(const Error& error) {
  world_.commit_ended(id_);
  if (phase_ != Phase::Committing) return;
  if (error && !(error.kind == ErrorKind::Full && mutated(Mutant::FullDiskIgnored))) return failed(error);
  if (!mutated(Mutant::PositionNotCommitted)) stored_applied_ = next_.applied;
  committed();
}

void PartitionLoop::committed() {
  position_ = next_;
  world_.progressed(id_, position_.applied);
  retry_ms_ = settings_.retry_ms;
  phase_ = Phase::Idle;
  replaying_ ? act_in_replay() : act();
  batch_.clear();
  if (replaying_ && position_.applied > *settings_.epoch) end_replay();
  if (std::exchange(own_record_lost_, false) && !stopped_) start_over_later();
  run();
}

// Timers and own records stay here, everything else is the world's.
void PartitionLoop::act() {
  std::vector<core::Action> for_world;
  for_world.reserve(actions_.size());  // an action is large: growing would move all of them again and again
  for (core::Action& action : actions_) {
    if (const auto* arm = std::get_if<core::ArmTimer>(&action)) {
      timers_.arm(arm->timer);
    } else if (const auto* disarm = std::get_if<core::DisarmTimer>(&action)) {
      timers_.disarm(disarm->timer);
    } else if (auto* append = std::get_if<core::AppendRecord>(&action)) {
      if (!mutated(Mutant::ContinueLost)) own_.push_back(std::move(append->body));
    } else {
      for_world.push_back(std::move(action));
    }
  }
  actions_.clear();
  if (!for_world.empty()) world_.perform(id_, std::move(for_world));
}

// Callers and watchers learn what has happened; tasks and timers wait for the end, when the store tells those
// that are still open.
// What Express executions do here is not logged: it is forgotten at the end of the replay, and they start
// over or, synchronous ones, are lost.
void PartitionLoop::act_in_replay() {
  actions_.erase(std::remove_if(actions_.begin(), actions_.end(),
                                [](const core::Action& action) {
                                  return std::holds_alternative<core::DispatchTask>(action) ||
                                         std::holds_alternative<core::ExpressLogged>(action) ||
                                         std::holds_alternative<core::ArmTimer>(action) ||
                                         std::holds_alternative<core::DisarmTimer>(action) ||
                                         std::holds_alternative<core::AppendRecord>(action);
                                }),
                 actions_.end());
  std::vector<core::Action> for_world = std::exchange(actions_, {});
  if (!for_world.empty()) world_.perform(id_, std::move(for_world));
}

void PartitionLoop::end_replay() {
  replaying_ = false;
  world_.restarted(id_);
  if (auto recovered = recover(); !recovered) return failed(recovered.error());
  world_.opened(id_);
}

// What comes behind another node's later claim is for that node to apply.
void PartitionLoop::cut_at_foreign_claim() {
  const auto claim = std::find_if(batch_.begin(), batch_.end(), [this](const LoggedRecord& logged) {
    return logged.kind == LoggedRecord::Kind::Claim && logged.offset > *settings_.epoch;
  });
  superseded_ = claim != batch_.end();
  batch_.erase(claim, batch_.end());
}

// ------------------------------------------------------------------- own records and sleep

void PartitionLoop::own_record_lost() {
  if (phase_ == Phase::Idle) return start_over_later();
  own_record_lost_ = phase_ == Phase::Committing;  // Waiting: starts over anyway
}

// Due timers and the records that apply() asked for go the way of every other record. False: halted.
bool PartitionLoop::append_own(int64_t now_ms) {
  if (replaying_) return true;
  auto next = own_.begin();
  while (next != own_.end() && log_.append(id_, core::Record{now_ms, 0, settings_.node, *next})) ++next;
  own_.erase(own_.begin(), next);  // together: a Distributed Map leaves one for each of its children
  auto due = timers_.take_due(now_ms, settings_.timers_fired_max);
  if (!due) return failed(due.error()), false;
  bool log_is_full = false;
  for (const core::TimerDue& timer : *due) {
    log_is_full = log_is_full || !log_.append(id_, core::Record{now_ms, 0, settings_.node, timer});
    if (log_is_full) timers_.put_back(timer);
    if (!log_is_full) pass(Failpoint::TimerSent);
  }
  return true;
}

void PartitionLoop::store_was_away() {
  store_was_away_ = true;
  run();
}

// Otherwise what is read from the store and what is known here are of two different times. False: halted, or
// asks again later.
bool PartitionLoop::stands_where_we_left_it() {
  const auto stored = store_.position(id_);
  if (!stored) return failed(stored.error()), false;
  store_was_away_ = false;
  if (stored->applied == stored_applied_) return true;
  halt(moved(*stored));
  return false;
}

void PartitionLoop::sleep() {
  if (replaying_) return;
  auto due = timers_.next_due();
  if (!due) return failed(due.error());
  const int64_t now = clock_.now_ms();
  if (!own_.empty() || (*due && **due <= now)) return wake_at(now + kOwnRecordsRetryMs);
  if (*due) wake_at(**due);
}

void PartitionLoop::wake_at(int64_t due_ms) {
  if (alarm_at_ && *alarm_at_ <= due_ms) return;  // wakes in time, and looks again
  alarm_at_ = due_ms;
  strand_.alarm(due_ms, guarded(&PartitionLoop::woken));
}

void PartitionLoop::woken() {
  alarm_at_.reset();
  if (phase_ == Phase::Idle) return run();
  if (phase_ != Phase::Waiting) return;
  if (clock_.now_ms() < wait_until_) return wake_at(wait_until_);
  if (outcome_unknown_) return commit_unknown();
  if (!stands_where_we_left_it()) return;
  if (auto recovered = recover(); !recovered) return failed(recovered.error());
  phase_ = Phase::Idle;
  run();
}

void PartitionLoop::stop(std::function<void()> stopped) {
  stopped_ = std::move(stopped);
  if (phase_ == Phase::Idle) return run();
  if (phase_ != Phase::Committing) finish();
}

void PartitionLoop::finish() {
  if (phase_ != Phase::Halted) phase_ = Phase::Stopped;
  std::exchange(stopped_, nullptr)();
}

// ------------------------------------------------------------------- failures

void PartitionLoop::failed(const Error& error) {
  if (stopped_) return finish();
  switch (error.kind) {
    case ErrorKind::Full:
      return settings_.log_is_durable ? start_over_later() : give_back(error);
    case ErrorKind::Transient:
      return phase_ == Phase::Committing ? commit_unknown() : start_over_later();
    case ErrorKind::None:
    case ErrorKind::Fenced:
    case ErrorKind::Corrupt:
    case ErrorKind::Permanent:
      return halt(error);
  }
}

// A write that timed out may have been made: the stored position knows.
void PartitionLoop::commit_unknown() {
  outcome_unknown_ = true;
  const auto stored = store_.position(id_);
  if (!stored) return wait();
  outcome_unknown_ = false;
  const bool made = stored->applied == next_.applied && !mutated(Mutant::AmbiguousCommitRepeated);
  if (made || mutated(Mutant::AmbiguousCommitSkipped)) {
    stored_applied_ = next_.applied;
    return committed();
  }
  if (stored->applied == stored_applied_ || mutated(Mutant::AmbiguousCommitRepeated))
    return start_over_later();
  halt(moved(*stored));
}

Error PartitionLoop::moved(const AppliedPosition& stored) const {
  return {ErrorKind::Fenced, "the stored position is " + std::to_string(stored.applied) +
                                 " and this process expected " + std::to_string(stored_applied_) +
                                 ": another process owns the partition now, or the store went back"};
}

// The batch is lost as if the process had died before it: its callers are told, the engine's own records and
// timers come back with the recovery.
void PartitionLoop::give_back(const Error& error) {
  for (const LoggedRecord& logged : batch_) {
    if (logged.record.request != 0 && logged.record.node == settings_.node) {
      world_.refuse(id_, logged.record.request, error);
    }
  }
  batch_.clear();
  start_over_later();
}

// What apply() keeps in memory belongs to changes that were not stored: recovers as after a crash, in a
// while.
void PartitionLoop::start_over_later() {
  actions_.clear();
  world_.restarted(id_);
  wait();
}

void PartitionLoop::wait() {
  phase_ = Phase::Waiting;
  wait_until_ = clock_.now_ms() + retry_ms_;
  retry_ms_ = std::min(retry_ms_ * 2, settings_.retry_ms_max);
  wake_at(wait_until_);
}

void PartitionLoop::halt(Error error) {
  phase_ = Phase::Halted;
  error.message = "partition " + std::to_string(static_cast<int>(id_)) + " has stopped: " + error.message;
  world_.halted(id_, error);
}

}  // namespace engine::runtime
