#include "commit_writer.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include <engine/ports/failpoint.h>

#include "free_space.h"

namespace engine::store {

namespace {

// What is on the disk after a failed write or flush is not known, and a second flush may report success for
// pages that the kernel has dropped: only a new process that reads the log again can tell.
void require(const rocksdb::Status& status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "stepstream: %s failed: %s; stopping, so that recovery decides what is stored\n", what,
               status.ToString().c_str());
  std::abort();
}

// For tables without erased ranges: every key there is, stored or put by an earlier operation of the commit.
void erase_each(rocksdb::WriteBatch& out, const Database& database, const PendingCommit& commit,
                const WriteOperation& range, const std::string& begin, const std::string& end) {
  rocksdb::ColumnFamilyHandle* family = database.family(range.table);
  const rocksdb::Slice upper(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> at(database.db->NewIterator(options, family));
  for (at->Seek(begin); at->Valid(); at->Next()) require(out.Delete(family, at->key()), "adding to a batch");
  require(at->status(), "reading the keys to erase");
  const std::string prefix = partition_prefix(commit.partition);
  for (const WriteOperation& earlier : commit.batch.operations) {
    if (&earlier == &range) return;
    if (earlier.kind != WriteOperation::Kind::Put || earlier.table != range.table) continue;
    const std::string key = prefix + earlier.key;
    if (begin <= key && key < end) require(out.Delete(family, key), "adding to a batch");
  }
}

// About what the operations take in a batch: it need not grow, which copies it, while they are added.
size_t batch_bytes(const std::vector<PendingCommit>& group) {
  constexpr size_t kOperationBytes = 16;  // kind, table, prefix and lengths
  constexpr size_t kPositionBytes = 128;
  size_t bytes = 0;
  for (const PendingCommit& commit : group) {
    bytes += kPositionBytes + commit.position.fingerprint.size();
    for (const WriteOperation& operation : commit.batch.operations) {
      bytes += kOperationBytes + operation.key.size() + operation.value.size();
    }
  }
  return bytes;
}

void append(rocksdb::WriteBatch& out, const Database& database, const PendingCommit& commit) {
  const std::string prefix = partition_prefix(commit.partition);
  const std::string following = partition_prefix(static_cast<uint16_t>(commit.partition + 1));
  for (const WriteOperation& operation : commit.batch.operations) {
    rocksdb::ColumnFamilyHandle* family = database.family(operation.table);
    const std::array<rocksdb::Slice, 2> parts{prefix, operation.key};
    const rocksdb::SliceParts whole(parts.data(), static_cast<int>(parts.size()));
    switch (operation.kind) {
      case WriteOperation::Kind::Put: {
        const rocksdb::Slice value(operation.value);
        require(out.Put(family, whole, rocksdb::SliceParts(&value, 1)), "adding to a batch");
        break;
      }
      case WriteOperation::Kind::Erase:
        require(out.Delete(family, whole), "adding to a batch");
        break;
      case WriteOperation::Kind::EraseRange: {
        const std::string key = prefix + operation.key;
        const std::string end = operation.value.empty() ? following : prefix + operation.value;
        if (key >= end) break;
        if (has_erased_ranges(operation.table)) {
          require(out.DeleteRange(family, key, end), "adding to a batch");
        } else {
          erase_each(out, database, commit, operation, key, end);
        }
        break;
      }
    }
  }
  require(out.Put(database.own(), position_key(commit.partition), encode_position(commit.position)),
          "adding to a batch");
}

}  // namespace

CommitWriter::CommitWriter(const RocksDbSettings& settings, Database& database,
                           const std::vector<AppliedPosition>& positions)
    : settings_(settings),
      database_(database),
      commits_([this](std::vector<PendingCommit> group) { write_group(std::move(group)); }) {
  for (const AppliedPosition& position : positions) applied_.push_back(position.applied);
}

RocksDbMetrics CommitWriter::metrics() const {
  const std::lock_guard lock(mutex_);
  return metrics_;
}

void CommitWriter::write_group(std::vector<PendingCommit> group) {
  rocksdb::WriteBatch batch(batch_bytes(group));
  std::vector<Error> errors(group.size());
  check_space();
  for (size_t i = 0; i < group.size(); ++i) {
    PendingCommit& commit = group[i];
    uint64_t& applied = applied_.at(commit.partition);
    if (applied != commit.expected_applied) {
      errors[i] = {ErrorKind::Fenced, "the stored position is " + std::to_string(applied) +
                                          ", not the expected " + std::to_string(commit.expected_applied)};
    } else if (!refusal_.empty()) {
      errors[i] = {ErrorKind::Full, refusal_};
    } else {
      append(batch, database_, commit);
      applied = commit.position.applied;
    }
  }
  if (batch.Count() > 0) write(batch);
  {
    const std::lock_guard lock(mutex_);
    for (const Error& error : errors) ++(error ? metrics_.refused : metrics_.commits);
  }
  for (size_t i = 0; i < group.size(); ++i) group[i].done(std::move(errors[i]));
}

void CommitWriter::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = settings_.sync;
  pass(Failpoint::WriteBegun);
  const auto begin = std::chrono::steady_clock::now();
  require(database_.db->Write(options, &batch), "writing a commit");
  pass(Failpoint::WriteDone);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  const auto micros = static_cast<uint64_t>(took.count());
  const std::lock_guard lock(mutex_);
  ++metrics_.writes;
  metrics_.bytes += batch.GetDataSize();
  metrics_.write_micros += micros;
  size_t slot = 0;
  while (slot + 1 < metrics_.write_micros_histogram.size() && (uint64_t{1} << slot) <= micros) ++slot;
  ++metrics_.write_micros_histogram[slot];
}

void CommitWriter::check_space() {
  const auto now = std::chrono::steady_clock::now();
  if (now - checked_ < std::chrono::milliseconds(settings_.free_space_check_ms)) return;
  checked_ = now;
  std::string refusal =
      StoreSpace{settings_.directory, free_bytes(settings_.directory), settings_.free_bytes_min}.refusal();
  if (refusal.empty() != refusal_.empty()) {
    std::fprintf(stderr, "stepstream: %s\n",
                 refusal.empty() ? (settings_.directory + " has free space again: it goes on").c_str()
                                 : refusal.c_str());
  }
  refusal_ = std::move(refusal);
}

}  // namespace engine::store
