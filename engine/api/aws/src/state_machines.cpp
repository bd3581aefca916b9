// Create, update, describe, delete, list and validate state machines (API reference, same names).

#include "action.h"
#include "arn.h"
#include "page_token.h"
#include "state_machine_document.h"
#include "tag_list.h"

namespace engine::api::aws {
namespace {

core::MachineType machine_type(const Call& call) {
  return call.text("type") == "EXPRESS" ? core::MachineType::Express : core::MachineType::Standard;
}

// With publish: publishes what was just made or changed, and adds its ARN to the answer. What is created
// again with another description for its version is not the same.
void publish_and_answer(const Call& call, const StateMachine& machine, Value output, bool created = false) {
  if (!call.boolean("publish", false)) return call.succeed(output);
  const std::string description = call.text("versionDescription");
  PublishVersionRequest request{machine.arn, machine.revision_id, description};
  call.engine.publish_version(
      std::move(request), [call, created, description, arn = machine.arn,
                           output = std::move(output)](ApiResult<StateMachineVersion> published) mutable {
        if (!published) return call.fail(published.error());
        if (created && published->description != description) {
          return call.fail(
              AwsError{"StateMachineAlreadyExists", "State Machine Already Exists: '" + arn + "'", {}});
        }
        output.set("stateMachineVersionArn", published->arn);
        call.succeed(output);
      });
}

std::optional<AwsError> check_version_description(const Call& call) {
  if (!call.has("versionDescription") || call.boolean("publish", false)) return std::nullopt;
  return AwsError{"ValidationException", "Version description can only be set when publish is true", {}};
}

}  // namespace

void create_state_machine(const Call& call) {
  const std::string name = call.text("name");
  if (!valid_name(name)) return call.fail(invalid_name(name));
  if (const auto bad = check_version_description(call)) return call.fail(*bad);
  if (const auto bad = check_role_arn(call.text("roleArn"))) return call.fail(*bad);
  auto tags = parse_tags(call.input.find("tags"));
  if (!tags) return call.fail(tags.error());
  auto configuration = machine_configuration(call.input);
  if (!configuration) return call.fail(configuration.error());

  CreateStateMachineRequest request;
  request.name = name;
  request.definition = call.text("definition");
  request.type = machine_type(call);
  request.role_arn = call.text("roleArn");
  request.configuration = to_json(*configuration);
  call.engine.create_state_machine(
      std::move(request), [call, tags = std::move(*tags)](ApiResult<StateMachine> created) {
        if (!created) return call.fail(created.error());
        const Value output = Value::object(
            {{"stateMachineArn", created->arn}, {"creationDate", timestamp(created->created_ms)}});
        if (tags.size() == 0) return publish_and_answer(call, *created, output, true);
        Call then = call;
        then.respond = [call, machine = *created, output](AwsResponse stored) {
          if (stored.status != 200) return call.respond(std::move(stored));
          publish_and_answer(call, machine, output, true);
        };
        store_tags(then, created->arn, tags, output);
      });
}

void update_state_machine(const Call& call) {
  const std::string arn = call.text("stateMachineArn");
  if (auto parsed = parse_whole_machine_arn(arn); !parsed) return call.fail(parsed.error());
  const bool changes_configuration = call.has("loggingConfiguration") || call.has("tracingConfiguration") ||
                                     call.has("encryptionConfiguration");
  if (!call.has("definition") && !call.has("roleArn") && !changes_configuration) {
    return call.fail(AwsError{"MissingRequiredParameter",
                              "Either the definition, the role ARN, the LoggingConfiguration, or the "
                              "TracingConfiguration must be specified",
                              {}});
  }
  if (const auto bad = check_version_description(call)) return call.fail(*bad);
  if (call.has("roleArn")) {
    if (const auto bad = check_role_arn(call.text("roleArn"))) return call.fail(*bad);
  }
  UpdateStateMachineRequest request;
  request.arn = arn;
  if (call.has("definition")) request.definition = call.text("definition");
  if (call.has("roleArn")) request.role_arn = call.text("roleArn");
  if (changes_configuration) {
    const auto current = call.engine.describe_state_machine(arn);
    if (!current) return call.fail(current.error());
    auto configuration = machine_configuration(call.input, current->configuration);
    if (!configuration) return call.fail(configuration.error());
    request.configuration = to_json(*configuration);
  }
  call.engine.update_state_machine(std::move(request), [call](ApiResult<StateMachine> updated) {
    if (!updated) return call.fail(updated.error());
    Value output = Value::object({{"updateDate", timestamp(updated->updated_ms)}});
    if (!updated->revision_id.empty() && !updated->initial_revision)
      output.set("revisionId", updated->revision_id);
    publish_and_answer(call, *updated, std::move(output));
  });
}

void describe_state_machine(const Call& call) {
  const std::string arn = call.text("stateMachineArn");
  if (auto parsed = parse_arn(arn, "stateMachine"); !parsed) return call.fail(parsed.error());
  const auto machine = call.engine.describe_state_machine(arn);
  if (!machine) return call.fail(machine.error());
  call.succeed(describe_document(*machine, call.text("includedData") == "METADATA_ONLY"));
}

void describe_state_machine_for_execution(const Call& call) {
  const std::string arn = call.text("executionArn");
  if (auto parsed = parse_arn(arn, "execution"); !parsed) return call.fail(parsed.error());
  const auto machine = call.engine.describe_state_machine_for_execution(arn);
  if (!machine) return call.fail(machine.error());
  call.succeed(describe_for_execution_document(*machine, call.text("includedData") == "METADATA_ONLY"));
}

void delete_state_machine(const Call& call) {
  const std::string arn = call.text("stateMachineArn");
  if (auto parsed = parse_whole_machine_arn(arn); !parsed) return call.fail(parsed.error());
  call.engine.delete_state_machine(arn, [call](ApiResult<bool> deleted) {
    // Deleting what is not there is a success, as with the service.
    if (!deleted && deleted.error().code != ApiErrorCode::StateMachineDoesNotExist)
      return call.fail(deleted.error());
    call.succeed(Value::object());
  });
}

void list_state_machines(const Call& call) {
  const int64_t asked = call.integer("maxResults", 0);
  const auto place = open_page_token(call, "ListStateMachines");
  if (!place) return call.fail(place.error());
  const auto page = call.engine.list_state_machines(asked == 0 ? 100 : static_cast<size_t>(asked), *place);
  if (!page) return call.fail(page.error());
  Value machines = Value::array();
  for (const StateMachine& machine : page->items) {
    machines.push_back(Value::object({{"stateMachineArn", machine.arn},
                                      {"name", machine.name},
                                      {"type", type_name(machine.type)},
                                      {"creationDate", timestamp(machine.created_ms)}}));
  }
  Value output = Value::object({{"stateMachines", std::move(machines)}});
  if (!page->next_page_token.empty()) {
    output.set("nextToken", make_page_token(call, "ListStateMachines", page->next_page_token));
  }
  call.succeed(output);
}

void validate_state_machine_definition(const Call& call) {
  const bool warnings = call.text("severity") == "WARNING";
  const int64_t asked = call.integer("maxResults", 0);
  const size_t limit = asked == 0 ? 100 : static_cast<size_t>(asked);
  const auto found = call.engine.validate_definition(call.text("definition"), machine_type(call));
  Value diagnostics = Value::array();
  bool truncated = false;
  for (const statelang::Diagnostic& diagnostic : found) {
    const bool error = diagnostic.severity == statelang::Diagnostic::Severity::Error;
    if (!error && !warnings) continue;
    if (diagnostics.size() == limit) {
      truncated = true;
      break;
    }
    Value item = Value::object({{"severity", error ? "ERROR" : "WARNING"}, {"code", diagnostic.code}});
    item.set("message", diagnostic.message);
    if (!diagnostic.location.empty()) item.set("location", diagnostic.location);
    diagnostics.push_back(std::move(item));
  }
  call.succeed(Value::object({{"result", statelang::has_errors(found) ? "FAIL" : "OK"},
                              {"diagnostics", std::move(diagnostics)},
                              {"truncated", truncated}}));
}

}  // namespace engine::api::aws
