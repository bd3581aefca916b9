// Distributed Map: the Map Run from its start to the child executions and thresholds. Results are in
// map_run_results.cpp.
#include <algorithm>

#include <statelang/encoding.h>

#include "stepper.h"

namespace statelang::interpreter {
namespace {

constexpr uint32_t kChildrenMax = 10'000;  // AWS: open child executions of one Map Run
constexpr uint32_t kItemsPerRead = 1'000;
constexpr size_t kBytesPerRead = 1024 * 1024;

StateFailure item_reader_failed(std::string cause) {
  return StateFailure{{std::string(errors::kItemReaderFailed), std::move(cause)}};
}

// The name without "Path".
std::string field_name(const NumberField& field) {
  const std::string_view name = field.name;
  return std::string(name.ends_with("Path") ? name.substr(0, name.size() - 4) : name);
}

}  // namespace

std::string StepRandom::uuid() {
  const uint64_t first = next();
  return to_uuid(first, next());
}

void Stepper::run_map_run(Scope& scope, const State& state) {
  const auto& fields = state.as<MapFields>();
  auto effective = effective_input(scope, state);
  if (!effective) return fail(scope, effective.error());
  Array items;
  if (!fields.item_reader) {
    auto read = map_items(scope, state, effective->value());
    if (!read) return fail(scope, read.error());
    items = item_list(*read);
    scope.items_are_members = read->is_object();
  } else {
    scope.items_are_members = false;
  }
  const bool redriven = !scope.map_run_arn.empty();
  if (!redriven) {
    HistoryEvent started = event(EventType::MapStateStarted);
    started.number = static_cast<int64_t>(items.size());
    append_in(scope, std::move(started));
  }
  auto concurrency = map_concurrency(scope, state, scope.input.value());
  if (!concurrency) return fail(scope, concurrency.error());
  scope.concurrency_max = *concurrency == 0 ? kChildrenMax : std::min(*concurrency, kChildrenMax);
  if (auto tolerated = failures_tolerated(scope, state); !tolerated) return fail(scope, tolerated.error());
  std::optional<ReadItems> reading;
  if (fields.item_reader) {
    auto request = item_request(scope, *fields.item_reader, effective->value());
    if (!request) return fail(scope, request.error());
    reading = std::move(*request);
  }
  if (!redriven) start_map_run(scope, state);
  scope.children_total = scope.children_next = scope.children_running = scope.children_finished = 0;
  scope.children_failed = 0;
  scope.result_bucket.clear();
  scope.result_key.clear();
  scope.phase = ScopePhase::WaitingForMapRun;
  if (!reading) return take_items(scope, state, std::move(items), false);
  if (reading->items_max < 0) {
    return fail_map_run(scope, item_reader_failed("field MaxItems must be positive").failure);
  }
  ask_for_items(scope, std::move(*reading), kItemsPerRead, kBytesPerRead);
}

// While items are read children_total counts the children that are stored, children_next the items taken.
void Stepper::ask_for_items(Scope& scope, ReadItems request, uint32_t count, size_t bytes) {
  request.attempt = ++scope.attempt;
  request.skip = scope.children_next;
  request.count = count;
  request.bytes = bytes;
  effects_.push_back(std::move(request));
}

void Stepper::start_map_run(Scope& scope, const State& state) {
  const std::string& label = state.as<MapFields>().label;
  scope.map_run_arn = "arn:aws:states:" + context_.info.region + ":" + context_.info.account +
                      ":mapRun:" + context_.info.state_machine_name + "/" +
                      (label.empty() ? random_.uuid() : label) + ":" + random_.uuid();
  HistoryEvent started = event(EventType::MapRunStarted);
  auto extras = std::make_shared<EventExtras>();
  extras->map_run_arn = scope.map_run_arn;
  started.extras = std::move(extras);
  append_in(scope, std::move(started));
  scope.tolerated_count.reset();
  scope.tolerated_percentage.reset();
  // Fields that cannot be evaluated have failed the Map before.
  const auto count = tolerated_count(scope, state);
  const auto percentage = tolerated_percentage(scope, state);
  effects_.push_back(StartMapRun{scope.id, scope.map_run_arn, scope.concurrency_max,
                                 count && *count ? **count : 0,
                                 percentage && *percentage ? **percentage : 0});
}

void Stepper::end_map_run(Scope& scope, ExecutionStatus status) {
  effects_.push_back(EndMapRun{scope.map_run_arn, status});
  // Otherwise its children are to be ended, and a redrive opens it again.
  if (status != ExecutionStatus::Succeeded) return;
  scope.map_run_arn.clear();
  scope.map_run_redrives = 0;
}

Outcome<ReadItems> Stepper::item_request(Scope& scope, const ItemReaderFields& reader, const Value& input) {
  ReadItems request{scope.id, scope.attempt, reader.resource, Value::object(), reader.config};
  if (reader.parameters) {
    auto arguments = evaluate(scope, *reader.parameters, {&input});
    if (!arguments) return Unexpected{arguments.error()};
    request.arguments = std::move(*arguments);
  }
  if (reader.max_items) {
    auto number = evaluate_number(scope, *reader.max_items, scope.input.value());
    if (!number) return Unexpected{number.error()};
    const auto limit = integer_of(*reader.max_items, *number);
    if (!limit) return Unexpected{not_a_valid(*reader.max_items, *number, "integer")};
    request.items_max = *limit;
  }
  return request;
}

StepOutcome Stepper::on(const ItemsRead& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForMapRun);
  if (!scope) return StepOutcome::Ignored;
  if (input.failure) {
    fail_map_run(*scope, *input.failure);
  } else if (!input.items.is_array()) {
    fail_map_run(*scope, item_reader_failed("Attempting to map over non-iterable node.").failure);
  } else {
    effects_.push_back(CancelTask{scope->id, scope->attempt, true});
    take_items(*scope, state_of(*scope), input.items.as_array(), input.more);
  }
  return StepOutcome::Applied;
}

