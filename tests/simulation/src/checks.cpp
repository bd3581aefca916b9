#include "checks.h"

#include <algorithm>
#include <set>

#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>
#include <engine/core/transaction.h>

#include "express.h"

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
  if (!stored || !stored->outcome) return std::nullopt;
  // The root stays for a redrive of what did not succeed, and only then.
  const bool succeeded = stored->outcome->status == statelang::ExecutionStatus::Succeeded;
  return stored->root.has_value() == succeeded ? std::nullopt : stored->outcome;
}

// An execution's history, read once.
struct Story {
  const Planned& plan;
  std::vector<HistoryEvent> events;  // by id, if the ids have no gap
  int timeouts = 0;

  // The last event before `event`, along its causes, that is of this type; nothing: none.
  const HistoryEvent* cause(const HistoryEvent& event, EventType type) const {
    const HistoryEvent* at = &event;
    while (at->previous_id > 0) {
      at = &events[static_cast<size_t>(at->previous_id) - 1];
      if (at->type == type) return at;
    }
    return nullptr;
  }
};

// C3: ids without a gap, causes before effects, times that do not go back, one end and nothing after it (C1).
std::optional<std::string> read_story(const Tables& tables, ExecutionNumber number, Story& story) {
  std::optional<std::string> wrong;
  int64_t next_id = 1, last_ms = 0, ends = 0;
  auto fail = [&](const std::string& what) {
    if (!wrong)
      wrong = what + " in the history of " + story.plan.arn + " at event " + std::to_string(next_id);
  };
  (void)tables.scan(Table::History, engine::core::history_key(number, 0),
                    engine::core::after_prefix(engine::core::execution_key(number)), false,
                    [&](std::string_view, std::string_view value) {
                      auto events = engine::core::decode_history(value);
                      if (!events) return fail("C3: unreadable events"), false;
                      for (HistoryEvent& event : *events) {
                        if (event.id != next_id) fail("C3: id " + std::to_string(event.id));
                        if (event.previous_id >= event.id) fail("C3: an effect before its cause");
                        if (event.timestamp_ms < last_ms) fail("C3: time goes back");
                        if (ends > 0) fail("C3: an event after the end");
                        last_ms = event.timestamp_ms;
                        ++next_id;
                        ends += is_end(event.type);
                        story.timeouts += event.type == EventType::TaskTimedOut;
                        story.events.push_back(std::move(event));
                      }
                      return !wrong;
                    });
  if (!wrong && ends != 1) fail("C1: " + std::to_string(ends) + " ends");
  return wrong;
}

std::string took(const HistoryEvent& event, int64_t took_ms, const Planned& plan) {
  return std::string(statelang::to_string(event.type)) + " " + event.name + " of " + plan.arn + " after " +
         std::to_string(took_ms) + " ms";
}

// C10: a Wait takes at least as long as it says.
std::optional<std::string> check_waits(const Story& story, const std::map<std::string, int64_t>& seconds,
                                       std::optional<int64_t> lateness_max_ms) {
  for (const HistoryEvent& event : story.events) {
    if (event.type != EventType::WaitStateExited) continue;
    const HistoryEvent& entered = story.events[static_cast<size_t>(event.previous_id) - 1];
    if (entered.type != EventType::WaitStateEntered)
      return "C3: a wait without its beginning in " + story.plan.arn;
    const int64_t took_ms = event.timestamp_ms - entered.timestamp_ms;
    const int64_t due_ms = seconds.at(event.name) * 1000;
    if (took_ms < due_ms || (lateness_max_ms && took_ms > due_ms + *lateness_max_ms))
      return "C10: " + took(event, took_ms, story.plan);
  }
  return std::nullopt;
}

// When the attempts that were scheduled for one state at one time may time out. Several at the same time
// (items of a Map) cannot be told apart: the least and the most of them.
struct Deadline {
  int64_t earliest_ms = INT64_MAX;
  int64_t latest_ms = 0;
  std::set<std::string> outputs;  // what these attempts returned
};
using Deadlines = std::map<std::pair<std::string, int64_t>, Deadline>;

