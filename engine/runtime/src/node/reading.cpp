// Reads: whole commits, straight from the store.
#include <engine/core/queries.h>
#include <engine/core/redrive.h>

#include "node_engine.h"

namespace engine::runtime {

using core::ExecutionNumber;
using statelang::ExecutionStatus;
using statelang::Unexpected;

namespace {

ApiError unknown_execution(std::string_view arn) {
  return {ApiErrorCode::ExecutionDoesNotExist, "Execution Does Not Exist: '" + std::string(arn) + "'", {}};
}

ApiResult<core::StoredExecutionView> read_execution(const StoreReader& store, ExecutionNumber number,
                                                    std::string_view arn) {
  auto view = core::read_execution(store, number);
  if (!view) return Unexpected{api_error(view.error())};
  if (!*view) return Unexpected{unknown_execution(arn)};  // erased since its number was found
  return std::move(**view);
}

// Whoever starts an execution from a workflow by the API says so in its input, by AWS's convention.
std::string parent_named_in(const statelang::Payload& input) {
  constexpr std::string_view kMember = "AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID";
  if (input.text().find(kMember) == std::string::npos) return {};
  const statelang::Value* parent = input.value().find(kMember);
  return parent && parent->is_string() ? std::string(parent->as_string()) : std::string();
}

Execution to_execution(core::ExecutionFacts facts, const statelang::ExecutionState& state,
                       std::optional<core::ExecutionOutcome> outcome, statelang::Payload input,
                       int64_t now_ms) {
  Execution execution;
  const core::RedriveAnswer may = core::redrivability_of(state, facts, outcome ? outcome->stop_ms : 0,
                                                         statelang::StepLimits().history_events_max, now_ms);
  execution.redrive_status = to_string(may.redrivability);
  execution.redrive_status_reason = may.reason;
  execution.execution_arn = std::move(facts.execution_arn);
  execution.name = std::move(facts.name);
  execution.state_machine_arn = std::move(facts.state_machine_arn);
  execution.state_machine_version_arn = std::move(facts.state_machine_version_arn);
  execution.state_machine_alias_arn = std::move(facts.state_machine_alias_arn);
  execution.revision_id = std::move(facts.revision_id);
  execution.status = state.status;
  execution.start_ms = state.start_time_ms;
  execution.redrive_count = state.redrive_count;
  execution.redrive_ms = state.redrive_time_ms;
  execution.parent_execution_arn = std::move(facts.parent_execution_arn);
  execution.parent_task = std::move(facts.parent_task);
  execution.map_run_arn = std::move(facts.map_run_arn);
  execution.trace_header = std::move(facts.trace_header);
  if (execution.parent_execution_arn.empty()) execution.parent_execution_arn = parent_named_in(input);
  execution.input = std::move(input);
  if (!outcome) return execution;
  execution.stop_ms = outcome->stop_ms;
  if (outcome->status == ExecutionStatus::Succeeded) {
    execution.output = std::move(outcome->output);
  } else {
    if (outcome->failure.has_error) execution.error = std::move(outcome->failure.error);
    if (outcome->failure.has_cause) execution.cause = std::move(outcome->failure.cause);
  }
  return execution;
}

// LABEL of arn:aws:states:REGION:ACCOUNT:mapRun:NAME/LABEL:ID.
std::string label_in(std::string_view map_run_arn) {
  const size_t slash = map_run_arn.find('/');
  if (slash == std::string_view::npos) return {};
  return std::string(map_run_arn.substr(slash + 1, map_run_arn.rfind(':') - slash - 1));
}

}  // namespace

// What belongs to a state machine that is being deleted is not redriven.
Execution NodeEngine::unless_deleting(Execution execution) {
  if (execution.redrive_status != to_string(core::Redrivability::Redrivable) ||
      !is_being_deleted(execution.state_machine_arn))
    return execution;
  execution.redrive_status = to_string(core::Redrivability::NotRedrivable);
  execution.redrive_status_reason = kDeletingReason;
  return execution;
}

ApiResult<ExecutionNumber> NodeEngine::find_execution(std::string_view arn) {
  auto number = core::find_execution(reader(partition_of(arn)), arn);
  if (!number) return Unexpected{api_error(number.error())};
  if (!*number) return Unexpected{unknown_execution(arn)};
  return **number;
}

ApiResult<Execution> NodeEngine::describe_execution(std::string_view arn) {
  const auto number = find_execution(arn);
  if (!number) return Unexpected{number.error()};
  return describe_execution(arn, *number);
}

ApiResult<Execution> NodeEngine::describe_execution(std::string_view arn, ExecutionNumber number) {
  const StoreReader& store = reader(partition_of(arn));
  auto view = read_execution(store, number, arn);
  if (!view) return Unexpected{view.error()};
  if (!view->input) {
    auto input = core::read_input(store, number);
    if (!input) return Unexpected{api_error(input.error())};
    view->input = std::move(*input);
  }
  return unless_deleting(to_execution(std::move(view->facts), view->state, std::move(view->outcome),
                                      std::move(*view->input), now_ms()));
}

ApiResult<Execution> NodeEngine::describe_ended(std::string_view arn, ExecutionNumber number,
                                                const ExecutionWatchers::Seen& seen) {
  if (!seen.end || seen.execution != number) return describe_execution(arn, number);
  const core::EndedExecution& end = *seen.end;
  if (end.input)
    return unless_deleting(to_execution(*end.facts, end.state, end.outcome, *end.input, now_ms()));
  auto input = core::read_input(reader(partition_of(arn)), number);
  if (!input) return Unexpected{api_error(input.error())};
  return unless_deleting(to_execution(*end.facts, end.state, end.outcome, std::move(*input), now_ms()));
}

ApiResult<StateMachine> NodeEngine::describe_state_machine_for_execution(std::string_view execution_arn) {
  const StoreReader& store = reader(partition_of(execution_arn));
  const auto number = find_execution(execution_arn);
  if (!number) return Unexpected{number.error()};
  auto view = read_execution(store, *number, execution_arn);
  if (!view) return Unexpected{view.error()};
  auto revision = core::read_definition(store, view->facts.revision_id);
  if (!revision) return Unexpected{api_error(revision.error())};
  if (!*revision) return Unexpected{unknown_execution(execution_arn)};
  StateMachine machine;
  machine.arn = (*revision)->state_machine_arn;
  machine.name = (*revision)->state_machine_name;
  machine.type = (*revision)->type;
  machine.definition = std::move((*revision)->definition);
  machine.role_arn = (*revision)->role_arn;
  machine.revision_id = (*revision)->revision_id;
  if (view->facts.is_child()) {
    machine.map_run_arn = view->facts.map_run_arn;
    machine.label = label_in(machine.map_run_arn);
  }
  // The revision with its date and configuration: the one in force, or one that was kept when it was
  // replaced.
  const auto in_force = find_machine(machine.arn);
  std::optional<StateMachine> as_it_was;
  if (in_force && (*in_force)->revision_id == machine.revision_id) {
    as_it_was = **in_force;
  } else {
    auto kept = catalog_entry(revision_keys_of(machine.arn) + machine.revision_id);
    if (!kept) return Unexpected{kept.error()};
    if (*kept) as_it_was = read_state_machine(**kept);
  }
  if (as_it_was) {
    machine.initial_revision = as_it_was->initial_revision;
    machine.created_ms = as_it_was->created_ms;
    machine.updated_ms = as_it_was->updated_ms;
    machine.configuration = as_it_was->configuration;
  } else {  // deleted with its state machine: it is known only that it was in force when the execution began
    machine.initial_revision = false;
    machine.created_ms = machine.updated_ms = view->state.start_time_ms;
  }
  return machine;
}

ApiResult<std::vector<statelang::HistoryEvent>> NodeEngine::history(const HistoryRequest& request) {
  const StoreReader& store = reader(partition_of(request.execution_arn));
  auto number = core::find_execution(store, request.execution_arn);
  if (!number) return Unexpected{api_error(number.error())};
  if (!*number) return Unexpected{unknown_execution(request.execution_arn)};
  auto events = core::read_history(store, **number, request.after_id, request.reverse, request.limit);
  if (!events) return Unexpected{api_error(events.error())};
  return std::move(*events);
}

ApiResult<bool> NodeEngine::has_history_after(std::string_view arn, statelang::EventId after_id) {
  const auto number = find_execution(arn);
  if (!number) return Unexpected{number.error()};
  auto view = read_execution(reader(partition_of(arn)), *number, arn);
  if (!view) return Unexpected{view.error()};
  return view->state.next_event_id > after_id + 1 || view->state.status != ExecutionStatus::Running;
}

ApiResult<core::MapRun> NodeEngine::describe_map_run(std::string_view map_run_arn) {
  auto run = core::read_map_run(reader(partition_of(map_run_arn)), map_run_arn);
  if (!run) return Unexpected{api_error(run.error())};
  if (!*run) {
    return Unexpected{ApiError{
        ApiErrorCode::MapRunDoesNotExist, "Map Run Does Not Exist: '" + std::string(map_run_arn) + "'", {}}};
  }
  return std::move(**run);
}

ApiResult<std::vector<core::MapRun>> NodeEngine::list_map_runs(std::string_view execution_arn) {
  const auto number = find_execution(execution_arn);
  if (!number) return Unexpected{number.error()};
  auto runs = core::list_map_runs(reader(partition_of(execution_arn)), execution_arn);
  if (!runs) return Unexpected{api_error(runs.error())};
  return std::move(*runs);
}

}  // namespace engine::runtime