// Stores the children of these items and asks for further ones, or starts.
void Stepper::take_items(Scope& scope, const State& state, Array items, bool more) {
  const auto& fields = state.as<MapFields>();
  const auto read = static_cast<uint32_t>(items.size());
  uint32_t taken = read;
  if (fields.item_batcher) {
    auto batches = make_batches(scope, state, items, scope.children_next);
    if (!batches) return fail_map_run_by(scope, batches.error());
    items = std::move(*batches);
    if (more && !items.empty()) {  // the last one may have room: its items are read again
      taken -= static_cast<uint32_t>(items[items.size() - 1].find("Items")->size());
      Array whole;
      for (size_t i = 0; i + 1 < items.size(); ++i) whole.push_back(items[i]);
      items = std::move(whole);
    }
  }
  storage_.append_items(scope.id, scope.children_total, items);
  scope.children_total += static_cast<uint32_t>(items.size());
  scope.children_next += taken;
  if (more) {
    auto effective = effective_input(scope, state);
    if (!effective) return fail_map_run_by(scope, effective.error());
    auto request = item_request(scope, *fields.item_reader, effective->value());
    if (!request) return fail_map_run_by(scope, request.error());
    // A batch that is larger than the chunk needs a larger chunk.
    if (taken == 0) return ask_for_items(scope, std::move(*request), 4 * std::max(read, 1u), 0);
    return ask_for_items(scope, std::move(*request), kItemsPerRead, kBytesPerRead);
  }
  effects_.push_back(CountMapRun{scope.map_run_arn, scope.children_total, scope.children_next});
  scope.children_next = 0;
  if (scope.children_total == 0) return finish_map_run(scope, state);
  scope.phase = ScopePhase::WaitingForChildren;
  start_iterations(scope, scope.previous_event);
}

// The input of one child from its item: ItemSelector with the item in the context object, or the item itself.
Outcome<Value> Stepper::selected_item(Scope& scope, const State& state, const Value& map_item) {
  const auto& fields = state.as<MapFields>();
  if (!fields.item_selector) return *map_item.find("Value");
  // The selector sees the Map's own data and the item in the context object.
  auto effective = effective_input(scope, state);
  if (!effective) return Unexpected{effective.error()};
  forget_caches();
  Value with_item = context_object(scope);
  with_item.set("Map", Value::object({{"Item", map_item}}));
  cached_context_ = std::move(with_item);
  auto selected = evaluate(scope, *fields.item_selector, {&effective->value()});
  forget_caches();
  return selected;
}

