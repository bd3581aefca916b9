// Harness: one partition over a store in memory; every record is a batch of its own. Counts what is read and
// written.
#pragma once

#include <string>
#include <vector>

#include <engine/core/execution_list.h>
#include <engine/core/partition.h>
#include <engine/core/queries.h>

namespace core_test {

// A map with the reader's interface; counts reads.
class CountingStore : public engine::StoreReader {
 public:
  engine::Expected<bool> get(engine::Table table, std::string_view key, std::string& value) const override;
  engine::Expected<void> scan(engine::Table table, std::string_view begin, std::string_view end, bool reverse,
                              const Visit& visit) const override;
  void commit(const engine::WriteBatch& batch);
  // Every key and value, for comparing stores.
  std::string everything() const;
  size_t count(engine::Table table) const;

  mutable uint64_t values_read = 0;
  uint64_t operations = 0;
  uint64_t bytes = 0;  // of keys and values written
  std::map<std::pair<engine::Table, std::string>, std::string> content;
};

class Harness {
 public:
  explicit Harness(engine::core::PartitionSettings settings = {});

  // Applies and commits one record; gives its actions. Continue records are applied at once, too.
  std::vector<engine::core::Action> apply(engine::core::RecordBody body);
  void define(const std::string& definition,
              engine::core::MachineType type = engine::core::MachineType::Standard);
  std::vector<engine::core::Action> start(const std::string& name, const std::string& input = "{}",
                                          bool synchronous = false);
  std::vector<engine::core::Action> succeed(const engine::core::TaskId& task,
                                            const std::string& output = "{}");
  std::vector<engine::core::Action> fire(const engine::core::TimerDue& timer);
  void crash();  // a new Partition over the same store; its actions are in `recovered`

  engine::core::StoredExecutionView execution(const std::string& name) const;
  std::vector<statelang::HistoryEvent> history(const std::string& name) const;
  static std::string arn(const std::string& name) {
    return "arn:aws:states:us-east-1:000000000000:execution:m:" + name;
  }

  CountingStore store;
  std::vector<engine::core::Record> log;
  std::vector<engine::core::Action> recovered;
  engine::core::PartitionSettings settings;
  std::unique_ptr<engine::core::Partition> partition;
  int64_t now_ms = 1'700'000'000'000;
  uint64_t offset = 0;
};

// What a list shows, to its end.
std::vector<engine::core::ListedExecution> listed(const CountingStore& store,
                                                  const engine::core::ListingQuery& query);

inline const std::string kMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:m";

template <class T>
std::vector<T> all(const std::vector<engine::core::Action>& actions) {
  std::vector<T> found;
  for (const auto& action : actions) {
    if (const T* one = std::get_if<T>(&action)) found.push_back(*one);
  }
  return found;
}
inline engine::core::ReplyCode code(const std::vector<engine::core::Action>& actions) {
  const auto replies = all<engine::core::Reply>(actions);
  return replies.empty() ? engine::core::ReplyCode{255} : replies.front().code;
}

// A chain of `tasks` Task states, each on queue "work".
std::string chain(int tasks);
// A Map over $ with one Task for each item.
std::string map_of_tasks();

}  // namespace core_test
