#include <engine/api/rest/needs.h>
#include <statelang/value.h>

#include "answers.h"
#include "body_reader.h"

namespace engine::rest {
namespace {

using auth::Need;
using Needs = std::vector<Need>;

constexpr size_t kTextBytesMax = 4096;
constexpr std::string_view kMachineType = "stateMachine:";

// One request, and the names of what it may act on.
class Subject {
 public:
  Subject(const Engine& engine, const http::Request& request) : engine_(engine), request_(request) {}

  // "arn:aws:states:REGION:ACCOUNT:" and `rest`.
  std::string in_account(std::string_view rest) const {
    std::string arn = engine_.state_machine_arn("");
    arn.resize(arn.size() - kMachineType.size());
    return arn.append(rest);
  }
  // What is no ARN and no name names nothing: the handler refuses it, and only who may do everything learns
  // how.
  std::string arn_or_all(std::string arn) const {
    return auth::account_of(arn).empty() ? in_account("*") : auth::resource_of(arn);
  }
  std::string machine(std::string_view name_or_arn) const {
    return name_or_arn.empty() ? in_account("*") : arn_or_all(machine_arn(engine_, name_or_arn));
  }
  std::string path_machine() const { return machine(request_.parameter("state_machine")); }
  std::string path_execution() const {
    return arn_or_all(execution_arn(engine_, request_.parameter("execution")).value_or(""));
  }
  std::string path_map_run() const { return arn_or_all(request_.parameter("map_run")); }
  std::string path_named(std::string_view type, std::string_view parameter) const {
    return in_account(std::string(type) + ":" + request_.parameter(parameter));
  }
  const Engine& engine() const { return engine_; }
  const http::Request& request() const { return request_; }