// `first`: the number of items before these.
Outcome<Array> Stepper::make_batches(Scope& scope, const State& state, const Array& items, uint32_t first) {
  const auto& batcher = *state.as<MapFields>().item_batcher;
  const auto limit = [&](const std::optional<NumberField>& field) -> Outcome<int64_t> {
    if (!field) return INT64_MAX;
    auto value = evaluate_number(scope, *field, scope.input.value());
    if (!value) return Unexpected{value.error()};
    const auto number = integer_of(*field, *value);
    if (!number) return Unexpected{not_a_valid(*field, *value, "integer")};
    if (*number < 0) return Unexpected{refused_value(*field, field_name(*field) + " cannot be negative.")};
    return *number == 0 ? INT64_MAX : *number;  // as of MaxItems and MaxConcurrency: no limit
  };
  auto items_max = limit(batcher.max_items_per_batch);
  if (!items_max) return Unexpected{items_max.error()};
  auto bytes_max = limit(batcher.max_input_bytes_per_batch);
  if (!bytes_max) return Unexpected{bytes_max.error()};
  // However many items a batch may have: more than a child takes as its input would only fail it.
  *bytes_max = std::min(*bytes_max, static_cast<int64_t>(context_.limits.payload_bytes_max));
  Value head = Value::object();
  if (batcher.batch_input) {
    auto batch_input = evaluate(scope, *batcher.batch_input, {&scope.input.value()});
    if (!batch_input) return Unexpected{batch_input.error()};
    head.set("BatchInput", std::move(*batch_input));
  }
  const auto frame_bytes =
      static_cast<int64_t>(to_json(head).size() + std::string_view(",\"Items\":[]").size());
  Array batches, batch;
  int64_t bytes = frame_bytes;
  const auto close = [&] {
    Value closed = head;
    closed.set("Items", std::exchange(batch, Array{}));
    batches.push_back(std::move(closed));
    bytes = frame_bytes;
  };
  for (uint32_t i = 0; i < items.size(); ++i) {
    auto item = selected_item(scope, state, map_item_of(scope, items[i], first + i));
    if (!item) return Unexpected{item.error()};
    const auto size = static_cast<int64_t>(to_json(*item).size()) + 1;
    const bool full = static_cast<int64_t>(batch.size()) >= *items_max || bytes + size > *bytes_max;
    if (full && !batch.empty()) close();
    batch.push_back(std::move(*item));
    bytes += size;
  }
  if (!batch.empty()) close();
  return batches;
}

Outcome<std::optional<int64_t>> Stepper::tolerated_count(Scope& scope, const State& state) {
  if (scope.tolerated_count) return scope.tolerated_count;
  const auto& field = state.as<MapFields>().tolerated_failure_count;
  if (!field) return std::optional<int64_t>{};
  auto value = evaluate_number(scope, *field, scope.input.value());
  if (!value) return Unexpected{value.error()};
  const auto count = integer_of(*field, *value);
  if (!count) return Unexpected{not_a_valid(*field, *value, "integer")};
  if (*count < 0) return Unexpected{refused_value(*field, "ToleratedFailureCount cannot be negative.")};
  return count;
}

Outcome<std::optional<double>> Stepper::tolerated_percentage(Scope& scope, const State& state) {
  if (scope.tolerated_percentage) return scope.tolerated_percentage;
  const auto& field = state.as<MapFields>().tolerated_failure_percentage;
  if (!field) return std::optional<double>{};
  auto value = evaluate_number(scope, *field, scope.input.value());
  if (!value) return Unexpected{value.error()};
  const auto whole = integer_of(*field, *value);
  if (!whole && !value->is_double()) return Unexpected{not_a_valid(*field, *value, "float")};
  const double percentage = whole ? static_cast<double>(*whole) : value->as_double();
  if (!(percentage >= 0 && percentage <= 100)) {
    return Unexpected{refused_value(*field, "ToleratedFailurePercentage must be between 0 and 100.")};
  }
  return std::optional<double>{percentage};
}

// Whether the failed children so far are within ToleratedFailureCount and ToleratedFailurePercentage.
Outcome<bool> Stepper::failures_tolerated(Scope& scope, const State& state) {
  auto count = tolerated_count(scope, state);
  if (!count) return Unexpected{count.error()};
  auto percentage = tolerated_percentage(scope, state);
  if (!percentage) return Unexpected{percentage.error()};
  if (!*count && !*percentage) return scope.children_failed == 0;
  return (!*count || scope.children_failed <= **count) &&
         (!*percentage || scope.children_failed * 100.0 <= **percentage * scope.children_total);
}

