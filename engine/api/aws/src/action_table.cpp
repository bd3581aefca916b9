// Every action of the service that is here: its name, its function and its input members with the constraints
// of the service model (names and bounds are the model's: tests/sdk/constraints_test.py breaks each of them).
#include "action_table.h"

namespace engine::api::aws {
namespace {

using enum MemberType;

constexpr int64_t kDefinitionMax = 1048576;
constexpr int64_t kDataMax = kInputBytesMax;
constexpr std::string_view kTypes = "[STANDARD, EXPRESS]";
constexpr std::string_view kIncludedData = "[METADATA_ONLY, ALL_DATA]";

// What the action acts on.
Member arn(std::string_view name, int64_t max = 256, bool required = true) {
  return {name, String, required, 1, max, {}, true};
}
Member name_of(bool required) {
  return {"name", String, required, 1, 80};
}
Member max_results(int64_t max = 1000) {
  return {"maxResults", Integer, false, 0, max};
}
Member next_token(int64_t max = 1024) {
  return {"nextToken", String, false, 1, max};
}
Member token() {
  return {"taskToken", String, true, 1, 2048};
}
Member included_data() {
  return {"includedData", String, false, -1, -1, kIncludedData};
}

std::vector<Member> with_tags(std::vector<Member> members, bool required = false) {
  members.insert(members.end(), {{"tags", List, required},
                                 {"tags[].key", String, false, 1, 128},
                                 {"tags[].value", String, false, 0, 256}});
  return members;
}

// Between which versions an alias divides executions.
std::vector<Member> with_routes(std::vector<Member> members, bool required) {
  Member list{"routingConfiguration", List, required, 1, 2};
  list.element_shape = "RoutingConfigurationListItem";
  members.insert(members.end(), {list,
                                 {"routingConfiguration[].stateMachineVersionArn", String, true, 1, 256},
                                 {"routingConfiguration[].weight", Integer, true, 0, 100}});
  return members;
}

void add_encryption(std::vector<Member>& members) {
  members.insert(
      members.end(),
      {{"encryptionConfiguration", Structure},
       {"encryptionConfiguration.kmsKeyId", String, false, 1, 2048},
       {"encryptionConfiguration.kmsDataKeyReusePeriodSeconds", Integer, false, 60, 900},
       {"encryptionConfiguration.type", String, true, -1, -1, "[AWS_OWNED_KEY, CUSTOMER_MANAGED_KMS_KEY]"}});
}

std::vector<Member> with_encryption(std::vector<Member> members) {
  add_encryption(members);
  return members;
}

// The structures that state machines are configured by, and what is in them.
std::vector<Member> with_configuration(std::vector<Member> members) {
  members.insert(
      members.end(),
      {{"loggingConfiguration", Structure},
       {"loggingConfiguration.level", String, false, -1, -1, "[ALL, ERROR, FATAL, OFF]"},
       {"loggingConfiguration.includeExecutionData", Boolean},
       {"loggingConfiguration.destinations", List},
       {"loggingConfiguration.destinations[].cloudWatchLogsLogGroup", Structure},
       {"loggingConfiguration.destinations[].cloudWatchLogsLogGroup.logGroupArn", String, false, 1, 256},
       {"tracingConfiguration", Structure},
       {"tracingConfiguration.enabled", Boolean}});
  add_encryption(members);
  return members;
}

std::vector<ActionEntry> make_table() {
  return {
      {"CreateActivity", create_activity, with_encryption(with_tags({name_of(true)}))},
      {"CreateStateMachine", create_state_machine,
       with_tags(with_configuration({name_of(true),
                                     {"definition", String, true, 1, kDefinitionMax},
                                     {"roleArn", String, true, 1, 256},
                                     {"type", String, false, -1, -1, kTypes},
                                     {"publish", Boolean},
                                     {"versionDescription", String, false, -1, 256}}))},
      {"CreateStateMachineAlias", create_state_machine_alias,
       with_routes(
           {{"description", String, false, 0, 256}, {"name", String, true, 1, 80, {}, false, {}, kAliasName}},
           true)},
      {"DeleteActivity", delete_activity, {arn("activityArn")}},
      {"DeleteStateMachine", delete_state_machine, {arn("stateMachineArn")}},
      {"DeleteStateMachineAlias", delete_state_machine_alias, {arn("stateMachineAliasArn")}},
      {"DeleteStateMachineVersion", delete_state_machine_version, {arn("stateMachineVersionArn", 2000)}},
      {"DescribeActivity", describe_activity, {arn("activityArn")}},
      {"DescribeExecution", describe_execution, {arn("executionArn"), included_data()}},
      {"DescribeMapRun", describe_map_run, {arn("mapRunArn", 2000)}},
      {"DescribeStateMachine", describe_state_machine, {arn("stateMachineArn"), included_data()}},
      {"DescribeStateMachineAlias", describe_state_machine_alias, {arn("stateMachineAliasArn")}},
      {"DescribeStateMachineForExecution",
       describe_state_machine_for_execution,
       {arn("executionArn"), included_data()}},
      {"GetActivityTask", get_activity_task, {arn("activityArn"), {"workerName", String, false, 1, 80}}},
      {"GetExecutionHistory",
       get_execution_history,
       {arn("executionArn"),
        max_results(),
        {"reverseOrder", Boolean},
        next_token(),
        {"includeExecutionData", Boolean}}},
      {"ListActivities", list_activities, {max_results(), next_token()}},
      {"ListExecutions",
       list_executions,
       {arn("stateMachineArn", 256, false),
        {"statusFilter", String, false, -1, -1,
         "[SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]"},
        max_results(),
        next_token(3096),
        arn("mapRunArn", 2000, false),
        {"redriveFilter", String, false, -1, -1, "[REDRIVEN, NOT_REDRIVEN]"}}},
      {"ListMapRuns", list_map_runs, {arn("executionArn"), max_results(), next_token()}},
      {"ListStateMachineAliases",
       list_state_machine_aliases,
       {arn("stateMachineArn"), next_token(), max_results()}},
      {"ListStateMachineVersions",
       list_state_machine_versions,
       {arn("stateMachineArn"), next_token(), max_results()}},
      {"ListStateMachines", list_state_machines, {max_results(), next_token()}},
      {"ListTagsForResource", list_tags_for_resource, {arn("resourceArn")}},
      {"PublishStateMachineVersion",
       publish_state_machine_version,
       {arn("stateMachineArn"), {"revisionId", String}, {"description", String, false, 0, 256}}},
      {"RedriveExecution",
       redrive_execution,
       {arn("executionArn"), {"clientToken", String, false, 1, 64, {}, false, {}, kVisible}}},
      {"SendTaskFailure",
       send_task_failure,
       {token(), {"error", String, false, 0, 256}, {"cause", String, false, 0, 32768}}},
      {"SendTaskHeartbeat", send_task_heartbeat, {token()}},
      {"SendTaskSuccess", send_task_success, {token(), {"output", String, true, -1, kDataMax}}},
      {"StartExecution",
       start_execution,
       {arn("stateMachineArn"),
        name_of(false),
        {"input", String, false, -1, kDataMax},
        {"traceHeader", String, false, 0, 256, {}, false, {}, kAscii}}},
      {"StartSyncExecution",
       start_sync_execution,
       {arn("stateMachineArn"),
        name_of(false),
        {"input", String, false, -1, kDataMax},
        {"traceHeader", String, false, 0, 256, {}, false, {}, kAscii},
        included_data()}},
      {"StopExecution",
       stop_execution,
       {arn("executionArn"), {"error", String, false, 0, 256}, {"cause", String, false, 0, 32768}}},
      {"TagResource", tag_resource, with_tags({arn("resourceArn")}, true)},
      {"TestState",
       test_state,
       {{"definition", String, true, 1, kDefinitionMax},
        {"roleArn", String, false, 1, 256},
        {"input", String, false, -1, kDataMax},
        {"inspectionLevel", String, false, -1, -1, "[INFO, DEBUG, TRACE]"},
        {"revealSecrets", Boolean},
        {"variables", String, false, -1, kDataMax},
        {"stateName", String, false, 1, 80},
        {"mock", Structure},
        {"mock.result", String, false, -1, kDataMax},
        {"mock.errorOutput", Structure},
        {"mock.errorOutput.error", String, false, 0, 256},
        {"mock.errorOutput.cause", String, false, 0, 32768},
        {"mock.fieldValidationMode", String, false, -1, -1, "[STRICT, PRESENT, NONE]"},
        {"context", String, false, -1, kDataMax},
        {"stateConfiguration", Structure},
        {"stateConfiguration.retrierRetryCount", Integer, false, 0},
        {"stateConfiguration.errorCausedByState", String, false, 1, 80},
        {"stateConfiguration.mapIterationFailureCount", Integer, false, 0},
        {"stateConfiguration.mapItemReaderData", String, false, -1, kDataMax}}},
      {"UntagResource",
       untag_resource,
       {arn("resourceArn"), {"tagKeys", List, true}, {"tagKeys[]", String, false, 1, 128}}},
      {"UpdateMapRun",
       update_map_run,
       {arn("mapRunArn", 2000),
        {"maxConcurrency", Integer, false, 0},
        {"toleratedFailurePercentage", Float, false, 0, 100},
        {"toleratedFailureCount", Integer, false, 0}}},
      {"UpdateStateMachine", update_state_machine,
       with_configuration({arn("stateMachineArn"),
                           {"definition", String, false, 1, kDefinitionMax},
                           {"roleArn", String, false, 1, 256},
                           {"publish", Boolean},
                           {"versionDescription", String, false, -1, 256}})},
      {"UpdateStateMachineAlias", update_state_machine_alias,
       with_routes({arn("stateMachineAliasArn"), {"description", String, false, 0, 256}}, false)},
      {"ValidateStateMachineDefinition",
       validate_state_machine_definition,
       {{"definition", String, true, 1, kDefinitionMax},
        {"type", String, false, -1, -1, kTypes},
        {"severity", String, false, -1, -1, "[ERROR, WARNING]"},
        max_results(100)}},
  };
}

}  // namespace

const std::vector<ActionEntry>& action_table() {
  static const std::vector<ActionEntry> table = make_table();
  return table;
}

}  // namespace engine::api::aws
