#include "nodes/sim_redis.h"

#include <algorithm>

#include <engine/core/mutation.h>

namespace simulation {

using engine::Error;
using engine::ErrorKind;
using engine::Expected;
using engine::Mutant;
using engine::mutated;
using engine::PartitionId;
using statelang::Unexpected;

namespace {
Unexpected<Error> away() {
  return Unexpected{Error{ErrorKind::Transient, "no answer of Redis"}};
}
}  // namespace

// ------------------------------------------------------------------------------------------ the server

void SimRedis::Shard::write(const Commit& commit) {
  tables.write(commit.batch);
  position = commit.position;
}

Error SimRedis::commit(const Commit& commit) {
  ++figures.commits;
  const engine::AppliedPosition& stored = position(commit.partition);
  const bool epoch_counts = !mutated(Mutant::EpochUnchecked) && !mutated(Mutant::CommitUnchecked);
  const bool position_counts = !mutated(Mutant::EpochFromStore) && !mutated(Mutant::CommitUnchecked);
  if (epoch_counts && stored.epoch > commit.position.epoch) {
    ++figures.fenced;
    return {ErrorKind::Fenced, "a later epoch"};
  }
  if (position_counts && stored.applied != commit.expected_applied) {
    ++figures.rejected;
    return {ErrorKind::Fenced, "another position"};
  }
  add(commit);
  return {};
}

void SimRedis::add(Commit commit) {
  now_.at(static_cast<size_t>(commit.partition)).write(commit);
  recent_.push_back(std::move(commit));
  if (recent_.size() <= kUnsavedMax) return;
  saved_.at(static_cast<size_t>(recent_.front().partition)).write(recent_.front());
  recent_.pop_front();
}

void SimRedis::roll_back(size_t commits) {
  const size_t lost = std::min(commits, recent_.size());
  recent_.erase(recent_.end() - static_cast<std::ptrdiff_t>(lost), recent_.end());
  figures.rollbacks += lost > 0;
  figures.rolled_back += lost;
  now_ = saved_;
  for (const Commit& commit : recent_) now_.at(static_cast<size_t>(commit.partition)).write(commit);
}

void SimRedis::clear() {
  recent_.clear();
  now_.assign(now_.size(), {});
  saved_ = now_;
}

uint64_t SimRedis::save(PartitionId partition) {
  if (!mutated(Mutant::TrimmedToApplied)) {
    saved_ = now_;
    recent_.clear();
  }
  return position(partition).applied;
}

uint64_t SimRedis::next_epoch(PartitionId partition) {
  Commit commit{partition, 0, position(partition), {}};
  ++commit.position.epoch;
  add(commit);
  return commit.position.epoch;
}

// ------------------------------------------------------------------------------------------ a connection

RedisClient::RedisClient(SimRedis& redis, Scheduler& scheduler, Random& random,
                         std::weak_ptr<Process> process)
    : epochs(redis.partition_count()),
      redis_(redis),
      scheduler_(scheduler),
      random_(random),
      process_(std::move(process)) {
  for (uint16_t i = 0; i < redis.partition_count(); ++i)
    readers_.push_back(std::make_unique<Reader>(redis, PartitionId{i}));
}

Expected<bool> RedisClient::Reader::get(engine::Table table, std::string_view key, std::string& value) const {
  if (redis_.away()) return away();
  return redis_.tables(partition_).get(table, key, value);
}

Expected<void> RedisClient::Reader::scan(engine::Table table, std::string_view begin, std::string_view end,
                                         bool reverse, const Visit& visit) const {
  if (redis_.away()) return away();
  return redis_.tables(partition_).scan(table, begin, end, reverse, visit);
}

Expected<engine::AppliedPosition> RedisClient::position(PartitionId partition) const {
  if (redis_.away()) return away();
  return redis_.position(partition);
}

// A process that sleeps between the two has computed its commit before and sends it afterwards.
void RedisClient::commit(PartitionId partition, uint64_t expected_applied, engine::AppliedPosition position,
                         engine::WriteBatch batch, CommitDone done) {
  if (mutated(Mutant::EpochFromStore)) position.epoch = epochs.at(static_cast<size_t>(partition));
  auto commit = std::make_shared<SimRedis::Commit>(
      SimRedis::Commit{partition, expected_applied, std::move(position), std::move(batch)});
  scheduler_.after(random_.between(0, redis_.faults.delay_ms_max),
                   [this, process = process_, commit, done = std::move(done)] {
                     run_in(process, [this, commit, done] { arrive(*commit, done); });
                   });
}

void RedisClient::arrive(const SimRedis::Commit& commit, const CommitDone& done) {
  const Error unknown{ErrorKind::Transient, "no answer of Redis"};
  if (redis_.away()) return answer(unknown, done);
  if (random_.chance(redis_.faults.lost_percent)) {
    ++redis_.figures.lost;
    return answer(unknown, done);
  }
  Error error = redis_.commit(commit);
  if (random_.chance(redis_.faults.ambiguous_percent)) {
    ++redis_.figures.ambiguous;
    error = unknown;
  }
  answer(std::move(error), done);
}

void RedisClient::answer(Error error, const CommitDone& done) {
  scheduler_.after(random_.between(0, redis_.faults.delay_ms_max),
                   [process = process_, error = std::move(error), done] {
                     run_in(process, [error, done] { done(error); });
                   });
}

}  // namespace simulation