void Stepper::start_child(Scope& scope, uint32_t index, Value input) {
  const bool batched = state_of(scope).as<MapFields>().item_batcher.has_value();
  const Value* batch = batched ? input.find("Items") : nullptr;
  const auto items = batch && batch->is_array() ? static_cast<uint32_t>(batch->as_array().size()) : 1u;
  std::string name = random_.uuid();
  std::string arn = child_arn(scope, name);
  effects_.push_back(StartChild{scope.id, scope.state, scope.map_run_arn, index, std::move(arn),
                                std::move(name), child_machine_arn(scope),
                                Payload::from_value(std::move(input)), items});
}

// The Map of an open Map Run that starts children or waits for them.
Scope* Stepper::open_map_run(ScopeId id, const std::string& map_run_arn) {
  Scope* scope = storage_.find_scope(id);
  const bool open =
      scope && scope->phase == ScopePhase::WaitingForChildren && scope->map_run_arn == map_run_arn;
  return open ? scope : nullptr;
}

StepOutcome Stepper::on(const ChildEnded& input) {
  Scope* scope = open_map_run(input.scope, input.map_run_arn);
  if (!scope) return StepOutcome::Ignored;
  const State& state = state_of(*scope);
  const bool failed = input.status != ExecutionStatus::Succeeded;
  storage_.put_result(scope->id, input.index, child_record(*scope, state, input));
  // One that is not redriven may be counted in either: RedriveChildren names no children.
  --(input.not_redriven && scope->children_to_redrive > 0 ? scope->children_to_redrive
                                                          : scope->children_running);
  ++scope->children_finished;
  forget_caches();
  if (failed) ++scope->children_failed;
  if (is_ending(*scope)) {
    if (scope->children_running == 0) write_results(*scope, state);
    return StepOutcome::Applied;
  }
  if (failed) {
    const auto tolerated = failures_tolerated(*scope, state);
    if (!tolerated) return fail(*scope, tolerated.error()), StepOutcome::Applied;
    if (!*tolerated) return exceed_threshold(*scope, state), StepOutcome::Applied;
  }
  if (scope->children_finished == scope->children_total) {
    finish_map_run(*scope, state);
  } else {
    start_iterations(*scope, scope->previous_event);
  }
  return StepOutcome::Applied;
}

StepOutcome Stepper::on(const MapRunUpdated& input) {
  Scope* scope = open_map_run(input.scope, input.map_run_arn);
  if (!scope) return StepOutcome::Ignored;
  if (input.concurrency_max) {
    const uint32_t limit = *input.concurrency_max;
    scope->concurrency_max = limit == 0 ? kChildrenMax : std::min(limit, kChildrenMax);
  }
  if (input.tolerated_failure_count) scope->tolerated_count = input.tolerated_failure_count;
  if (input.tolerated_failure_percentage) scope->tolerated_percentage = input.tolerated_failure_percentage;
  const State& state = state_of(*scope);
  const auto tolerated = failures_tolerated(*scope, state);
  if (!tolerated) {
    fail(*scope, tolerated.error());
  } else if (!*tolerated) {
    exceed_threshold(*scope, state);
  } else {
    start_iterations(*scope, scope->previous_event);
  }
  return StepOutcome::Applied;
}

void Stepper::fail_map_run(Scope& scope, const Failure& failure) {
  HistoryEvent failed = event(EventType::MapRunFailed);
  failed.has_error = failure.has_error;
  failed.has_cause = failure.has_cause;
  failed.error = failure.error;
  failed.cause = failure.cause;
  append_in(scope, std::move(failed));
  end_map_run(scope, ExecutionStatus::Failed);
  fail(scope, StateFailure{failure});
}

// An error in a field of the Map itself, after the run has begun.
void Stepper::fail_map_run_by(Scope& scope, const StateFailure& failure) {
  if (failure.failure.error == errors::kRuntime) return fail(scope, failure);
  fail_map_run(scope, failure.failure);
}

}  // namespace statelang::interpreter