 private:
  const Engine& engine_;
  const http::Request& request_;
};

Needs one(std::string_view action, std::string resource) {
  return {Need{"states:" + std::string(action), {std::move(resource)}}};
}

Needs two(std::string_view first, std::string_view second, const std::string& resource) {
  return {Need{"states:" + std::string(first), {resource}},
          Need{"states:" + std::string(second), {resource}}};
}

Needs create_machine(const Subject& subject) {
  BodyReader body(subject.request().body());
  const std::string name = body.text("name", kTextBytesMax);
  return one("CreateStateMachine", name.empty()
                                       ? subject.in_account("*")
                                       : auth::resource_of(subject.engine().state_machine_arn(name)));
}

// Who waits for the end sees the output, as with StartSyncExecution.
Needs start_execution(const Subject& subject) {
  BodyReader body(subject.request().body());
  const std::string resource = subject.machine(body.text("state_machine", kTextBytesMax));
  return body.has("wait_seconds") ? two("StartExecution", "StartSyncExecution", resource)
                                  : one("StartExecution", resource);
}

Needs list_executions(const Subject& subject) {
  Need need{"states:ListExecutions", {}};
  const auto machine = subject.request().query("state_machine"), run = subject.request().query("map_run");
  if (machine && !machine->empty()) need.resources.push_back(subject.machine(*machine));
  if (run && !run->empty()) need.resources.push_back(subject.arn_or_all(*run));
  if (need.resources.empty()) need.resources.push_back(subject.in_account("stateMachine:*"));
  return {std::move(need)};
}

// Tokens prove that a task was given to their holder; they name no resource that a caller chose.
Needs report_tasks(const Subject& subject) {
  return two("SendTaskSuccess", "SendTaskFailure", subject.in_account("task:*"));
}

Needs poll_tasks(const Subject& subject) {
  BodyReader body(subject.request().body());
  const std::string queue = body.text("queue", kTextBytesMax);
  const bool is_arn = queue.starts_with("arn:");  // an activity, or a function
  Needs needs = one("PollTasks", queue.empty() ? subject.in_account("*")
                                               : (is_arn ? subject.arn_or_all(queue)
                                                         : subject.in_account("queue:" + queue)));
  if (body.has("holding")) needs.push_back(one("SendTaskHeartbeat", subject.in_account("task:*")).front());
  if (body.has("results")) {
    for (Need& need : report_tasks(subject)) needs.push_back(std::move(need));
  }
  return needs;
}

// What connections add to calls is shown to whom it is meant for.
Needs test_state(const Subject& subject) {
  BodyReader body(subject.request().body());
  const bool reveals = body.boolean("reveal_secrets", false);
  return reveals ? two("TestState", "RevealSecrets", subject.in_account("*"))
                 : one("TestState", subject.in_account("*"));
}

// Of the state machine that the document in the body names; nothing: it names none.
std::optional<Need> start_named(const Subject& subject, std::string_view member) {
  const auto document =
      statelang::parse_json(subject.request().body(), {.depth_max = 100, .refuse_duplicate_keys = true});
  const bool read = document && document->is_object();
  const statelang::Value* machine = read ? document->find(member) : nullptr;
  if (read && !machine) return std::nullopt;
  const std::string name(machine && machine->is_string() ? machine->as_string() : "");
  return one("StartExecution", subject.machine(name)).front();
}

// A trigger starts its state machine for whoever sends events: who puts it in place must be allowed to.
Needs put_trigger(const Subject& subject) {
  Needs needs = one("PutTrigger", subject.path_named("trigger", "trigger"));
  if (auto start = start_named(subject, "state_machine")) needs.push_back(std::move(*start));
  return needs;
}

// A sink carries away what executions of the whole account do.
Needs put_sink(const Subject& subject) {
  Needs needs = one("PutSink", subject.path_named("sink", "sink"));
  needs.push_back(one("GetExecutionHistory", subject.in_account("execution:*")).front());
  if (auto start = start_named(subject, "StateMachine")) needs.push_back(std::move(*start));
  return needs;
}

// Logs are kept by the name at an ARN's end: one that goes on behind the name is nobody's.
Needs read_logs(const Subject& subject) {
  const std::string machine = subject.request().query("machine").value_or("");
  const std::string execution = subject.request().query("execution").value_or("");
  Need need{"states:GetLogs", {}};
  if (!machine.empty()) {
    const std::string arn = machine_arn(subject.engine(), machine);
    need.resources.push_back(subject.machine(machine) == arn ? arn : subject.in_account("*"));
  }
  if (!execution.empty())
    need.resources.push_back(subject.arn_or_all(execution_arn(subject.engine(), execution).value_or("")));
  if (need.resources.empty()) need.resources.push_back(subject.in_account("stateMachine:*"));
  return {std::move(need)};
}

struct Entry {
  http::Method method;
  std::string_view path;
  Needs (*needs)(const Subject&);
};

using enum http::Method;
using S = const Subject&;

const Entry kEntries[] = {
    {Get, "/v1/state-machines", [](S s) { return one("ListStateMachines", s.in_account("stateMachine:*")); }},
    {Post, "/v1/state-machines", create_machine},
    {Get, "/v1/state-machines/{state_machine}",
     [](S s) { return one("DescribeStateMachine", s.path_machine()); }},
    {Put, "/v1/state-machines/{state_machine}",
     [](S s) { return two("CreateStateMachine", "UpdateStateMachine", s.path_machine()); }},
    {Delete, "/v1/state-machines/{state_machine}",
     [](S s) { return one("DeleteStateMachine", s.path_machine()); }},
    {Get, "/v1/state-machines/{state_machine}/versions",
     [](S s) { return one("ListStateMachineVersions", s.path_machine()); }},
    {Post, "/v1/state-machines/{state_machine}/versions",
     [](S s) { return one("PublishStateMachineVersion", s.path_machine()); }},
    {Delete, "/v1/state-machines/{state_machine}/versions/{version}",
     [](S s) { return one("DeleteStateMachineVersion", s.path_machine()); }},
    {Get, "/v1/state-machines/{state_machine}/aliases",
     [](S s) { return one("ListStateMachineAliases", s.path_machine()); }},
    {Get, "/v1/state-machines/{state_machine}/aliases/{alias}",
     [](S s) { return one("DescribeStateMachineAlias", s.path_machine()); }},
    {Put, "/v1/state-machines/{state_machine}/aliases/{alias}",
     [](S s) { return two("CreateStateMachineAlias", "UpdateStateMachineAlias", s.path_machine()); }},
    {Delete, "/v1/state-machines/{state_machine}/aliases/{alias}",
     [](S s) { return one("DeleteStateMachineAlias", s.path_machine()); }},
    {Get, "/v1/activities", [](S s) { return one("ListActivities", s.in_account("activity:*")); }},
    {Get, "/v1/activities/{activity}",
     [](S s) { return one("DescribeActivity", s.path_named("activity", "activity")); }},
    {Put, "/v1/activities/{activity}",
     [](S s) { return one("CreateActivity", s.path_named("activity", "activity")); }},
    {Delete, "/v1/activities/{activity}",
     [](S s) { return one("DeleteActivity", s.path_named("activity", "activity")); }},
    {Post, "/v1/validate", [](S s) { return one("ValidateStateMachineDefinition", s.in_account("*")); }},
    {Post, "/v1/test-state", test_state},
    {Get, "/v1/executions", list_executions},
    {Post, "/v1/executions", start_execution},
    {Get, "/v1/executions/{execution}", [](S s) { return one("DescribeExecution", s.path_execution()); }},
    {Post, "/v1/executions/{execution}/stop", [](S s) { return one("StopExecution", s.path_execution()); }},
    {Post, "/v1/executions/{execution}/redrive",
     [](S s) { return one("RedriveExecution", s.path_execution()); }},
    {Get, "/v1/executions/{execution}/history",
     [](S s) { return one("GetExecutionHistory", s.path_execution()); }},
    {Get, "/v1/executions/{execution}/map-runs", [](S s) { return one("ListMapRuns", s.path_execution()); }},
    {Get, "/v1/map-runs/{map_run}", [](S s) { return one("DescribeMapRun", s.path_map_run()); }},
    {Post, "/v1/map-runs/{map_run}", [](S s) { return one("UpdateMapRun", s.path_map_run()); }},
    {Post, "/v1/tasks/poll", poll_tasks},
    {Post, "/v1/tasks/complete", report_tasks},
    {Post, "/v1/tasks/fail", [](S s) { return one("SendTaskFailure", s.in_account("task:*")); }},
    {Post, "/v1/tasks/heartbeat", [](S s) { return one("SendTaskHeartbeat", s.in_account("task:*")); }},
    {Get, "/v1/triggers", [](S s) { return one("ListTriggers", s.in_account("trigger:*")); }},
    {Get, "/v1/triggers/{trigger}",
     [](S s) { return one("DescribeTrigger", s.path_named("trigger", "trigger")); }},
    {Put, "/v1/triggers/{trigger}", put_trigger},
    {Delete, "/v1/triggers/{trigger}",
     [](S s) { return one("DeleteTrigger", s.path_named("trigger", "trigger")); }},
    {Get, "/v1/connections", [](S s) { return one("ListConnections", s.in_account("connection:*")); }},
    {Get, "/v1/connections/{connection}",
     [](S s) { return one("DescribeConnection", s.path_named("connection", "connection")); }},
    {Put, "/v1/connections/{connection}",
     [](S s) { return one("PutConnection", s.path_named("connection", "connection")); }},
    {Delete, "/v1/connections/{connection}",
     [](S s) { return one("DeleteConnection", s.path_named("connection", "connection")); }},
    {Get, "/v1/sinks", [](S s) { return one("ListSinks", s.in_account("sink:*")); }},
    {Get, "/v1/sinks/{sink}", [](S s) { return one("DescribeSink", s.path_named("sink", "sink")); }},
    {Put, "/v1/sinks/{sink}", put_sink},
    {Delete, "/v1/sinks/{sink}", [](S s) { return one("DeleteSink", s.path_named("sink", "sink")); }},
    {Get, "/v1/logs", read_logs},
    {Get, "/metrics", [](S s) { return one("GetMetrics", s.in_account("*")); }},
    {Get, "/v1/openapi.json", [](S) { return Needs{}; }},  // says nothing about anybody
};

}  // namespace

std::optional<Needs> needs_of(const Engine& engine, const http::Route& route, const http::Request& request) {
  for (const Entry& entry : kEntries) {
    if (entry.method == route.method && entry.path == route.path)
      return entry.needs(Subject(engine, request));
  }
  return std::nullopt;
}

}  // namespace engine::rest
