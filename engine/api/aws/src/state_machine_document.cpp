#include "state_machine_document.h"

#include <statelang/definition/definition.h>

namespace engine::api::aws {
namespace {

// The service's default.
constexpr int64_t kDataKeyReuseSeconds = 300;

Value default_configuration() {
  return Value::object(
      {{"loggingConfiguration", Value::object({{"level", "OFF"}, {"includeExecutionData", false}})},
       {"tracingConfiguration", Value::object({{"enabled", false}})},
       {"encryptionConfiguration", Value::object({{"type", "AWS_OWNED_KEY"}})}});
}

// Of its log group; nullptr: it is no destination.
const Value* destination_arn(const Value& value) {
  const Value* group = value.find("cloudWatchLogsLogGroup");
  const Value* arn = group ? group->find("logGroupArn") : nullptr;
  const bool good = value.size() == 1 && group && group->size() == 1 && arn && arn->is_string() &&
                    !arn->as_string().empty() && arn->as_string().size() <= 256;
  return good ? arn : nullptr;
}

// The service's rule: any level but OFF needs exactly one destination; defaults are filled in.
statelang::Expected<Value, AwsError> logging_configuration(const Value& given) {
  const auto refused = [](const char* why = "Must specify exactly one Log Destination.") {
    return statelang::Unexpected{
        AwsError{"InvalidLoggingConfiguration", "Invalid Logging Configuration: " + std::string(why), {}}};
  };
  const Value* level = given.find("level");
  const Value* destinations = given.find("destinations");
  const bool off = !level || (level->is_string() && level->as_string() == "OFF");
  const size_t count = destinations ? destinations->size() : 0;
  if (count > 1 || (!off && count != 1)) return refused();
  if (count == 1) {
    const Value* arn = destination_arn(destinations->as_array()[0]);
    if (!arn) return refused();
    if (!arn->as_string().ends_with(":*"))
      return refused("Log Group ARN must be provided with '*' qualifier.");
  }
  Value out = Value::object();
  if (destinations) out.set("destinations", *destinations);
  out.set("includeExecutionData",
          given.find("includeExecutionData") ? *given.find("includeExecutionData") : Value(false));
  out.set("level", level ? *level : Value("OFF"));
  return out;
}

// {state: [variables it reads]}, states without any left out.
Value variable_references(const std::string& definition) {
  Value references = Value::object();
  const auto parsed = statelang::Definition::parse(definition);
  if (!parsed) return references;
  for (const statelang::State& state : (*parsed)->states()) {
    if (state.variable_references.empty()) continue;
    Value names = Value::array();
    for (const std::string& name : state.variable_references) names.push_back(Value(name));
    references.set(state.name, std::move(names));
  }
  return references;
}

Value common_document(const StateMachine& machine, bool metadata_only) {
  Value out = Value::object({{"stateMachineArn", machine.arn}, {"name", machine.name}});
  if (!metadata_only) out.set("definition", machine.definition);
  out.set("roleArn", machine.role_arn);
  auto configuration = statelang::parse_json(machine.configuration.empty() ? "{}" : machine.configuration);
  const Value defaults = default_configuration();
  for (const auto& [key, value] : defaults.as_object()) {
    const Value* stored = configuration ? configuration->find(key.as_string()) : nullptr;
    out.set(key.as_string(), stored ? *stored : value);
  }
  if (!metadata_only) {
    Value references = variable_references(machine.definition);
    if (references.size() > 0) out.set("variableReferences", std::move(references));
  }
  if (!machine.revision_id.empty() && !machine.initial_revision) out.set("revisionId", machine.revision_id);
  return out;
}

}  // namespace

std::string_view type_name(core::MachineType type) {
  return type == core::MachineType::Express ? "EXPRESS" : "STANDARD";
}

statelang::Expected<Value, AwsError> machine_configuration(const Value& input, std::string_view current) {
  Value configuration = default_configuration();
  if (auto stored = statelang::parse_json(current.empty() ? "{}" : current); stored && stored->is_object()) {
    for (const auto& [key, value] : stored->as_object()) configuration.set(key.as_string(), value);
  }
  if (const Value* given = input.find("loggingConfiguration"); given && given->is_object()) {
    auto logging = logging_configuration(*given);
    if (!logging) return statelang::Unexpected{logging.error()};
    configuration.set("loggingConfiguration", std::move(*logging));
  }
  if (const Value* given = input.find("tracingConfiguration"); given && given->is_object()) {
    const Value* enabled = given->find("enabled");
    if (!enabled) {
      return statelang::Unexpected{AwsError{"InvalidTracingConfiguration",
                                            "Invalid Tracing Configuration: 'enabled must be true or false'",
                                            {}}};
    }
    configuration.set("tracingConfiguration", Value::object({{"enabled", *enabled}}));
  }
  if (const Value* given = input.find("encryptionConfiguration"); given && given->is_object()) {
    auto encryption = encryption_configuration(*given);
    if (!encryption) return statelang::Unexpected{encryption.error()};
    configuration.set("encryptionConfiguration", std::move(*encryption));
  }
  return configuration;
}

statelang::Expected<Value, AwsError> encryption_configuration(const Value& given) {
  const bool own = given.find("type")->as_string() == "CUSTOMER_MANAGED_KMS_KEY";
  const Value* key = given.find("kmsKeyId");
  const Value* period = given.find("kmsDataKeyReusePeriodSeconds");
  const auto refused = [](const char* why) {
    return statelang::Unexpected{AwsError{"InvalidEncryptionConfiguration",
                                          "Invalid Encryption Configuration: '" + std::string(why) + "'",
                                          {}}};
  };
  if (own && !key) return refused("kmsKeyId must be specified when type is CUSTOMER_MANAGED_KMS_KEY");
  if (!own && (key || period))
    return refused(
        "kmsKeyId and kmsDataKeyReusePeriodSeconds must not be specified when type is AWS_OWNED_KEY");
  Value out = Value::object();
  if (own) {
    out.set("kmsKeyId", *key);
    out.set("kmsDataKeyReusePeriodSeconds", period ? *period : Value(kDataKeyReuseSeconds));
  }
  out.set("type", *given.find("type"));
  return out;
}

Value describe_document(const StateMachine& machine, bool metadata_only) {
  Value out = common_document(machine, metadata_only);
  out.set("type", type_name(machine.type));
  out.set("status", machine.status);
  out.set("creationDate", timestamp(machine.created_ms));
  if (!machine.description.empty()) out.set("description", machine.description);
  if (!machine.label.empty()) out.set("label", machine.label);
  return out;
}

Value describe_for_execution_document(const StateMachine& machine, bool metadata_only) {
  Value out = common_document(machine, metadata_only);
  out.set("updateDate", timestamp(machine.updated_ms));
  if (!machine.map_run_arn.empty()) out.set("mapRunArn", machine.map_run_arn);
  if (!machine.label.empty()) out.set("label", machine.label);
  return out;
}

}  // namespace engine::api::aws
