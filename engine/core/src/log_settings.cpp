// loggingConfiguration, as the AWS API and REST keep it in a state machine's configuration.
#include <engine/core/log_settings.h>
#include <statelang/value.h>

namespace engine::core {

using statelang::Value;

namespace {

const Value* member(const Value* object, std::string_view name) {
  return object && object->is_object() ? object->find(name) : nullptr;
}

LogLevel level_of(std::string_view text) {
  if (text == "ALL") return LogLevel::All;
  if (text == "ERROR") return LogLevel::Error;
  return text == "FATAL" ? LogLevel::Fatal : LogLevel::Off;
}

// arn:aws:logs:REGION:ACCOUNT:log-group:NAME:* - the name; names hold no colon.
std::string group_in(std::string_view arn) {
  constexpr std::string_view kMark = ":log-group:";
  const size_t at = arn.find(kMark);
  if (at == std::string_view::npos) return {};
  const std::string_view name = arn.substr(at + kMark.size());
  return std::string(name.substr(0, name.find(':')));
}

}  // namespace

LogSettings log_settings(std::string_view configuration) {
  constexpr std::string_view kMember = "loggingConfiguration";
  LogSettings settings;
  if (configuration.find(kMember) == std::string::npos) return settings;
  const auto document = statelang::parse_json(configuration);
  const Value* logging = document ? member(&*document, kMember) : nullptr;
  const Value* level = member(logging, "level");
  if (!level || !level->is_string()) return settings;
  settings.level = level_of(level->as_string());
  if (settings.level == LogLevel::Off) return settings;
  const Value* data = member(logging, "includeExecutionData");
  settings.include_data = data && data->is_boolean() && data->as_boolean();
  const Value* destinations = member(logging, "destinations");
  if (!destinations || !destinations->is_array() || destinations->as_array().empty()) return settings;
  const Value* arn = member(member(&destinations->as_array()[0], "cloudWatchLogsLogGroup"), "logGroupArn");
  if (arn && arn->is_string()) settings.group = group_in(arn->as_string());
  return settings;
}

}  // namespace engine::core
