// Parallel and inline Map: scopes below a scope, and the join.
#include <algorithm>

#include "stepper.h"

namespace statelang::interpreter {

void Stepper::run_parallel(Scope& scope, const State& state) {
  const auto input = given_input(scope, state);
  if (!input) return fail(scope, input.error());
  append_in(scope, event(EventType::ParallelStateStarted));
  const auto& branches = state.as<ParallelFields>().branches;
  scope.phase = ScopePhase::WaitingForChildren;
  scope.children_total = scope.children_next = scope.children_running =
      static_cast<uint32_t>(branches.size());
  scope.children_finished = 0;
  const ScopeId parent = scope.id;
  const EventId previous = scope.previous_event;
  for (uint32_t i = 0; i < branches.size(); ++i) {
    Scope& branch = storage_.create_scope(static_cast<ScopeId>(execution().next_scope_id++));
    ++execution().open_scopes;
    branch.parent = parent;
    branch.kind = ScopeKind::Branch;
    branch.index = i;
    branch.state = branches[i].start_at;
    branch.input = *input;
    branch.previous_event = previous;
    ready(branch);
  }
}

Outcome<Value> Stepper::map_items(Scope& scope, const State& state, const Value& input) {
  const auto& fields = state.as<MapFields>();
  if (state.is_jsonata()) {
    if (!fields.items) {
      if (input.is_array()) return input;
      return Unexpected{StateFailure{{std::string(errors::kQueryEvaluationError),
                                      "Map state input must be an array but was: " + to_json(input)},
                                     {},
                                     true}};
    }
    auto items = evaluate(scope, *fields.items, {&input});
    if (!items || items->is_array() || items->is_object()) return items;
    const auto& field = std::get<templates::JsonataTemplate>(*fields.items);
    return Unexpected{unexpected_type(field, "Items", "array", *items)};
  }
  Outcome<Value> items = input;
  if (fields.items_path) items = evaluate_path(scope, *fields.items_path, input);
  if (!items || items->is_array()) return items;
  // AWS names a path into the context object with one dollar sign here.
  std::string path = fields.items_path ? fields.items_path->text() : "$";
  if (path.starts_with("$$")) path.erase(0, 1);
  return Unexpected{runtime_failure("Reference path \"" + path + "\" must point to array.")};
}

Outcome<uint32_t> Stepper::map_concurrency(Scope& scope, const State& state, const Value& input) {
  const auto& field = state.as<MapFields>().max_concurrency;
  if (!field) return 0u;
  auto value = evaluate_number(scope, *field, input);
  if (!value) return Unexpected{value.error()};
  const auto limit = integer_of(*field, *value);
  if (!limit) return Unexpected{not_a_valid(*field, *value, "integer")};
  if (*limit < 0) return Unexpected{refused_value(*field, "MaxConcurrency cannot be negative.")};
  return static_cast<uint32_t>(std::min<int64_t>(*limit, UINT32_MAX));
}

void Stepper::run_map(Scope& scope, const State& state) {
  if (state.as<MapFields>().distributed) return run_map_run(scope, state);
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  auto items = map_items(scope, state, effective->value());
  if (!items) return fail(scope, items.error());
  const Array list = item_list(*items);
  scope.items_are_members = items->is_object();
  scope.phase = ScopePhase::WaitingForChildren;
  scope.children_total = static_cast<uint32_t>(list.size());
  scope.children_next = scope.children_running = scope.children_finished = 0;
  HistoryEvent started = event(EventType::MapStateStarted);
  started.number = static_cast<int64_t>(list.size());
  append_in(scope, std::move(started));
  auto concurrency = map_concurrency(scope, state, scope.input.value());
  if (!concurrency) {
    scope.children_total = 0;
    return fail(scope, concurrency.error());
  }
  scope.concurrency_max = *concurrency;
  if (list.empty()) return join(scope);
  storage_.put_items(scope.id, list);
  start_iterations(scope, scope.previous_event);
}

// Starts as many iterations as concurrency and the step's budget allow, but not many ahead of those that run:
// an iteration that a bounded step leaves before its first state has to be stored twice.
void Stepper::start_iterations(Scope& scope, EventId previous) {
  constexpr size_t kReadyMax = 40;
  const State& state = state_of(scope);
  if (state.type != StateType::Map || is_ending(scope)) return;
  if (scope.children_to_redrive > 0) {
    const uint32_t room =
        scope.concurrency_max == 0
            ? scope.children_to_redrive
            : scope.concurrency_max - std::min(scope.concurrency_max, scope.children_running);
    const uint32_t count = std::min(room, scope.children_to_redrive);
    scope.children_to_redrive -= count;
    scope.children_running += count;
    if (count > 0) effects_.push_back(RedriveChildren{scope.map_run_arn, count});
    if (scope.children_to_redrive > 0) return;
  }
  while (scope.children_next < scope.children_total &&
         (scope.concurrency_max == 0 || scope.children_running < scope.concurrency_max)) {
    // Other Maps with iterations to start do not count: where they alone are ready, each would wait for all.
    const size_t ahead = ready_.size() - starting_.size();
    if (ahead >= kReadyMax || transitions_ >= context_.limits.transitions_max) {
      ready(scope);  // its turn comes again
      return;
    }
    ++transitions_;
    const uint32_t index = scope.children_next++;
    ++scope.children_running;
    if (!start_iteration(scope, state, index, previous)) return;
  }
}

Array Stepper::item_list(const Value& items) {
  if (items.is_array()) return items.as_array();
  Array list;  // JSONata: {Key, Value} for each member
  for (const auto& [key, value] : items.as_object()) {
    list.push_back(Value::object({{"Key", key}, {"Value", value}}));
  }
  return list;
}

Value Stepper::map_item_of(const Scope& scope, const Value& item, uint32_t index) {
  Value map_item = Value::object({{"Index", static_cast<int64_t>(index)}});
  if (!scope.items_are_members) {
    map_item.set("Value", item);
    return map_item;
  }
  map_item.set("Key", *item.find("Key"));
  map_item.set("Value", *item.find("Value"));
  return map_item;
}

// False when the Map failed.
bool Stepper::start_iteration(Scope& scope, const State& state, uint32_t index, EventId previous) {
  const auto& fields = state.as<MapFields>();
  EventId started_id = 0;
  if (!fields.distributed) {
    HistoryEvent started = event(EventType::MapIterationStarted);
    started.name = state.name;
    started.number = index;
    started_id = append(previous, std::move(started));
  }
  const Value item = storage_.item(scope.id, index);
  Value map_item = map_item_of(scope, item, index);
  // Batches were made of selected items.
  auto selected = fields.item_batcher ? Outcome<Value>(item) : selected_item(scope, state, map_item);
  if (!selected) return iteration_not_begun(scope, selected.error());
  if (fields.distributed) {
    start_child(scope, index, std::move(*selected));
    return true;
  }
  Scope& iteration = storage_.create_scope(static_cast<ScopeId>(execution().next_scope_id++));
  ++execution().open_scopes;
  iteration.parent = scope.id;
  iteration.kind = ScopeKind::Iteration;
  iteration.index = index;
  iteration.state = fields.processor.start_at;
  iteration.previous_event = started_id;
  iteration.input = Payload::from_value(std::move(*selected));
  iteration.map_item = std::move(map_item);
  ready(iteration);
  return true;
}

// Its input could not be made: a redrive tries it again.
bool Stepper::iteration_not_begun(Scope& scope, const StateFailure& failure) {
  --scope.children_next;
  --scope.children_running;
  fail(scope, failure);
  return false;
}

void Stepper::child_succeeded(Scope& parent, const Scope& child, const Payload& output) {
  const EventId last = child.previous_event;
  EventId ended = last;
  const uint32_t index = child.index;
  const bool iteration = child.kind == ScopeKind::Iteration;
  if (iteration) {
    HistoryEvent succeeded = event(EventType::MapIterationSucceeded);
    succeeded.name = state_of(parent).name;
    succeeded.number = index;
    ended = append(last, std::move(succeeded));
  }
  storage_.put_result(parent.id, index, output);
  storage_.erase_scope(child.id);
  --execution().open_scopes;
  --parent.children_running;
  ++parent.children_finished;
  // AWS: the end of the last iteration leads to the join, but the next iteration follows its last state.
  parent.previous_event = ended;
  if (parent.children_finished == parent.children_total) return join(parent);
  if (iteration) start_iterations(parent, last);
}

void Stepper::join(Scope& parent) {
  const State& state = state_of(parent);
  // The results' texts are joined as they are: no parsing, no second copy.
  std::string text = "[";
  if (parent.children_total > 0) {
    for (const Payload& result : storage_.results(parent.id, parent.children_total)) {
      if (text.size() > 1) text += ',';
      text += result.text();
    }
  }
  text += ']';
  storage_.erase_items_and_results(parent.id);
  parent.children_total = parent.children_next = parent.children_running = parent.children_finished = 0;
  const bool map = state.type == StateType::Map;
  // AWS links both this event and StateExited to the last event of the last child.
  append(parent.previous_event,
         event(map ? EventType::MapStateSucceeded : EventType::ParallelStateSucceeded));
  complete_work(parent, state, Payload::from_text(std::move(text)));
}

}  // namespace statelang::interpreter
