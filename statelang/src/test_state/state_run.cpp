#include "state_run.h"

#include <cmath>

#include <statelang/map_run/item_parser.h>
#include <statelang/timestamps/timestamp.h>

namespace statelang::test_state {
namespace {

using interpreter::StateFailure;
using interpreter::StepRandom;

// Every iteration's input may be made from all of the Map's: above this many bytes looked at, the Map is
// refused.
constexpr uint64_t kSelectedBytesMax = uint64_t{1} << 30;

// The context object answers for the token.
class NoTokens : public TaskTokens {
 public:
  std::string token(ScopeId, uint32_t) const override { return {}; }
};

bool may_retry(const State& state) {
  return state.type == StateType::Task || state.type == StateType::Parallel || state.type == StateType::Map;
}

// Of the first iteration, then: nothing else is known of the Map around.
bool inside_map(const State& state) {
  return state.pointer.find("/ItemProcessor/") != std::string::npos ||
         state.pointer.find("/Iterator/") != std::string::npos;
}

// As AWS fills it where the caller gives none: an Express execution with names made up.
Value made_context(const State& state, const Request& request) {
  StepRandom random(request.random_seed);
  const std::string machine = random.uuid(), name = random.uuid();
  const std::string arn = "arn:aws:states:" + request.region + ":" + request.account + ":";
  const std::string now = timestamps::format_epoch_ms(request.now_ms);
  auto input = parse_json(request.input);
  Value execution = Value::object({{"Id", arn + "express:" + machine + ":" + name},
                                   {"Input", input ? std::move(*input) : Value::object()},
                                   {"StartTime", now},
                                   {"Name", name}});
  if (!request.role_arn.empty()) execution.set("RoleArn", request.role_arn);
  Value entered = Value::object({{"Name", state.name}, {"EnteredTime", now}});
  if (may_retry(state)) {
    entered.set("RetryCount", request.configuration.retrier_retry_count.value_or(0));
  }
  Value context = Value::object(
      {{"Execution", std::move(execution)},
       {"StateMachine", Value::object({{"Id", arn + "stateMachine:" + machine}, {"Name", machine}})},
       {"State", std::move(entered)}});
  const auto* task = std::get_if<TaskFields>(&state.fields);
  const bool waits = task && (task->resource.pattern != IntegrationPattern::RequestResponse ||
                              task->resource.kind == ResourceKind::Activity);
  if (waits) context.set("Task", Value::object({{"Token", random.uuid()}}));
  if (inside_map(state)) {
    const Value item = *context.find("Execution")->find("Input");
    context.set("Map", Value::object({{"Item", Value::object({{"Index", 0}, {"Value", item}})}}));
  }
  return context;
}

Value context_of(const State& state, const Request& request) {
  if (request.context) {
    if (auto given = parse_json(*request.context)) return std::move(*given);
  }
  return made_context(state, request);
}

ExecutionInfo info_of(const Request& request) {
  ExecutionInfo info;
  info.role_arn = request.role_arn;
  info.region = request.region;
  info.account = request.account;
  return info;
}

// Whether AWS shows this step for this state (recorded answers): a Pass with a Result never looks at its
// input, a mocked Parallel neither, and the states without a result of their own end with InputPath.
bool is_shown(const State& state, interpreter::Inspector::Point point) {
  using enum interpreter::Inspector::Point;
  const bool before = point == AfterInputPath || point == AfterParameters || point == AfterArguments;
  switch (state.type) {
    case StateType::Task:
      return true;
    case StateType::Pass:
      return !before || (!state.as<PassFields>().result && !state.is_jsonata());
    case StateType::Parallel:
      return point == AfterResultSelector || point == AfterResultPath;
    case StateType::Map:
      return point == AfterInputPath || point == AfterResultSelector || point == AfterResultPath;
    default:
      return point == AfterInputPath;
  }
}

const char* name_of(interpreter::Inspector::Point point) {
  using enum interpreter::Inspector::Point;
  switch (point) {
    case AfterInputPath:
      return "afterInputPath";
    case AfterParameters:
      return "afterParameters";
    case AfterArguments:
      return "afterArguments";
    case Result:
      return "result";
    case AfterResultSelector:
      return "afterResultSelector";
    case AfterResultPath:
      return "afterResultPath";
  }
  return "";
}

}  // namespace

Inspecting::Inspecting(const State& state, const Request& request)
    : state_(state), context_(context_of(state, request)) {
  note("input", Payload::from_text(request.input));
}

void Inspecting::saw(Point point, const Payload& payload) {
  if (!is_shown(state_, point)) return;
  // A Map looks at its own input again for each item.
  for (const auto& [name, known] : inspection_.data) {
    if (name == name_of(point)) return;
  }
  note(name_of(point), payload);
}

void Inspecting::retrying(size_t retrier, double seconds) {
  inspection_.retry_index = static_cast<int64_t>(retrier);
  inspection_.retry_backoff_seconds = static_cast<int64_t>(std::llround(seconds));
}

StateRun::StateRun(const Definition& definition, const State& state, const Request& request)
    : definition_(definition),
      state_(state),
      request_(request),
      storage_(Payload::from_text(request.input)),
      info_(info_of(request)),
      tokens_(std::make_unique<NoTokens>()),
      inspecting_(state, request),
      context_{definition_, info_, *tokens_, request.now_ms, request.random_seed, false, {}},
      stepper_(context_, storage_, effects_) {
  stepper_.inspector_ = &inspecting_;
  stepper_.now_ms_ = request.now_ms;
}

Expected<Result, Refusal> StateRun::run() {
  storage_.execution().start_time_ms = request_.now_ms;
  Scope& scope = storage_.create_scope(ScopeId::Root);
  scope.kind = ScopeKind::Root;
  scope.state = state_.index;
  scope.input = Payload::from_text(request_.input);
  // Above 0 the state is entered as for a retry: the counts stay.
  scope.retry_count = static_cast<uint32_t>(request_.configuration.retrier_retry_count.value_or(0));
  scope.retrier_attempts.assign(state_.retriers.size(), scope.retry_count);
  if (request_.variables) {
    if (auto variables = parse_json(*request_.variables)) {
      storage_.set_variables(ScopeId::Root, std::move(*variables));
    }
  }
  switch (state_.type) {
    case StateType::Task:
      run_task();
      break;
    case StateType::Map:
      run_map();
      break;
    case StateType::Parallel:
      run_parallel();
      break;
    case StateType::Wait:
      run_wait();
      break;
    case StateType::Fail:
      if (!state_.is_jsonata()) inspecting_.note("afterInputPath", scope.input);
      stepper_.enter(scope);
      break;
    default:
      stepper_.enter(scope);
  }
  if (refusal_) return Unexpected{std::move(*refusal_)};
  return result();
}

void StateRun::run_task() {
  stepper_.enter(scope());
  const Scope* scope = storage_.find_scope(ScopeId::Root);
  if (!scope || scope->phase != ScopePhase::WaitingForTask) return;
  if (!request_.mock && !request_.answer) return ask_for_answer();
  TaskAnswer answer;
  if (request_.answer) {
    answer = *request_.answer;
    inspecting_.inspection().http = answer.http;
  } else {
    if (request_.mock->result) answer.output = Payload::from_text(*request_.mock->result);
    if (request_.mock->error_output) answer.failure = *request_.mock->error_output;
  }
  if (answer.output) {
    stepper_.on(TaskSucceeded{scope->id, scope->attempt, *answer.output, {}, 0});
  } else {
    stepper_.on(TaskFailed{scope->id, scope->attempt, answer.failure, {}, 0});
  }
}

void StateRun::ask_for_answer() {
  const std::string& resource = state_.as<TaskFields>().resource.text;
  refusal_ = Refusal{Refusal::Kind::Validation,
                     "TestState does not call '" + resource +
                         "' here: specify a mock with the result or the error of the task.",
                     {}};
  for (const Effect& effect : effects_) {
    const auto* task = std::get_if<ScheduleTask>(&effect);
    if (task) refusal_->task = TaskCall{resource, task->input, task->timeout_ms, task->heartbeat_ms};
  }
}

void StateRun::run_wait() {
  stepper_.enter(scope());
  const Scope* scope = storage_.find_scope(ScopeId::Root);
  if (!scope || scope->phase != ScopePhase::WaitingForTimer) return;
  stepper_.now_ms_ = scope->timeout_due_ms;
  stepper_.on(TimerFired{TimerKind::Wait, scope->id, scope->attempt});
}

// What became of the branches or iterations: the mock.
void StateRun::answer_fan_out() {
  const Mock& mock = *request_.mock;
  if (!mock.result) return fail(StateFailure{*mock.error_output});
  stepper_.complete_work(scope(), state_, Payload::from_text(*mock.result));
}

void StateRun::run_parallel() {
  // AWS does not look at the input of a mocked Parallel.
  answer_fan_out();
}

void StateRun::run_map() {
  const auto items = map_items();
  if (inspecting_.has_failed() || !note_limits()) return;
  size_t iterations = request_.mock->result ? parse_json(*request_.mock->result)->size() : SIZE_MAX;
  if (items && !make_iterations(*items, iterations)) return;
  const int64_t failures = request_.configuration.map_iteration_failure_count.value_or(0);
  if (static_cast<uint64_t>(failures) > iterations) {
    refusal_ =
        Refusal{Refusal::Kind::Validation,
                "Map iteration failure count must be less than or equal to the number of Map iterations",
                {}};
    return;
  }
  if (request_.mock->result && too_many_failed(iterations)) {
    return fail(StateFailure{{std::string(errors::kExceedToleratedFailureThreshold),
                              "The specified tolerated failure threshold was exceeded"}});
  }
  answer_fan_out();
}

std::optional<Array> StateRun::map_items() {
  const auto& fields = state_.as<MapFields>();
  auto effective = stepper_.effective_input(scope(), state_);
  if (!effective) return fail(effective.error()), std::nullopt;
  if (!fields.item_reader) {
    auto items = stepper_.map_items(scope(), state_, effective->value());
    if (!items) return fail(items.error()), std::nullopt;
    if (!state_.is_jsonata()) inspecting_.note("afterItemsPath", Payload::from_value(*items));
    scope().items_are_members = items->is_object();
    return interpreter::Stepper::item_list(*items);
  }
  auto request = stepper_.item_request(scope(), *fields.item_reader, effective->value());
  if (!request) return fail(request.error()), std::nullopt;
  const auto& data = request_.configuration.map_item_reader_data;
  if (!data) return std::nullopt;
  auto read = map_run::parse_items(*data, request->config, request->items_max);
  if (!read) return fail(StateFailure{read.error()}), std::nullopt;
  if (request->config.find("ItemsPointer")) {
    inspecting_.note("afterItemsPointer", Payload::from_value(Value(*read)));
  }
  return std::move(*read);
}

// The inputs of the iterations, where something makes them of the items. False: the Map has failed.
bool StateRun::make_iterations(const Array& items, size_t& iterations) {
  const auto& fields = state_.as<MapFields>();
  iterations = items.size();
  const bool selects = fields.item_selector || fields.item_batcher;
  if (selects && items.size() * scope().input.size_bytes() > kSelectedBytesMax) {
    refusal_ = Refusal{Refusal::Kind::Validation,
                       "TestState does not make the inputs of " + std::to_string(items.size()) +
                           " iterations from an input of " + std::to_string(scope().input.size_bytes()) +
                           " bytes: test the Map with fewer items.",
                       {}};
    return false;
  }
  if (fields.item_selector) {
    Array selected;
    for (uint32_t i = 0; i < items.size(); ++i) {
      const Value map_item = interpreter::Stepper::map_item_of(scope(), items[i], i);
      auto input = stepper_.selected_item(scope(), state_, map_item);
      if (!input) return fail(input.error()), false;
      selected.push_back(std::move(*input));
    }
    inspecting_.note("afterItemSelector", Payload::from_value(Value(std::move(selected))));
  }
  if (fields.item_batcher) {
    auto batches = stepper_.make_batches(scope(), state_, items);
    if (!batches) return fail(batches.error()), false;
    iterations = batches->size();
    inspecting_.note("afterItemBatcher", Payload::from_value(Value(std::move(*batches))));
  }
  return true;
}

bool StateRun::note_limits() {
  Inspection& inspection = inspecting_.inspection();
  auto concurrency = stepper_.map_concurrency(scope(), state_, scope().input.value());
  if (!concurrency) return fail(concurrency.error()), false;
  inspection.max_concurrency = *concurrency;
  auto count = stepper_.tolerated_count(scope(), state_);
  if (!count) return fail(count.error()), false;
  inspection.tolerated_failure_count = *count;
  auto percentage = stepper_.tolerated_percentage(scope(), state_);
  if (!percentage) return fail(percentage.error()), false;
  inspection.tolerated_failure_percentage = *percentage;
  return true;
}

// As AWS counts here, a Map that tolerates nothing by name is not held to it.
bool StateRun::too_many_failed(size_t iterations) const {
  const Inspection& inspection = inspecting_.inspection();
  const auto failed = static_cast<double>(request_.configuration.map_iteration_failure_count.value_or(0));
  const auto& count = inspection.tolerated_failure_count;
  const auto& percentage = inspection.tolerated_failure_percentage;
  return (count && failed > static_cast<double>(*count)) ||
         (percentage && failed * 100.0 > *percentage * static_cast<double>(iterations));
}

Result StateRun::result() {
  Result out;
  const FinishExecution* end = nullptr;
  for (const Effect& effect : effects_) {
    if (const auto* finish = std::get_if<FinishExecution>(&effect)) end = finish;
  }
  if (end) {
    read_end(out, *end);
  } else {
    read_left(out);
  }
  if (Value variables = storage_.last_variables(); variables.size() > 0) {
    inspecting_.note("variables", Payload::from_value(std::move(variables)));
  }
  out.inspection = std::move(inspecting_.inspection());
  return out;
}

// The state was the last of the execution, or nothing handled its failure.
void StateRun::read_end(Result& out, const FinishExecution& end) {
  if (end.status == ExecutionStatus::Succeeded) {
    out.status = Status::Succeeded;
    out.output = end.output;
    return;
  }
  inspecting_.inspection().catch_index.reset();  // a catcher that itself fails has handled nothing
  if (end.failure.has_error) out.error = end.failure.error;
  if (end.failure.has_cause) out.cause = end.failure.cause;
}

void StateRun::read_left(Result& out) {
  const Scope& left = scope();
  const bool retried = left.phase == ScopePhase::WaitingForRetry;
  const bool caught = inspecting_.inspection().catch_index.has_value();
  out.status = retried ? Status::Retriable : caught ? Status::CaughtError : Status::Succeeded;
  if (retried || caught) {
    const Failure& failure = inspecting_.failure();
    if (failure.has_error) out.error = failure.error;
    if (failure.has_cause) out.cause = failure.cause;
  }
  if (retried) return;
  out.output = left.input;
  out.next_state = definition_.state(left.state).name;
}

}  // namespace statelang::test_state
