#include "harness.h"

namespace core_test {

using namespace engine::core;
using engine::Table;

engine::Expected<bool> CountingStore::get(Table table, std::string_view key, std::string& value) const {
  ++values_read;
  const auto found = content.find({table, std::string(key)});
  if (found == content.end()) return false;
  value = found->second;
  return true;
}

engine::Expected<void> CountingStore::scan(Table table, std::string_view begin, std::string_view end,
                                           bool reverse, const Visit& visit) const {
  auto first = content.lower_bound({table, std::string(begin)});
  auto last = end.empty() ? content.lower_bound({static_cast<Table>(static_cast<int>(table) + 1), {}})
                          : content.lower_bound({table, std::string(end)});
  while (first != last) {
    const auto at = reverse ? std::prev(last) : first;
    ++values_read;
    if (!visit(at->first.second, at->second)) break;
    if (reverse) {
      last = at;
    } else {
      ++first;
    }
  }
  return {};
}

void CountingStore::commit(const engine::WriteBatch& batch) {
  for (const engine::WriteOperation& operation : batch.operations) {
    ++operations;
    bytes += operation.key.size() + operation.value.size();
    const auto key = std::make_pair(operation.table, operation.key);
    switch (operation.kind) {
      case engine::WriteOperation::Kind::Put:
        content[key] = operation.value;
        break;
      case engine::WriteOperation::Kind::Erase:
        content.erase(key);
        break;
      case engine::WriteOperation::Kind::EraseRange:
        content.erase(content.lower_bound(key), content.lower_bound({operation.table, operation.value}));
        break;
    }
  }
}

std::string CountingStore::everything() const {
  std::string out;
  for (const auto& [key, value] : content) {
    out += std::to_string(static_cast<int>(key.first)) + ':' + key.second + '=' + value + '\n';
  }
  return out;
}

size_t CountingStore::count(Table table) const {
  size_t found = 0;
  for (const auto& [key, value] : content) found += key.first == table ? 1 : 0;
  return found;
}

Harness::Harness(PartitionSettings with) : settings(std::move(with)) {
  settings.token_key = "test key";
  partition = std::make_unique<Partition>(settings);
}

std::vector<Action> Harness::apply(RecordBody body) {
  Record record{now_ms, offset + 1, 0, std::move(body)};
  log.push_back(record);
  Transaction transaction(store);
  std::vector<Action> actions;
  partition->apply({offset++, now_ms}, record, transaction, actions);
  store.commit(transaction.take());
  std::vector<RecordBody> own;
  for (const auto& append : all<AppendRecord>(actions)) own.push_back(append.body);
  for (RecordBody& next : own) {
    for (Action& action : apply(std::move(next))) actions.push_back(std::move(action));
  }
  return actions;
}

void Harness::define(const std::string& definition, MachineType type) {
  apply(RegisterDefinition{"r1", kMachineArn, "m", type, "role", definition});
}

std::vector<Action> Harness::start(const std::string& name, const std::string& input, bool synchronous) {
  StartExecution body;
  body.execution_arn = arn(name);
  body.name = name;
  body.revision_id = "r1";
  body.input = statelang::Payload::from_text(input);
  body.synchronous = synchronous;
  return apply(std::move(body));
}

std::vector<Action> Harness::succeed(const TaskId& task, const std::string& output) {
  return apply(
      TaskReport{task, statelang::TaskSucceeded{{}, 0, statelang::Payload::from_text(output), "w", now_ms}});
}

std::vector<Action> Harness::fire(const TimerDue& timer) {
  now_ms = std::max(now_ms, timer.due_ms);
  return apply(timer);
}

void Harness::crash() {
  partition = std::make_unique<Partition>(settings);
  recovered.clear();
  (void)partition->recover(store, recovered);
}

StoredExecutionView Harness::execution(const std::string& name) const {
  const auto number = find_execution(store, arn(name));
  if (!number || !*number) return {};
  auto view = read_execution(store, **number);
  return view && *view ? **view : StoredExecutionView{};
}

std::vector<statelang::HistoryEvent> Harness::history(const std::string& name) const {
  auto events = read_history(store, execution(name).number, 0, false, 1'000'000);
  return events ? *events : std::vector<statelang::HistoryEvent>{};
}

std::string chain(int tasks) {
  std::string text = R"({"StartAt":"S0","States":{)";
  for (int i = 0; i < tasks; ++i) {
    const std::string name = "S" + std::to_string(i);
    const std::string next = i + 1 < tasks ? R"("Next":"S)" + std::to_string(i + 1) + '"' : R"("End":true)";
    text += (i > 0 ? "," : "") + ('"' + name) + R"(":{"Type":"Task","Resource":"work",)" + next + "}";
  }
  return text + "}}";
}

std::string map_of_tasks() {
  return R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},)"
         R"("StartAt":"T","States":{"T":{"Type":"Task","Resource":"work","End":true}}},"End":true}}})";
}

std::vector<ListedExecution> listed(const CountingStore& store, const ListingQuery& query) {
  ExecutionList list(store, query);
  std::vector<ListedExecution> found;
  while (true) {
    const auto next = list.next();
    if (!next) throw std::runtime_error("the list is not readable: " + next.error().message);
    if (!*next) return found;
    auto taken = list.take();
    if (!taken) throw std::runtime_error("the list is not readable: " + taken.error().message);
    if (*taken) found.push_back(std::move(**taken));
  }
}

}  // namespace core_test
