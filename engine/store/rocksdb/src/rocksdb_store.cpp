#include <rocksdb/db.h>

#include <engine/store/rocksdb_store.h>

#include "commit_writer.h"
#include "free_space.h"
#include "opening.h"
#include "values.h"

namespace engine::store {

namespace {

Error read_error(const rocksdb::Status& status) {
  const ErrorKind kind = status.IsCorruption() ? ErrorKind::Corrupt : ErrorKind::Transient;
  return {kind, "reading the store: " + status.ToString()};
}

class PartitionReader : public StoreReader {
 public:
  PartitionReader(Database& database, uint16_t partition)
      : database_(database), prefix_(partition_prefix(partition)) {}

  Expected<bool> get(Table table, std::string_view key, std::string& value) const override {
    const std::string full = full_key(key);
    rocksdb::PinnableSlice found;
    const auto status = database_.db->Get(rocksdb::ReadOptions(), database_.family(table), full, &found);
    if (status.IsNotFound()) return false;
    if (!status.ok()) return statelang::Unexpected{read_error(status)};
    value.assign(found.data(), found.size());
    return true;
  }

  Expected<void> scan(Table table, std::string_view begin, std::string_view end, bool reverse,
                      const Visit& visit) const override {
    if (!end.empty() && end <= begin) return {};
    const std::string lower = full_key(begin);
    const std::string upper = end.empty() ? following_prefix() : full_key(end);
    const rocksdb::Slice lower_bound(lower), upper_bound(upper);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &lower_bound;
    options.iterate_upper_bound = &upper_bound;
    const std::unique_ptr<rocksdb::Iterator> at(database_.db->NewIterator(options, database_.family(table)));
    if (reverse) {
      at->SeekToLast();
    } else {
      at->SeekToFirst();
    }
    while (at->Valid()) {
      std::string_view key = at->key().ToStringView();
      key.remove_prefix(prefix_.size());
      if (!visit(key, at->value().ToStringView())) return {};
      if (reverse) {
        at->Prev();
      } else {
        at->Next();
      }
    }
    if (!at->status().ok()) return statelang::Unexpected{read_error(at->status())};
    return {};
  }

 private:
  std::string full_key(std::string_view key) const {
    std::string full;
    full.reserve(prefix_.size() + key.size());
    return full.append(prefix_).append(key);
  }
  std::string following_prefix() const {  // partition numbers end at 0xFFFE: see Opening
    const auto number =
        static_cast<uint16_t>(static_cast<uint8_t>(prefix_[0]) << 8 | static_cast<uint8_t>(prefix_[1]));
    return partition_prefix(static_cast<uint16_t>(number + 1));
  }

  Database& database_;
  const std::string prefix_;
};

class Implementation : public RocksDbStore {
 public:
  Implementation(const RocksDbSettings& settings, std::unique_ptr<Database> database,
                 const std::vector<AppliedPosition>& positions)
      : settings_(settings), database_(std::move(database)), commits_(settings, *database_, positions) {
    for (uint16_t i = 0; i < settings.partitions; ++i) {
      readers_.push_back(std::make_unique<PartitionReader>(*database_, i));
    }
  }

  uint16_t partition_count() const override { return static_cast<uint16_t>(readers_.size()); }

  Expected<AppliedPosition> position(PartitionId partition) const override {
    return read_position(*database_, static_cast<uint16_t>(partition));
  }

  const StoreReader& reader(PartitionId partition) const override {
    return *readers_.at(static_cast<size_t>(partition));
  }

  void commit(PartitionId partition, uint64_t expected_applied, AppliedPosition position, WriteBatch batch,
              CommitDone done) override {
    commits_.add({static_cast<uint16_t>(partition), expected_applied, std::move(position), std::move(batch),
                  std::move(done)});
  }

  std::optional<StoreSpace> space() const override {
    return StoreSpace{settings_.directory, free_bytes(settings_.directory), settings_.free_bytes_min};
  }

  RocksDbMetrics metrics() const override { return commits_.metrics(); }

 private:
  const RocksDbSettings settings_;
  const std::unique_ptr<Database> database_;
  std::vector<std::unique_ptr<PartitionReader>> readers_;
  CommitWriter commits_;  // last: stops before what it writes to goes
};

}  // namespace

Expected<std::unique_ptr<RocksDbStore>> RocksDbStore::open(RocksDbSettings settings) {
  auto database = open_database(settings);
  if (!database) return statelang::Unexpected{database.error()};
  std::vector<AppliedPosition> positions;
  for (uint16_t i = 0; i < settings.partitions; ++i) {
    auto position = read_position(**database, i);
    if (!position) return statelang::Unexpected{position.error()};
    positions.push_back(std::move(*position));
  }
  return std::unique_ptr<RocksDbStore>(
      std::make_unique<Implementation>(settings, std::move(*database), positions));
}

}  // namespace engine::store
