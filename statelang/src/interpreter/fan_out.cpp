// Parallel and inline Map: scopes below a scope, and the join.
#include <algorithm>
#include <cmath>

#include "stepper.h"

namespace statelang::interpreter {

void Stepper::run_parallel(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  Payload input = *effective;
  if (state.is_jsonata() && state.parameters) {
    auto arguments = evaluate(scope, *state.parameters, {&scope.input.value()});
    if (!arguments) return fail(scope, arguments.error());
    input = Payload::from_value(std::move(*arguments));
  }
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
    branch.input = input;
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
                                     "Items"}};
    }
    auto items = evaluate(scope, *fields.items, {&input});
    if (!items || items->is_array() || items->is_object()) return items;
    const auto& field = std::get<templates::JsonataTemplate>(*fields.items);
    const char* type = items->is_string()    ? "string"
                       : items->is_number()  ? "number"
                       : items->is_boolean() ? "boolean"
                                             : "null";
    return Unexpected{
        StateFailure{{std::string(errors::kQueryEvaluationError),
                      "The JSONata expression '" + std::string(field.expression_text()) +
                          "' specified for the field 'Items' returned an unexpected result type. Expected "
                          "'array', but was '" +
                          type + "' for value: " + to_json(*items)},
                     "Items"}};
  }
  Outcome<Value> items = input;
  if (fields.items_path) items = evaluate_path(scope, *fields.items_path, input);
  if (!items || items->is_array()) return items;
  return Unexpected{runtime_failure("Reference path \"" +
                                    (fields.items_path ? fields.items_path->text() : "$") +
                                    "\" must point to array.")};
}

Outcome<uint32_t> Stepper::map_concurrency(Scope& scope, const State& state, const Value& input) {
  const auto& field = state.as<MapFields>().max_concurrency;
  if (!field) return 0u;
  auto value = evaluate_number(scope, *field, input);
  if (!value) return Unexpected{value.error()};
  if (value->is_integer() && value->as_integer() >= 0) {
    return static_cast<uint32_t>(std::min<int64_t>(value->as_integer(), UINT32_MAX));
  }
  const auto* path = std::get_if<json_path::Path>(&field->value);
  return Unexpected{runtime_failure("The " + field->name + " field refers to value \"" +
                                    (value->is_string() ? std::string(value->as_string()) : to_json(*value)) +
                                    "\" which is not a valid integer: " + (path ? path->text() : ""))};
}

void Stepper::run_map(Scope& scope, const State& state) {
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  const Value& input = effective->value();
  auto concurrency = map_concurrency(scope, state, scope.input.value());
  if (!concurrency) return fail(scope, concurrency.error());
  auto items = map_items(scope, state, input);
  if (!items) return fail(scope, items.error());
  Array list;
  if (items->is_object()) {  // JSONata: {Key, Value} for each member
    for (const auto& [key, value] : items->as_object())
      list.push_back(Value::object({{"Key", key}, {"Value", value}}));
  } else {
    list = items->as_array();
  }
  scope.concurrency_max = *concurrency;
  scope.items_are_members = items->is_object();
  scope.phase = ScopePhase::WaitingForChildren;
  scope.children_total = static_cast<uint32_t>(list.size());
  scope.children_next = scope.children_running = scope.children_finished = 0;
  HistoryEvent started = event(EventType::MapStateStarted);
  started.number = static_cast<int64_t>(list.size());
  append_in(scope, std::move(started));
  if (list.empty()) return join(scope);
  storage_.put_items(scope.id, list);
  start_iterations(scope, scope.previous_event);
}

// Starts as many iterations as concurrency and the step's budget allow.
void Stepper::start_iterations(Scope& scope, EventId previous) {
  const State& state = state_of(scope);
  if (state.type != StateType::Map) return;
  const ScopeId id = scope.id;
  while (scope.children_next < scope.children_total &&
         (scope.concurrency_max == 0 || scope.children_running < scope.concurrency_max)) {
    if (transitions_ >= context_.limits.transitions_max) {
      ready_.push_back(id);  // run() sees the budget and asks to continue
      return;
    }
    ++transitions_;
    const uint32_t index = scope.children_next++;
    ++scope.children_running;
    if (!start_iteration(scope, state, index, previous)) return;
  }
}

bool Stepper::start_iteration(Scope& scope, const State& state, uint32_t index, EventId previous) {
  const auto& fields = state.as<MapFields>();
  HistoryEvent started = event(EventType::MapIterationStarted);
  started.name = state.name;
  started.number = index;
  const EventId started_id = append(previous, std::move(started));

  Value item = storage_.item(scope.id, index);
  Value map_item = Value::object({{"Index", static_cast<int64_t>(index)}});
  if (scope.items_are_members) {
    map_item.set("Key", *item.find("Key"));
    item = *item.find("Value");
  }
  map_item.set("Value", item);
  Payload input = Payload::from_value(item);

  Scope& iteration = storage_.create_scope(static_cast<ScopeId>(execution().next_scope_id++));
  ++execution().open_scopes;
  iteration.parent = scope.id;
  iteration.kind = ScopeKind::Iteration;
  iteration.index = index;
  iteration.state = fields.processor.start_at;
  iteration.map_item = std::move(map_item);
  iteration.previous_event = started_id;
  if (fields.item_selector) {
    // The selector sees the Map's own data and the item in the context object.
    auto effective = effective_input(scope, state);
    forget_caches();
    const Value context = context_object(scope);
    Value with_item = context;
    with_item.set("Map", Value::object({{"Item", iteration.map_item}}));
    cached_context_ = std::move(with_item);
    auto selected = effective ? evaluate(scope, *fields.item_selector, {&effective->value()})
                              : Outcome<Value>(Unexpected{effective.error()});
    forget_caches();
    if (!selected) {
      fail(scope, selected.error());
      return false;
    }
    input = Payload::from_value(std::move(*selected));
  }
  iteration.input = std::move(input);
  ready(iteration);
  return true;
}

void Stepper::child_succeeded(Scope& parent, const Scope& child, const Payload& output) {
  const EventId last = child.previous_event;
  const uint32_t index = child.index;
  const bool iteration = child.kind == ScopeKind::Iteration;
  if (iteration) {
    HistoryEvent succeeded = event(EventType::MapIterationSucceeded);
    succeeded.name = state_of(parent).name;
    succeeded.number = index;
    append(last, std::move(succeeded));
  }
  storage_.put_result(parent.id, index, output);
  storage_.erase_scope(child.id);
  --execution().open_scopes;
  --parent.children_running;
  ++parent.children_finished;
  parent.previous_event = last;
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
