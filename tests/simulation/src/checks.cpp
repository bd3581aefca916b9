// The invariants over what a run leaves behind (durability 3.4): C1, C2, C3, C4, C6, C9, C10, C11.
#include <set>

#include <engine/core/partition.h>
#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>
#include <engine/core/transaction.h>

#include "world.h"

namespace simulation {

using engine::Table;
using engine::core::ExecutionNumber;
using engine::core::ExecutionPart;
using statelang::EventType;
using statelang::HistoryEvent;

namespace {

std::optional<ExecutionNumber> find_number(const Tables& tables, const std::string& arn) {
  std::string bytes;
  if (!*tables.get(Table::Names, arn, bytes)) return std::nullopt;
  return engine::core::parse_execution_key(bytes);
}

std::optional<engine::core::ExecutionOutcome> outcome_of(const Tables& tables, ExecutionNumber number) {
  std::string bytes;
  (void)tables.get(Table::Executions, engine::core::execution_part_key(number, ExecutionPart::State), bytes);
  auto stored = engine::core::decode_state(bytes);
  return stored && !stored->root ? stored->outcome : std::nullopt;
}

bool is_end(EventType type) {
  return type == EventType::ExecutionSucceeded || type == EventType::ExecutionFailed ||
         type == EventType::ExecutionAborted || type == EventType::ExecutionTimedOut;
}

struct HistoryFigures {
  int timeouts = 0;
  int scheduled = 0;
  int ended = 0;  // results and timeouts of tasks
};

// C3: ids without a gap, causes before effects, times that do not go back, one end and nothing after it.
// C10: a Wait takes at least as long as it says, and no task times out early.
std::optional<std::string> check_history(const Tables& tables, ExecutionNumber number, const Planned& plan,
                                         HistoryFigures& figures) {
  std::optional<std::string> wrong;
  int64_t next_id = 1, last_ms = 0, ends = 0;
  std::map<int64_t, int64_t>
      pending_since;  // last event of a task that is under way -> when it was scheduled
  auto fail = [&](const std::string& what) {
    if (!wrong) wrong = what + " in the history of " + plan.arn + " at event " + std::to_string(next_id);
  };
  (void)tables.scan(Table::History, engine::core::history_key(number, 0),
                    engine::core::after_prefix(engine::core::execution_key(number)), false,
                    [&](std::string_view, std::string_view value) {
                      auto events = engine::core::decode_history(value);
                      if (!events) return fail("C3: unreadable events"), false;
                      for (const HistoryEvent& event : *events) {
                        if (event.id != next_id) fail("C3: id " + std::to_string(event.id));
                        if (event.previous_id >= event.id) fail("C3: an effect before its cause");
                        if (event.timestamp_ms < last_ms) fail("C3: time goes back");
                        if (ends > 0) fail("C3: an event after the end");
                        last_ms = event.timestamp_ms;
                        if (event.type == EventType::TaskScheduled)
                          pending_since[event.id] = event.timestamp_ms;
                        if (auto task = pending_since.extract(event.previous_id); !task.empty()) {
                          if (event.type == EventType::TaskStarted) pending_since[event.id] = task.mapped();
                          const bool early = event.timestamp_ms - task.mapped() < kTaskTimeoutMs;
                          if (event.type == EventType::TaskTimedOut && early)
                            fail("C10: a task timed out early");
                        }
                        ++next_id;
                        ends += is_end(event.type);
                        figures.timeouts += event.type == EventType::TaskTimedOut;
                        figures.scheduled += event.type == EventType::TaskScheduled;
                        figures.ended += event.type == EventType::TaskSucceeded ||
                                         event.type == EventType::TaskFailed ||
                                         event.type == EventType::TaskTimedOut;
                      }
                      return !wrong;
                    });
  if (!wrong && ends != 1) wrong = "C1: " + std::to_string(ends) + " ends in the history of " + plan.arn;
  return wrong;
}

// C10 needs the Wait's entered event, which the exited one names through its causes only: by name, in order.
std::optional<std::string> check_waits(const Tables& tables, ExecutionNumber number, const Planned& plan,
                                       const std::map<std::string, int64_t>& seconds,
                                       std::optional<int64_t> lateness_max_ms) {
  std::map<int64_t, const HistoryEvent*> by_id;
  std::vector<HistoryEvent> all;
  (void)tables.scan(Table::History, engine::core::history_key(number, 0),
                    engine::core::after_prefix(engine::core::execution_key(number)), false,
                    [&](std::string_view, std::string_view value) {
                      auto events = engine::core::decode_history(value);
                      all.insert(all.end(), events->begin(), events->end());
                      return true;
                    });
  for (const HistoryEvent& event : all) by_id[event.id] = &event;
  for (const HistoryEvent& event : all) {
    if (event.type != EventType::WaitStateExited) continue;
    auto entered = by_id.find(event.previous_id);
    if (entered == by_id.end() || entered->second->type != EventType::WaitStateEntered) {
      return "C3: a wait without its beginning in " + plan.arn;
    }
    const int64_t took = event.timestamp_ms - entered->second->timestamp_ms;
    const bool late = lateness_max_ms && took > seconds.at(event.name) * 1000 + *lateness_max_ms;
    if (took < seconds.at(event.name) * 1000 || late) {
      return "C10: " + event.name + " of " + plan.arn + " ended after " + std::to_string(took) + " ms";
    }
  }
  return std::nullopt;
}

void collect_waits(const Block& block, std::map<std::string, int64_t>& seconds) {
  for (const Step& step : block) {
    if (step.kind == Step::Kind::Wait) seconds[step.name] = step.number;
    for (const Block& inner : step.blocks) collect_waits(inner, seconds);
    if (step.handler) collect_waits(*step.handler, seconds);
  }
}

std::optional<std::string> check_outcome(const Tables& tables, ExecutionNumber number, const Planned& plan) {
  auto outcome = outcome_of(tables, number);
  if (!outcome) return "C1: " + plan.arn + " has no outcome";
  if (plan.stop_sent && outcome->status == statelang::ExecutionStatus::Aborted) return std::nullopt;
  const bool succeeded = outcome->status == statelang::ExecutionStatus::Succeeded;
  if (succeeded != plan.expected.succeeded || (!succeeded && outcome->failure.error != plan.expected.error)) {
    return "C4: " + plan.arn + " ended " + std::string(statelang::to_string(outcome->status)) + " " +
           outcome->failure.error + " " + outcome->failure.cause + ", expected " +
           (plan.expected.succeeded ? "SUCCEEDED" : plan.expected.error);
  }
  if (succeeded && !(outcome->output.value() == plan.expected.output)) {
    return "C4: " + plan.arn + " gave " + outcome->output.text() + ", expected " +
           statelang::to_json(plan.expected.output);
  }
  return std::nullopt;
}

// C11: nothing of a finished execution is left open.
std::optional<std::string> check_nothing_open(const Tables& tables) {
  for (Table table : {Table::Scopes, Table::Variables, Table::Items, Table::Results, Table::Tasks,
                      Table::Outbox, Table::Express}) {
    auto found = tables.content().find(table);
    if (found != tables.content().end() && !found->second.empty()) {
      return "C11: " + std::to_string(found->second.size()) + " entries are left in table " +
             std::to_string(static_cast<int>(table));
    }
  }
  std::optional<std::string> wrong;
  (void)tables.scan(Table::Timers, {}, {}, false, [&](std::string_view key, std::string_view) {
    if (engine::core::parse_timer_key(key).kind != engine::core::TimerDue::kRetention) {
      wrong = "C11: a timer of a finished execution is left";
    }
    return !wrong;
  });
  return wrong;
}

}  // namespace

std::string read_outcome(const Tables& tables, const std::string& arn) {
  auto number = find_number(tables, arn);
  if (!number) return {};
  auto outcome = outcome_of(tables, *number);
  if (!outcome) return {};
  return std::string(statelang::to_string(outcome->status)) + " " +
         (outcome->status == statelang::ExecutionStatus::Succeeded ? outcome->output.text()
                                                                   : outcome->failure.error);
}

std::optional<std::string> check_store(const Tables& tables, const std::vector<Planned>& plans,
                                       std::optional<int64_t> lateness_max_ms, uint64_t& compared) {
  size_t stored = 0;
  std::set<std::string> arns;
  std::optional<std::string> wrong;
  (void)tables.scan(Table::Executions, {}, {}, false, [&](std::string_view key, std::string_view value) {
    const ExecutionNumber number = engine::core::parse_execution_key(key);
    if (key != engine::core::execution_part_key(number, ExecutionPart::Info)) return true;
    auto stored_facts = engine::core::decode_facts(value);
    ++stored;
    if (!stored_facts || !arns.insert(stored_facts->facts.execution_arn).second)
      wrong = "C2: two executions of one name";
    return true;
  });
  if (wrong) return wrong;
  if (stored != plans.size())
    return "C2: " + std::to_string(stored) + " executions for " + std::to_string(plans.size()) + " starts";
  for (const Planned& plan : plans) {
    auto number = find_number(tables, plan.arn);
    if (!number) return "C1: " + plan.arn + " was acknowledged and is gone";
    HistoryFigures figures;
    if (auto bad = check_history(tables, *number, plan, figures)) return bad;
    std::map<std::string, int64_t> seconds;
    collect_waits(plan.program.block, seconds);
    if (auto bad = check_waits(tables, *number, plan, seconds, lateness_max_ms)) return bad;
    // A task may also time out because the engine was down or its clock jumped: then the oracle, which knows
    // only the tasks that hang on purpose, has no say about where that led. That none timed out early is
    // checked above.
    if (figures.timeouts > plan.expected.timeouts && !plan.stop_sent) continue;
    auto bad = check_outcome(tables, *number, plan);
    if (bad && figures.timeouts > 0) continue;
    ++compared;
    if (bad) return bad;
  }
  return check_nothing_open(tables);
}

// C9: the records, applied to an empty store, give the same bytes. Batches are other ones than in the run.
std::optional<std::string> check_replay(const SimLog& log, const SimStore& store,
                                        const engine::core::PartitionSettings& settings) {
  const engine::AppliedPosition position = *store.position(engine::PartitionId{0});
  Tables replayed;
  engine::core::Partition partition(settings);
  uint64_t offset = 0;
  int64_t now_ms = 0;
  for (const engine::core::Record& record : log.applied_records(position.applied)) {
    engine::core::Transaction changes(replayed);
    std::vector<engine::core::Action> actions;
    now_ms = std::max(now_ms, record.timestamp_ms);
    partition.apply({offset++, now_ms}, record, changes, actions);
    replayed.write(changes.take());
  }
  for (int number = 1; number <= 15; ++number) {
    const Table table = static_cast<Table>(number);
    auto live = store.tables().content().find(table);
    auto again = replayed.content().find(table);
    static const std::map<std::string, std::string, std::less<>> kNone;
    const auto& left = live == store.tables().content().end() ? kNone : live->second;
    const auto& right = again == replayed.content().end() ? kNone : again->second;
    if (left != right) {
      return "C9: replay of " + std::to_string(position.applied) + " records gives another table " +
             std::to_string(number) + " (" + std::to_string(right.size()) + " entries instead of " +
             std::to_string(left.size()) + " or other bytes)";
    }
  }
  return std::nullopt;
}

}  // namespace simulation
