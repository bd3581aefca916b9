// What every action gets, and how it answers. One file for each family of actions; the table of all is in
// action_table.cpp.
#pragma once

#include <string>
#include <string_view>

#include <engine/api/aws/aws_api.h>
#include <statelang/value.h>

namespace engine::api::aws {

using statelang::Value;

struct AwsError {
  std::string type;
  std::string message;
  std::string reason;  // ValidationException only
};

struct Call {
  Engine& engine;
  const AwsSettings& settings;
  Value input;  // the request's members, checked against the action's constraints
  AwsApi::Respond respond;
  AwsApi::OnClose on_close;
  std::string trace_header;

  void succeed(const Value& output) const;
  void fail(const AwsError& error) const;
  void fail(const ApiError& error) const;

  // Members of the input (structure.member: of a structure's); missing or null: the default.
  std::string text(std::string_view member, std::string_view otherwise = "") const;
  int64_t integer(std::string_view member, int64_t otherwise) const;
  bool boolean(std::string_view member, bool otherwise) const;
  bool has(std::string_view member) const;
};

using Action = void (*)(const Call&);

// Epoch milliseconds as the protocol writes times: seconds with a fraction.
Value timestamp(int64_t epoch_ms);

AwsError invalid_arn(std::string_view message);
AwsError invalid_name(std::string_view name);

// AWS's rule for names of machines, executions, activities: 1 to 80 characters, none of the forbidden ones.
bool valid_name(std::string_view name);

// The families (state_machines.cpp, versions.cpp, aliases.cpp, executions.cpp, activities.cpp, tasks.cpp,
// tags.cpp).
void create_state_machine(const Call&);
void update_state_machine(const Call&);
void describe_state_machine(const Call&);
void describe_state_machine_for_execution(const Call&);
void delete_state_machine(const Call&);
void list_state_machines(const Call&);
void validate_state_machine_definition(const Call&);
void publish_state_machine_version(const Call&);
void delete_state_machine_version(const Call&);
void list_state_machine_versions(const Call&);
void create_state_machine_alias(const Call&);
void update_state_machine_alias(const Call&);
void describe_state_machine_alias(const Call&);
void delete_state_machine_alias(const Call&);
void list_state_machine_aliases(const Call&);
void test_state(const Call&);
void start_execution(const Call&);
void start_sync_execution(const Call&);
void stop_execution(const Call&);
void redrive_execution(const Call&);
void describe_execution(const Call&);
void list_executions(const Call&);
void get_execution_history(const Call&);
void describe_map_run(const Call&);
void list_map_runs(const Call&);
void update_map_run(const Call&);
void create_activity(const Call&);
void describe_activity(const Call&);
void delete_activity(const Call&);
void list_activities(const Call&);
void get_activity_task(const Call&);
void send_task_success(const Call&);
void send_task_failure(const Call&);
void send_task_heartbeat(const Call&);
void tag_resource(const Call&);
void untag_resource(const Call&);
void list_tags_for_resource(const Call&);

}  // namespace engine::api::aws
