// Children of Distributed Maps: executions of their own beside the one whose Map they belong to, in the same
// partition. A child begins, and its end reaches the Map, in the transaction of the record that caused it:
// neither can get lost or happen twice (docs/adr/0009_children_as_executions.md).
#include <algorithm>

#include <engine/core/state_keys.h>

#include "application.h"
#include "listing_keys.h"

namespace engine::core {

namespace {

using statelang::ExecutionStatus;

// Of the inputs of children that begin in one record: they are written once more, for their tasks.
constexpr size_t kBegunBytesMax = 1u << 20;

// Those that failed have results, too: how they failed.
uint32_t ended(const MapRunCounts& counts) {
  return counts.succeeded + counts.failed + counts.timed_out + counts.aborted;
}

}  // namespace

uint32_t& count_of(MapRunCounts& counts, ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::Succeeded:
      return counts.succeeded;
    case ExecutionStatus::TimedOut:
      return counts.timed_out;
    case ExecutionStatus::Aborted:
      return counts.aborted;
    case ExecutionStatus::Running:
      return counts.running;
    case ExecutionStatus::PendingRedrive:
      return counts.pending_redrive;
    default:
      return counts.failed;
  }
}

void move(uint32_t& from, uint32_t& to, uint32_t count) {
  from -= std::min(from, count);
  to += count;
}

std::optional<MapRun> Application::map_run(const std::string& map_run_arn) {
  const auto bytes = transaction_.get(Table::Listing, listing::map_run(map_run_arn));
  return bytes ? decode_map_run(*bytes) : std::nullopt;
}

void Application::store(const MapRun& run) {
  transaction_.put(Table::Listing, listing::map_run(run.map_run_arn), encode(run));
}

bool Application::is_apart(const statelang::Effect& effect) {
  return std::holds_alternative<statelang::StartMapRun>(effect) ||
         std::holds_alternative<statelang::CountMapRun>(effect) ||
         std::holds_alternative<statelang::EndMapRun>(effect) ||
         std::holds_alternative<statelang::StartChild>(effect) ||
         std::holds_alternative<statelang::RedriveMapRun>(effect) ||
         std::holds_alternative<statelang::RedriveChildren>(effect) ||
         std::holds_alternative<statelang::StopChildren>(effect);
}

// After the flush of `running`: what happens to its children may reach it again. Children are stopped last:
// those of a Map Run that has ended need not be told to it. Children that are not redriven may end a Map Run
// that is open again: after everything else.
void Application::perform_apart(Running& running, const std::vector<statelang::Effect>& effects) {
  std::vector<ExecutionNumber> not_redriven;
  std::optional<MapRun> of_children;  // read and stored once for children that start one after the other
  const auto store_counts = [&] {
    if (of_children) store(*of_children);
    of_children.reset();
  };
  for (const statelang::Effect& effect : effects) {
    if (const auto* child = std::get_if<statelang::StartChild>(&effect)) {
      if (!of_children || of_children->map_run_arn != child->map_run_arn) {
        store_counts();
        of_children = map_run(child->map_run_arn);
      }
      if (of_children) start_child(running, *child, *of_children);
      continue;
    }
    store_counts();
    if (const auto* start = std::get_if<statelang::StartMapRun>(&effect)) {
      start_map_run(running, *start);
    } else if (const auto* count = std::get_if<statelang::CountMapRun>(&effect)) {
      auto run = map_run(count->map_run_arn);
      if (!run) continue;
      run->executions.total = run->executions.pending = count->children;
      run->items.total = run->items.pending = count->items;
      store(*run);
    } else if (const auto* again = std::get_if<statelang::RedriveMapRun>(&effect)) {
      not_redriven = redrive_map_run(*again);
    } else if (const auto* children = std::get_if<statelang::RedriveChildren>(&effect)) {
      redrive_children(*children);
    } else if (const auto* end = std::get_if<statelang::EndMapRun>(&effect)) {
      end_map_run(running, *end);
    }
  }
  store_counts();
  for (const statelang::Effect& effect : effects) {
    if (const auto* stop = std::get_if<statelang::StopChildren>(&effect)) stop_children(stop->map_run_arn);
  }
  for (const ExecutionNumber number : not_redriven) {
    if (auto child = load(number)) tell_parent(*child, true);
  }
}

