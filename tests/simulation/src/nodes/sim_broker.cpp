#include "nodes/sim_broker.h"

#include <algorithm>

#include <engine/core/mutation.h>
#include <engine/core/record_codec.h>

#include "log_checks.h"

namespace simulation {

using engine::Error;
using engine::ErrorKind;
using engine::Expected;
using engine::LoggedRecord;
using engine::PartitionId;
using statelang::Unexpected;

namespace {
constexpr size_t kRecordsMax = 1'000;  // on the way, of one node
const std::string kPlace = "the simulated log";
}  // namespace

std::string fingerprint_of(std::string_view bytes) {
  return std::to_string(hash(bytes));
}

// ------------------------------------------------------------------------------------------ the brokers

void SimBroker::set_away(bool away) {
  away_ = away;
  if (away_) return;
  for (auto& arrive : std::exchange(arriving_, {})) arrive();
  for (Log& log : logs_) wake(log);
}

void SimBroker::when_there(std::function<void()> arrive) {
  if (!away_) return arrive();
  arriving_.push_back(std::move(arrive));
}

void SimBroker::truncate(PartitionId partition, uint64_t records) {
  Log& log = logs_.at(static_cast<size_t>(partition));
  const uint64_t keep =
      std::max(log.low, log.records.size() - std::min<uint64_t>(records, log.records.size()));
  if (keep == log.records.size()) return;
  log.records.resize(keep);
  log.intact = std::min(log.intact, keep);
  ++log.truncations;
  wake(log);
}

uint64_t SimBroker::append(PartitionId partition, LoggedRecord record) {
  Log& log = logs_.at(static_cast<size_t>(partition));
  const bool elsewhere = engine::mutated(engine::Mutant::ResultsElsewhere) &&
                         std::holds_alternative<engine::core::TaskReport>(record.record.body);
  record.offset = high(partition);
  (elsewhere ? log.results : log.records).push_back(std::move(record));
  wake(log);
  return high(partition) - 1;
}

void SimBroker::trim(PartitionId partition, uint64_t offset) {
  Log& log = logs_.at(static_cast<size_t>(partition));
  if (engine::mutated(engine::Mutant::ResultsElsewhere)) return;
  log.low = std::max(log.low, std::min<uint64_t>(offset, log.records.size()));
}

void SimBroker::wait(PartitionId partition, std::weak_ptr<Process> process, std::function<void()> available) {
  logs_.at(static_cast<size_t>(partition)).waiters.push_back({std::move(process), std::move(available)});
}

void SimBroker::wake(Log& log) {
  for (Waiter& waiter : std::exchange(log.waiters, {})) {
    scheduler_.after(random_.between(0, faults.delay_ms_max),
                     [waiter = std::move(waiter)] { run_in(waiter.process, waiter.available); });
  }
}

// ------------------------------------------------------------------------------------------ a node's client

Expected<void> SimKafkaLog::answers(const char* question) const {
  if (!broker_.away() && !broker_.random().chance(broker_.faults.lost_percent)) return {};
  return Unexpected{Error{ErrorKind::Transient, std::string(question) + ": no answer of Kafka in time"}};
}

// What is sent arrives after what was sent before, unless it is lost.
void SimKafkaLog::send_later(int64_t& arrives_ms, std::function<uint64_t()> arrive, Delivered delivered) {
  Random& random = broker_.random();
  Scheduler& scheduler = broker_.scheduler();
  const bool lost = random.chance(broker_.faults.lost_percent);
  const bool ambiguous = !lost && random.chance(broker_.faults.ambiguous_percent);
  broker_.figures.lost += lost;
  broker_.figures.ambiguous += ambiguous;
  arrives_ms = std::max(arrives_ms, scheduler.now_ms() + random.between(0, broker_.faults.delay_ms_max));
  ++on_the_way_;
  auto arrived = [this, process = process_, lost, ambiguous, arrive = std::move(arrive),
                  delivered = std::move(delivered)] {
    const uint64_t offset = lost ? 0 : arrive();
    run_in(process, [this, lost, ambiguous, offset, delivered] {
      --on_the_way_;
      if (lost || ambiguous) return delivered({ErrorKind::Transient, "perhaps not sent"}, 0);
      delivered({}, offset);
    });
  };
  // What a dead process had sent is with the network, unless nobody was there to take it.
  scheduler.after(arrives_ms - scheduler.now_ms(),
                  [&broker = broker_, process = process_, arrived = std::move(arrived)] {
                    if (process.lock() || !broker.away()) broker.when_there(arrived);
                  });
}

Expected<void> SimKafkaLog::append(PartitionId partition, engine::core::Record record) {
  if (on_the_way_ >= kRecordsMax) return Unexpected{Error{ErrorKind::Full, "log_records_max"}};
  const uint64_t request = record.request;
  LoggedRecord logged{0, std::move(record), LoggedRecord::Kind::Input, {}, {}};
  logged.fingerprint = fingerprint_of(engine::core::encode(logged.record));
  send_later(
      arrives_ms_.at(index(partition)),
      [&broker = broker_, partition, logged = std::move(logged)] { return broker.append(partition, logged); },
      [this, partition, request](const Error& error, uint64_t) {
        if (error) watchers_.failed(partition, request, error);
      });
  return {};
}

Expected<uint64_t> SimKafkaLog::claim(PartitionId partition, uint32_t node) {
  if (auto there = answers("claiming"); !there) return Unexpected{there.error()};
  LoggedRecord claim{0, {}, LoggedRecord::Kind::Claim, fingerprint_of("node " + std::to_string(node)), {}};
  const uint64_t offset = broker_.append(partition, std::move(claim));
  if (auto& attached = attached_.at(index(partition))) {
    attached->claim = broker_.records(partition).size() - 1;
    attached->results_before_claim = broker_.results(partition).size();
  }
  if (auto told = answers("claiming"); !told) return Unexpected{told.error()};
  return offset;
}

Expected<engine::log::KafkaCommandLog::Extent> SimKafkaLog::extent(PartitionId partition) {
  if (auto there = answers("asking for the extent"); !there) return Unexpected{there.error()};
  return known_extent(partition);
}

Expected<void> SimKafkaLog::attach(PartitionId partition, const engine::AppliedPosition& position) {
  detach(partition);
  const auto there = extent(partition);
  if (!there) return Unexpected{there.error()};
  using namespace engine::log::kafka;
  if (auto fits = check_extent(kPlace, *there, position); !fits) return fits;
  if (engine::mutated(engine::Mutant::ResultsElsewhere)) {
    Attached both{position.applied, broker_.truncations(partition)};
    std::sscanf(position.fingerprint.c_str(), "%zu %zu", &both.command, &both.result);
    attached_.at(index(partition)) = both;
    return {};
  }
  if (position.applied != 0) {
    const LoggedRecord& last = broker_.at(partition, position.applied - 1);
    if (auto same = check_last_applied(kPlace, last.offset, last.fingerprint, position); !same) return same;
  }
  attached_.at(index(partition)) = Attached{position.applied, broker_.truncations(partition)};
  return {};
}

Expected<std::vector<LoggedRecord>> SimKafkaLog::take(PartitionId partition, uint64_t offset, size_t limit,
                                                      std::function<void()> available) {
  auto& attached = attached_.at(index(partition));
  if (!attached) return Unexpected{Error{ErrorKind::Permanent, kPlace + " is not attached"}};
  if (auto wanted = engine::log::kafka::check_wanted(kPlace, attached->next, offset); !wanted)
    return Unexpected{wanted.error()};
  std::vector<LoggedRecord> taken;
  const uint64_t high = broker_.high(partition);
  if (attached->next > high || attached->next < broker_.low(partition)) {
    ++broker_.figures.diverged;
    return Unexpected{Error{ErrorKind::Corrupt, kPlace + ": offset out of range"}};
  }
  // Lost and grown again before this one looked: nobody can tell.
  if (attached->truncations != broker_.truncations(partition) && attached->next > broker_.intact(partition))
    ++broker_.figures.undetected;
  attached->truncations = broker_.truncations(partition);
  if (engine::mutated(engine::Mutant::ResultsElsewhere)) {
    if (offset != attached->next) return Unexpected{Error{ErrorKind::Fenced, "the store has gone on"}};
    taken = take_merged(partition, *attached, limit);
  }
  while (!engine::mutated(engine::Mutant::ResultsElsewhere) && !broker_.away() && attached->next < high &&
         taken.size() < limit) {
    const LoggedRecord& record = broker_.at(partition, attached->next);
    if (auto next = engine::log::kafka::check_next(kPlace, record.offset, attached->next); !next)
      return Unexpected{next.error()};
    ++attached->next;
    if (record.offset >= offset) taken.push_back(record);
  }
  if (taken.empty()) broker_.wait(partition, process_, std::move(available));
  return taken;
}

// Which of the two logs has the next one is as the network has it, save that the own claim comes where it was
// said to.
bool SimKafkaLog::takes_result(PartitionId partition, const Attached& attached, bool& none) {
  bool command = attached.command < broker_.records(partition).size();
  bool result = attached.result < broker_.results(partition).size();
  if (attached.claim != SIZE_MAX && attached.command <= attached.claim) {
    result = attached.result < attached.results_before_claim;
    command = attached.command < attached.claim || !result;
  }
  none = !command && !result;
  return command && result ? broker_.random().chance(50) : result;
}

std::vector<LoggedRecord> SimKafkaLog::take_merged(PartitionId partition, Attached& attached, size_t limit) {
  std::vector<LoggedRecord> taken;
  while (!broker_.away() && taken.size() < limit) {
    bool none = false;
    const bool result = takes_result(partition, attached, none);
    if (none) break;
    taken.push_back(result ? broker_.results(partition)[attached.result++]
                           : broker_.records(partition)[attached.command++]);
    taken.back().offset = attached.next++;
    taken.back().fingerprint = std::to_string(attached.command) + " " + std::to_string(attached.result);
  }
  return taken;
}

Expected<uint64_t> SimKafkaLog::first_since(PartitionId partition, int64_t) {
  return broker_.high(partition);  // any record is old enough
}

Expected<void> SimKafkaLog::trim(PartitionId partition, uint64_t offset) {
  if (auto there = answers("deleting records"); !there) return there;
  broker_.trim(partition, offset);
  return {};
}

Expected<void> SimKafkaLog::send(const Message& message, Delivered delivered) {
  if (on_the_way_ >= kRecordsMax) return Unexpected{Error{ErrorKind::Full, "log_records_max"}};
  send_later(
      task_arrives_ms_,
      [&broker = broker_, payload = std::string(message.payload)] {
        broker.tasks.push_back(payload);
        if (broker.task_arrived) broker.task_arrived();
        return uint64_t{0};
      },
      std::move(delivered));
  return {};
}

}  // namespace simulation