Deadlines deadlines_of(const Ledgers& ledgers, const std::string& arn) {
  Deadlines deadlines;
  for (const auto& [id, entry] : ledgers) {
    if (entry.deliveries == 0 || entry.arn != arn) continue;
    Deadline& deadline = deadlines[{entry.state, entry.scheduled_ms}];
    const int64_t limit_ms = entry.heartbeat_ms > 0 ? entry.heartbeat_ms : kTaskTimeoutMs;
    deadline.earliest_ms =
        std::min(deadline.earliest_ms, std::max(entry.scheduled_ms, entry.beat_sent_ms) + limit_ms);
    deadline.latest_ms =
        std::max(deadline.latest_ms, std::max(entry.scheduled_ms, entry.beat_answered_ms) + limit_ms);
    deadline.outputs.insert(entry.answer.output);
  }
  return deadlines;
}

// C5: an accepted result is what an attempt returned that a worker had. C10: no task times out early, nor, as
// long as its heartbeats come in time, at all.
std::optional<std::string> check_tasks(const Story& story, const Deadlines& deadlines,
                                       std::optional<int64_t> lateness_max_ms) {
  for (const HistoryEvent& event : story.events) {
    const bool timed_out = event.type == EventType::TaskTimedOut;
    if (!timed_out && event.type != EventType::TaskSucceeded) continue;
    const HistoryEvent* scheduled = story.cause(event, EventType::TaskScheduled);
    const HistoryEvent* entered = story.cause(event, EventType::TaskStateEntered);
    if (!scheduled || !entered) return "C3: a task without its beginning in " + story.plan.arn;
    const auto known = deadlines.find({entered->name, scheduled->timestamp_ms});
    if (known == deadlines.end()) {
      if (!timed_out) return "C5: a result of a task that no worker had in " + story.plan.arn;
      continue;
    }
    const Deadline& deadline = known->second;
    if (!timed_out) {
      if (deadline.outputs.contains(event.payload.text())) continue;
      return "C5: a result that no attempt returned of " + entered->name + " in " + story.plan.arn;
    }
    const int64_t at_ms = event.timestamp_ms;
    if (at_ms < deadline.earliest_ms || (lateness_max_ms && at_ms > deadline.latest_ms + *lateness_max_ms))
      return "C10: " + entered->name + ": " + took(event, at_ms - scheduled->timestamp_ms, story.plan);
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

// Scopes and what belongs to them stay for a redrive, but only of executions that did not succeed.
std::optional<std::string> check_kept(const Tables& tables) {
  std::optional<std::string> wrong;
  for (Table table : {Table::Scopes, Table::Variables, Table::Items, Table::Results}) {
    (void)tables.scan(table, {}, {}, false, [&](std::string_view key, std::string_view) {
      const auto outcome = outcome_of(tables, engine::core::parse_execution_key(key.substr(0, 8)));
      if (!outcome || outcome->status == statelang::ExecutionStatus::Succeeded) {
        wrong = "C11: something of an execution that succeeded is left in table " +
                std::to_string(static_cast<int>(table));
      }
      return !wrong;
    });
  }
  return wrong;
}

// C11: nothing of a finished execution is left open.
std::optional<std::string> check_nothing_open(const Tables& tables) {
  if (auto kept = check_kept(tables)) return kept;
  for (Table table : {Table::Tasks, Table::Outbox, Table::Express}) {
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

engine::core::PartitionSettings partition_settings(engine::PartitionId partition, uint32_t transitions_max) {
  engine::core::PartitionSettings settings;
  settings.partition = static_cast<uint16_t>(partition);
  settings.token_key = "simulation";
  settings.limits.transitions_max = transitions_max;
  settings.express_seconds_max = 7LL * 24 * 3600;  // the oracle knows no time
  return settings;
}

std::string read_outcome(const Tables& tables, const std::string& arn) {
  auto number = find_number(tables, arn);
  if (!number) return {};
  auto outcome = outcome_of(tables, *number);
  if (!outcome) return {};
  const bool succeeded = outcome->status == statelang::ExecutionStatus::Succeeded;
  return outcome_text(outcome->status, succeeded ? outcome->output.text() : outcome->failure.error);
}

std::optional<int64_t> read_end_ms(const Tables& tables, const std::string& arn) {
  auto number = find_number(tables, arn);
  auto outcome = number ? outcome_of(tables, *number) : std::nullopt;
  if (!outcome) return std::nullopt;
  return outcome->stop_ms;
}

// C2: one execution for a name, and none without a start.
static std::optional<std::string> check_names(const Tables& tables, size_t starts) {
  size_t stored = 0;
  std::set<std::string> arns;
  bool doubled = false;
  (void)tables.scan(Table::Executions, {}, {}, false, [&](std::string_view key, std::string_view value) {
    const ExecutionNumber number = engine::core::parse_execution_key(key);
    if (key != engine::core::execution_part_key(number, ExecutionPart::Info)) return true;
    auto facts = engine::core::decode_facts(value);
    ++stored;
    doubled = doubled || !facts || !arns.insert(facts->facts.execution_arn).second;
    return true;
  });
  if (doubled) return "C2: two executions of one name";
  if (stored == starts) return std::nullopt;
  return "C2: " + std::to_string(stored) + " executions for " + std::to_string(starts) + " starts";
}

std::optional<std::string> check_execution(const Tables& tables, const Planned& plan, const Ledgers& ledgers,
                                           std::optional<int64_t> lateness_max_ms, RunFigures& figures) {
  auto number = find_number(tables, plan.arn);
  if (!number) return "C1: " + plan.arn + " was acknowledged and is gone";
  Story story{plan, {}};
  if (auto bad = read_story(tables, *number, story)) return bad;
  std::map<std::string, int64_t> seconds;
  collect_waits(plan.program.block, seconds);
  if (auto bad = check_waits(story, seconds, lateness_max_ms)) return bad;
  if (auto bad = check_tasks(story, deadlines_of(ledgers, plan.arn), lateness_max_ms)) return bad;
  // A task may also time out because the engine was down, its clock jumped or heartbeats were left out:
  // then the oracle, which knows only the tasks that hang on purpose, has no say about where that led. That
  // none timed out early is checked above.
  if (story.timeouts > plan.expected.timeouts && !plan.stop_sent) return std::nullopt;
  auto bad = check_outcome(tables, *number, plan);
  if (bad && story.timeouts > 0) return std::nullopt;
  ++figures[Figure::Compared];
  return bad;
}

std::optional<std::string> check_rest(const Tables& tables, size_t executions) {
  if (auto bad = check_names(tables, executions)) return bad;
  for (Table table : {Table::Names, Table::History, Table::Listing, Table::Timers}) {
    const auto found = tables.content().find(table);
    if (executions == 0 && found != tables.content().end() && !found->second.empty())
      return "C11: of erased executions " + std::to_string(found->second.size()) +
             " entries are left in table " + std::to_string(static_cast<int>(table));
  }
  return check_nothing_open(tables);
}

// C9: the records, applied to an empty store, give the same bytes. Batches are other ones than in the run.
std::optional<std::string> check_replay(std::span<const engine::LoggedRecord> records, const Tables& tables,
                                        const engine::core::PartitionSettings& settings,
                                        const std::set<uint64_t>& recoveries, std::set<std::string>& ended) {
  Tables replayed;
  std::optional<engine::core::Partition> partition;
  int64_t now_ms = 0;
  for (const auto& [offset, record, kind, fingerprint, problem] : records) {
    if (!partition || recoveries.contains(offset)) partition.emplace(settings);
    now_ms = std::max(now_ms, record.timestamp_ms);
    if (kind != engine::LoggedRecord::Kind::Input) continue;
    engine::core::Transaction changes(replayed);
    std::vector<engine::core::Action> actions;
    partition->apply({offset, now_ms}, record, changes, actions);
    for (const engine::core::Action& action : actions) {
      const auto* change = std::get_if<engine::core::ExecutionChanged>(&action);
      if (change && change->finished) ended.insert(change->execution_arn);
    }
    replayed.write(changes.take());
  }
  for (int number = 1; number <= 15; ++number) {
    const Table table = static_cast<Table>(number);
    auto live = tables.content().find(table);
    auto again = replayed.content().find(table);
    static const std::map<std::string, std::string, std::less<>> kNone;
    const auto& left = live == tables.content().end() ? kNone : live->second;
    const auto& right = again == replayed.content().end() ? kNone : again->second;
    if (left != right) {
      return "C9: replay of " + std::to_string(records.size()) + " records gives another table " +
             std::to_string(number) + " (" + std::to_string(right.size()) + " entries instead of " +
             std::to_string(left.size()) + " or other bytes)";
    }
  }
  return std::nullopt;
}

}  // namespace simulation