void Application::start_map_run(const Running& running, const statelang::StartMapRun& effect) {
  const ExecutionFacts& facts = running.storage.facts();
  MapRun run;
  run.map_run_arn = effect.map_run_arn;
  run.execution_arn = facts.execution_arn;
  run.state_machine_arn = running.machine->registered.state_machine_arn;
  run.execution = running.number;
  run.scope = effect.scope;
  run.start_ms = position_.now_ms;
  run.concurrency_max = effect.concurrency_max;
  run.tolerated_failure_count = effect.tolerated_failure_count;
  run.tolerated_failure_percentage = effect.tolerated_failure_percentage;
  transaction_.put(Table::Listing,
                   listing::of_execution(facts.execution_arn, run.start_ms, effect.map_run_arn),
                   effect.map_run_arn);
  store(run);
}

// In the result of the Map, or by its ResultWriter, which writes those of a failed Map Run as well.
bool Application::results_are_written(Running& running, const MapRun& run) const {
  if (run.status == ExecutionStatus::Succeeded) return true;
  if (writing_failed_) return false;
  const statelang::Scope* scope = running.storage.find_scope(run.scope);
  return run.status == ExecutionStatus::Failed && scope && !scope->result_key.empty();
}

// The first end counts.
void Application::end_map_run(Running& running, const statelang::EndMapRun& effect) {
  auto run = map_run(effect.map_run_arn);
  if (!run || run->status != ExecutionStatus::Running) return;
  run->status = effect.status;
  run->stop_ms = position_.now_ms;
  if (run->executions.pending_redrive > 0) abort_pending_redrives(*run);
  if (results_are_written(running, *run)) {
    run->executions.results_written = ended(run->executions);
    run->items.results_written = ended(run->items);
  }
  store(*run);
}

void Application::start_child(const Running& parent, const statelang::StartChild& effect, MapRun& run) {
  move(run.executions.pending, run.executions.running, 1);
  move(run.items.pending, run.items.running, effect.items);
  const ExecutionFacts& around = parent.storage.facts();
  const ExecutionNumber number = next_number();
  ExecutionFacts facts;
  facts.execution_arn = effect.execution_arn;
  facts.name = effect.name;
  facts.revision_id = around.revision_id;
  facts.state_machine_arn = effect.state_machine_arn;
  facts.trace_header = around.trace_header;
  facts.retention_ms = around.retention_ms;
  facts.test_case = around.test_case;
  facts.map_run_arn = effect.map_run_arn;
  facts.map_parent = parent.number;
  facts.map_scope = effect.scope;
  facts.map_state = effect.state;
  facts.map_index = effect.index;
  facts.map_items = effect.items;
  transaction_.put(Table::Names, facts.execution_arn, execution_key(number));
  listing::add(transaction_, {facts.execution_arn, facts.listed_under(), number, ExecutionStatus::Running,
                              position_.now_ms, 0});
  Running child{number, parent.machine,
                StoredExecution::create(transaction_, executions_, number, std::move(facts), effect.input)};
  starting_child_with_ = may_begin_here(child, effect.input) ? 1 : 0;
  this->run(child, statelang::Start{effect.input});
  starting_child_with_.reset();
}

// A child whose first state is a task schedules it in the step that starts the child, which saves it a record
// and storing its state twice. Only a task: what it does ends with the one transition, and it starts no
// children itself. As many as a step has transitions (docs/adr/0022_begun_children.md).
bool Application::may_begin_here(const Running& child, const statelang::Payload& input) {
  if (!child.machine || children_begun_ >= settings_.limits.transitions_max) return false;
  if (children_begun_bytes_ + input.size_bytes() > kBegunBytesMax) return false;
  const statelang::Definition& definition = *child.machine->definition;
  const auto& map = definition.state(child.storage.facts().map_state).as<statelang::MapFields>();
  if (definition.state(map.processor.start_at).type != statelang::StateType::Task) return false;
  ++children_begun_;
  children_begun_bytes_ += input.size_bytes();
  return true;
}

