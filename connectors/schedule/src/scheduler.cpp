#include <algorithm>

#include <connectors/schedule/scheduler.h>
#include <statelang/value.h>

#include "settings.h"

namespace connectors::schedule {
namespace {

using engine::ApiErrorCode;
using statelang::Value;

// A tick this late still counts as on time: schedules promise their minute, not their second.
constexpr int64_t kOnTimeMs = 60'000;
constexpr int64_t kRetryMsMin = 1'000, kRetryMsMax = 300'000;
// The alarm never sleeps longer, so that a clock that was set is noticed.
constexpr int64_t kSleepMsMax = 3'600'000;
constexpr int64_t kStandByMs = 1'000;
// A clock that is set back by less than this repeats no tick.
constexpr int64_t kAheadMsMax = 86'400'000;

std::string state_key(const std::string& name) {
  return "trigger_state/" + name;
}

}  // namespace

struct Scheduler::Entry {
  triggers::TriggerPtr trigger;
  Settings settings;
  int64_t handled_ms = 0;  // every tick up to here has been started or given up
  int64_t tick_ms = 0;     // the next one; 0: none
  int64_t due_ms = 0;      // when it is to be started: its place in due_
  int64_t retry_ms = 0;    // the last pause after a failure
  bool erased = false;
  bool standing_by = false;  // another node is in charge
};

Scheduler::Scheduler(engine::Engine& engine, triggers::ExecutionStarter& starter, engine::Strand& strand,
                     const engine::Clock& clock, InCharge in_charge)
    : engine_(engine), starter_(starter), strand_(strand), clock_(clock), in_charge_(std::move(in_charge)) {}
Scheduler::~Scheduler() = default;

void Scheduler::check(const Value& settings, std::vector<statelang::Diagnostic>& findings) const {
  size_t before = findings.size();
  Settings read = read_settings(settings, findings);
  if (findings.size() != before) return;
  read.schedule.anchor_ms = read.schedule.start_ms.value_or(0);
  if (next_tick(read.schedule, read.schedule.start_ms.value_or(0) - 1)) return;
  statelang::Diagnostic never;
  never.code = "INVALID_TRIGGER";
  never.location = "/schedule/expression";
  never.message = "this schedule never fires";
  findings.push_back(never);
}

void Scheduler::put(triggers::TriggerPtr trigger) {
  strand_.post([this, trigger] { install(trigger); });
}

void Scheduler::erase(const std::string& name) {
  strand_.post([this, name] {
    auto found = entries_.find(name);
    if (found == entries_.end()) return;
    found->second->erased = true;
    set_due(found->second, 0);
    entries_.erase(found);
    arm();
    engine_.erase_catalog_entry(state_key(name), [](const engine::ApiResult<bool>&) {
      // Left behind by a failure it is harmless: a new trigger of that name has a later updated_ms.
    });
  });
}

int64_t Scheduler::next_due_ms(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = due_by_name_.find(name);
  return found == due_by_name_.end() ? 0 : found->second;
}

void Scheduler::install(triggers::TriggerPtr trigger) {
  EntryPtr& place = entries_[trigger->name];
  if (place != nullptr) {
    place->erased = true;
    set_due(place, 0);
  }
  place = std::make_shared<Entry>();
  place->trigger = trigger;
  std::vector<statelang::Diagnostic> findings;  // it has passed check()
  place->settings = read_settings(trigger->settings, findings);
  place->settings.schedule.anchor_ms = place->settings.schedule.start_ms.value_or(trigger->created_ms);
  // A change makes no tick of the past due; what was missed counts from the change on. The tick of a rate at
  // the very moment it is made is to come.
  place->handled_ms = std::max(handled_until(trigger->name), trigger->updated_ms - 1);
  plan(place, clock_.now_ms());
  arm();
}

int64_t Scheduler::handled_until(const std::string& name) const {
  auto stored = engine_.catalog_entry(state_key(name));
  if (!stored || !*stored) return 0;
  auto state = statelang::parse_json(**stored);
  const Value* tick = state ? state->find("handled_until_ms") : nullptr;
  return tick != nullptr && tick->is_integer() ? tick->as_integer() : 0;
}

// Finds the next tick that is still to be started and enters it among the due ones.
void Scheduler::plan(const EntryPtr& entry, int64_t now_ms) {
  const Settings& settings = entry->settings;
  // The clock was far ahead and has been put right: ticks of days to come are not done with.
  if (entry->handled_ms > now_ms + kAheadMsMax) entry->handled_ms = now_ms;
  // What is older than this has been missed for good.
  int64_t window_ms = int64_t{settings.flexible_window_minutes} * 60'000;
  int64_t oldest_ms = now_ms - (settings.catch_up ? settings.event_age_max_ms : kOnTimeMs + window_ms);
  auto tick = entry->trigger->enabled
                  ? next_tick(settings.schedule, std::max(entry->handled_ms, oldest_ms - 1))
                  : std::nullopt;
  entry->tick_ms = tick.value_or(0);
  entry->retry_ms = 0;
  set_due(
      entry,
      tick ? *tick + flexible_offset_ms(entry->trigger->name, *tick, settings.flexible_window_minutes) : 0);
}

void Scheduler::set_due(const EntryPtr& entry, int64_t due_ms) {
  const std::string& name = entry->trigger->name;
  if (entry->due_ms != 0) due_.erase({entry->due_ms, name});
  entry->due_ms = due_ms;
  if (due_ms != 0) due_.insert({due_ms, name});
  std::lock_guard lock(mutex_);
  if (due_ms != 0) {
    due_by_name_[name] = due_ms;
  } else {
    due_by_name_.erase(name);
  }
}

// The clock has been put back: ticks that were passed over because it was ahead are to come again.
void Scheduler::plan_anew(int64_t now_ms) {
  for (const auto& [name, entry] : entries_) {
    bool waits = entry->due_ms != 0 || entry->tick_ms == 0;
    if (waits && entry->retry_ms == 0 && !entry->standing_by) plan(entry, now_ms);
  }
}

void Scheduler::arm() {
  if (due_.empty()) return;
  armed_ms_ = clock_.now_ms();
  strand_.alarm(std::min(due_.begin()->first, armed_ms_ + kSleepMsMax), [this] { ring(); });
}

void Scheduler::ring() {
  int64_t now_ms = clock_.now_ms();
  if (now_ms < armed_ms_) plan_anew(now_ms);
  while (!due_.empty() && due_.begin()->first <= now_ms) {
    EntryPtr entry = entries_.at(due_.begin()->second);
    if (overslept(*entry, now_ms)) plan(entry, now_ms);
    if (entry->due_ms == 0 || entry->due_ms > now_ms) continue;
    set_due(entry, 0);
    fire(entry);
  }
  arm();
}

// Whether the alarm rang so late that the clock was put forward or the process stood still: then what has
// been missed is decided as it is at a start. A tick that is being tried, or watched, keeps its turn for
// long.
bool Scheduler::overslept(const Entry& entry, int64_t now_ms) {
  if (now_ms - entry.due_ms <= kOnTimeMs) return false;
  bool under_way = entry.retry_ms != 0 || entry.standing_by;
  return !under_way || now_ms - entry.tick_ms > entry.settings.event_age_max_ms;
}

void Scheduler::fire(const EntryPtr& entry) {
  if (in_charge_ && !in_charge_()) return stand_by(entry);
  // What the node that was in charge before has handled is none of ours.
  if (std::exchange(entry->standing_by, false) && handled_until(entry->trigger->name) >= entry->tick_ms)
    return stand_by(entry);
  start(entry);
}

void Scheduler::stand_by(const EntryPtr& entry) {
  const int64_t handled_ms = handled_until(entry->trigger->name), now_ms = clock_.now_ms();
  entry->standing_by = true;
  if (handled_ms < entry->tick_ms) return set_due(entry, now_ms + kStandByMs);
  entry->handled_ms = handled_ms;
  plan(entry, now_ms);
}

void Scheduler::start(const EntryPtr& entry) {
  const std::string& name = entry->trigger->name;
  Value event = Value::object({{"trigger", name},
                               {"scheduled_time", instant_text(entry->tick_ms)},
                               {"scheduled_time_ms", entry->tick_ms},
                               {"timezone", entry->settings.schedule.zone.name()}});
  starter_.start(entry->trigger, name + "-" + std::to_string(entry->tick_ms), event,
                 [this, entry](engine::ApiResult<triggers::StartOutcome> outcome) {
                   strand_.post([this, entry, outcome] { fired(entry, outcome); });
                 });
}

void Scheduler::fired(const EntryPtr& entry, const engine::ApiResult<triggers::StartOutcome>& outcome) {
  if (entry->erased) return;
  int64_t now_ms = clock_.now_ms();
  if (!outcome) {
    ApiErrorCode code = outcome.error().code;
    if (code == ApiErrorCode::ShuttingDown) return;  // the next start of the engine finds the tick unhandled
    bool worth_it = code != ApiErrorCode::InvalidExecutionInput && code != ApiErrorCode::InvalidArn;
    if (worth_it && now_ms - entry->tick_ms < entry->settings.event_age_max_ms) {
      entry->retry_ms = std::clamp(entry->retry_ms * 2, kRetryMsMin, kRetryMsMax);
      set_due(entry, now_ms + entry->retry_ms);
      arm();
      return;
    }
    starter_.note_failure(entry->trigger->name, "the tick of " + instant_text(entry->tick_ms) +
                                                    " was given up: " + outcome.error().message);
  }
  entry->handled_ms = entry->tick_ms;
  remember(*entry, entry->tick_ms);
  plan(entry, now_ms);
  arm();
}

// Not waited for: if it is lost, the tick is tried again after a restart and finds its execution there.
void Scheduler::remember(const Entry& entry, int64_t tick_ms) {
  engine::core::PutCatalogEntry put;
  put.key = state_key(entry.trigger->name);
  put.value = "{\"handled_until_ms\":" + std::to_string(tick_ms) + "}";
  engine_.put_catalog_entry(put, [](const engine::ApiResult<bool>&) {});
}

}  // namespace connectors::schedule
