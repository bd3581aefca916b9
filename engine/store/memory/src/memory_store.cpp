#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include <engine/store/memory_store.h>

namespace engine::store {

namespace {

using Map = std::map<std::string, std::string, std::less<>>;
constexpr size_t kTables = 16;  // one above the highest number of a Table

class MemoryPartition : public StoreReader {
 public:
  Expected<bool> get(Table table, std::string_view key, std::string& value) const override {
    const std::shared_lock lock(mutex_);
    const Map& map = of(table);
    const auto found = map.find(key);
    if (found == map.end()) return false;
    value = found->second;
    return true;
  }

  Expected<void> scan(Table table, std::string_view begin, std::string_view end, bool reverse,
                      const Visit& visit) const override {
    // A visitor may read the store again: it sees a copy of each chunk, never the lock.
    std::string next(begin), last(end);
    while (true) {
      const std::vector<std::pair<std::string, std::string>> chunk = read(table, next, last, reverse);
      for (const auto& [key, value] : chunk) {
        if (!visit(key, value)) return {};
      }
      if (chunk.size() < kChunk) return {};
      if (reverse) {
        last = chunk.back().first;
      } else {
        next = chunk.back().first + '\0';
      }
    }
  }

  AppliedPosition position() const {
    const std::shared_lock lock(mutex_);
    return position_;
  }

  Error commit(uint64_t expected_applied, AppliedPosition position, WriteBatch batch) {
    const std::unique_lock lock(mutex_);
    if (position_.applied != expected_applied) {
      return {ErrorKind::Fenced, "the stored position is " + std::to_string(position_.applied) +
                                     ", not the expected " + std::to_string(expected_applied)};
    }
    for (WriteOperation& operation : batch.operations) apply(std::move(operation));
    position_ = std::move(position);
    return {};
  }

 private:
  static constexpr size_t kChunk = 64;

  const Map& of(Table table) const { return tables_[static_cast<size_t>(table)]; }

  std::vector<std::pair<std::string, std::string>> read(Table table, std::string_view begin,
                                                        std::string_view end, bool reverse) const {
    const std::shared_lock lock(mutex_);
    const Map& map = of(table);
    std::vector<std::pair<std::string, std::string>> chunk;
    if (!end.empty() && end <= begin) return chunk;
    auto first = map.lower_bound(begin);
    auto last = end.empty() ? map.end() : map.lower_bound(end);
    while (first != last && chunk.size() < kChunk) chunk.push_back(reverse ? *--last : *first++);
    return chunk;
  }

  void apply(WriteOperation operation) {
    Map& map = tables_[static_cast<size_t>(operation.table)];
    switch (operation.kind) {
      case WriteOperation::Kind::Put:
        map.insert_or_assign(std::move(operation.key), std::move(operation.value));
        return;
      case WriteOperation::Kind::Erase:
        map.erase(operation.key);
        return;
      case WriteOperation::Kind::EraseRange:
        if (!operation.value.empty() && operation.value <= operation.key) return;
        map.erase(map.lower_bound(operation.key),
                  operation.value.empty() ? map.end() : map.lower_bound(operation.value));
        return;
    }
  }

  mutable std::shared_mutex mutex_;
  std::array<Map, kTables> tables_;
  AppliedPosition position_;
};

class MemoryStore : public Store {
 public:
  explicit MemoryStore(uint16_t partition_count) : partitions_(partition_count) {}

  uint16_t partition_count() const override { return static_cast<uint16_t>(partitions_.size()); }
  Expected<AppliedPosition> position(PartitionId partition) const override {
    return at(partition).position();
  }
  const StoreReader& reader(PartitionId partition) const override { return at(partition); }
  void commit(PartitionId partition, uint64_t expected_applied, AppliedPosition position, WriteBatch batch,
              CommitDone done) override {
    done(partitions_.at(static_cast<size_t>(partition))
             .commit(expected_applied, std::move(position), std::move(batch)));
  }

 private:
  const MemoryPartition& at(PartitionId partition) const {
    return partitions_.at(static_cast<size_t>(partition));
  }
  std::vector<MemoryPartition> partitions_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store(uint16_t partition_count) {
  return std::make_unique<MemoryStore>(partition_count);
}

}  // namespace engine::store