// Of children whose first step was their last: their task could not be scheduled. Being told, a parent may
// start further ones, whose turn comes here as well: no deeper however many they are.
void Application::tell_parents_of_ended() {
  if (telling_parents_ || ended_at_beginning_.empty()) return;
  telling_parents_ = true;
  for (size_t i = 0; i < ended_at_beginning_.size(); ++i) {  // grows meanwhile
    auto child = load(ended_at_beginning_[i]);
    if (!child) continue;
    count_end(*child);
    tell_parent(*child, false);
  }
  ended_at_beginning_.clear();
  telling_parents_ = false;
}

void Application::stop_children(const std::string& map_run_arn) {
  for (const ExecutionNumber number : children_in(map_run_arn, ExecutionStatus::Running, SIZE_MAX)) {
    if (auto child = load(number)) run(*child, statelang::Stop{{{}, {}, false, false}});
  }
}

// `child` has ended.
void Application::count_end(Running& child) {
  const ExecutionFacts& facts = child.storage.facts();
  const auto& outcome = child.storage.outcome();
  auto run = map_run(facts.map_run_arn);
  if (!run || !outcome) return;
  move(run->executions.running, count_of(run->executions, outcome->status), 1);
  move(run->items.running, count_of(run->items, outcome->status), facts.map_items);
  if (outcome->status != ExecutionStatus::Succeeded && !may_be_redriven(child)) {
    run->executions.failures_not_redrivable += 1;
    run->items.failures_not_redrivable += facts.map_items;
  }
  store(*run);
}

// `child` has ended, or stays as it ended while its Map Run is redriven.
void Application::tell_parent(Running& child, bool not_redriven) {
  const ExecutionFacts& facts = child.storage.facts();
  const auto& outcome = child.storage.outcome();
  const auto run = map_run(facts.map_run_arn);
  if (!run || !outcome) return;
  if (run->status != ExecutionStatus::Running) return;
  auto parent = load(facts.map_parent);
  if (!parent) return;
  statelang::ChildEnded ended;
  ended.scope = facts.map_scope;
  ended.map_run_arn = facts.map_run_arn;
  ended.index = facts.map_index;
  ended.name = facts.name;
  ended.input = child.storage.execution_input();
  ended.start_time_ms = child.storage.execution().start_time_ms;
  ended.status = outcome->status;
  ended.output = outcome->output;
  ended.failure = outcome->failure;
  ended.redrive_count = child.storage.execution().redrive_count;
  if (not_redriven) ended.stop_time_ms = outcome->stop_ms;
  ended.not_redriven = not_redriven;
  this->run(*parent, ended);
}

void Application::apply(const UpdateMapRun& body) {
  auto run = map_run(body.map_run_arn);
  if (!run) return reply(ReplyCode::MapRunDoesNotExist, "Map Run Does Not Exist: '" + body.map_run_arn + "'");
  if (run->status != ExecutionStatus::Running) return reply(ReplyCode::MapRunEnded);
  if (body.concurrency_max) run->concurrency_max = *body.concurrency_max;
  if (body.tolerated_failure_count) run->tolerated_failure_count = *body.tolerated_failure_count;
  if (body.tolerated_failure_percentage) {
    run->tolerated_failure_percentage = *body.tolerated_failure_percentage;
  }
  store(*run);
  if (auto parent = load(run->execution)) {
    this->run(*parent,
              statelang::MapRunUpdated{run->scope, run->map_run_arn, body.concurrency_max,
                                       body.tolerated_failure_count, body.tolerated_failure_percentage});
  }
  reply(ReplyCode::Done);
}

void Application::erase_map_runs(const std::string& execution_arn) {
  const std::string prefix = listing::of_execution(execution_arn);
  std::vector<std::pair<std::string, std::string>> found;
  transaction_.scan(Table::Listing, prefix, after_prefix(prefix),
                    [&](std::string_view key, std::string_view arn) {
                      found.emplace_back(key, arn);
                      return true;
                    });
  for (auto& [key, arn] : found) {
    transaction_.erase(Table::Listing, std::move(key));
    transaction_.erase(Table::Listing, listing::map_run(arn));
  }
}

}  // namespace engine::core
