#include "logging.h"

#include <engine/core/log_settings.h>
#include <statelang/value.h>

#include "answers.h"

namespace engine::rest {

using core::LogLevel;
using statelang::Value;

namespace {

constexpr size_t kGroupBytesMax = 200;                               // its ARN has at most 256
constexpr const char* kLevels[] = {"OFF", "FATAL", "ERROR", "ALL"};  // by LogLevel

bool is_group(std::string_view name) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/#";
  return name.find_first_not_of(kCharacters) == std::string_view::npos;
}

// arn:aws:states:REGION:ACCOUNT:stateMachine:NAME
std::string group_arn(std::string_view machine_arn, const std::string& group) {
  constexpr std::string_view kService = "arn:aws:states:";
  std::string_view place = machine_arn.substr(kService.size());
  const size_t kind = place.find(":stateMachine:");
  const std::string name(place.substr(place.rfind(':') + 1));
  place = place.substr(0, kind);
  return "arn:aws:logs:" + std::string(place) +
         ":log-group:" + (group.empty() ? "/aws/vendedlogs/states/" + name + "-Logs" : group) + ":*";
}

}  // namespace

std::optional<core::LogSettings> read_logging(BodyReader& body) {
  const auto value = body.value("logging");
  if (!value) return std::nullopt;
  core::LogSettings logging;
  if (value->empty() || value->front() != '{') {
    body.wrong("logging", "must be an object", R"({"level": "ERROR"})");
    return logging;
  }
  BodyReader part(*value, "/logging");
  const std::string level = part.required_text("level", 10);
  size_t number = 0;
  while (number < std::size(kLevels) && level != kLevels[number]) ++number;
  if (number < std::size(kLevels)) {
    logging.level = static_cast<LogLevel>(number);
  } else if (!level.empty()) {
    part.wrong("level", "must be ALL, ERROR, FATAL or OFF");
  }
  logging.include_data = part.boolean("include_execution_data", false);
  logging.group = part.text("group", kGroupBytesMax);
  if (!is_group(logging.group)) part.wrong("group", "may have letters, digits and ._-/# only");
  body.adopt(part);
  return logging;
}

std::string with_logging(std::string_view configuration, const core::LogSettings& logging,
                         std::string_view machine_arn) {
  auto parsed = statelang::parse_json(configuration.empty() ? "{}" : configuration);
  Value document = parsed && parsed->is_object() ? std::move(*parsed) : Value::object();
  Value member = Value::object();
  if (logging.level != LogLevel::Off) {
    Value destinations = Value::array();
    destinations.push_back(
        Value::object({{"cloudWatchLogsLogGroup",
                        Value::object({{"logGroupArn", group_arn(machine_arn, logging.group)}})}}));
    member.set("destinations", std::move(destinations));
  }
  member.set("includeExecutionData", logging.include_data);
  member.set("level", kLevels[static_cast<size_t>(logging.level)]);
  document.set("loggingConfiguration", std::move(member));
  return statelang::to_json(document);
}

void show_logging(std::string& out, const StateMachine& machine) {
  const core::LogSettings logging = core::log_settings(machine.configuration);
  if (logging.level == LogLevel::Off) return;
  std::string shown = "{";
  member(shown, "level", std::string_view(kLevels[static_cast<size_t>(logging.level)]));
  member_json(shown, "include_execution_data", logging.include_data ? "true" : "false");
  if (!logging.group.empty()) member(shown, "group", logging.group);
  member_json(out, "logging", shown += '}');
}

}  // namespace engine::rest
