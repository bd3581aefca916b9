#include <connectors/logs/log_line.h>

namespace connectors::logs {

using engine::core::LogLevel;
using statelang::Value;

namespace {

// At a boundary of UTF-8.
std::string_view cut(std::string_view text) {
  size_t end = kPayloadBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

void cut_payload(Value& details, const char* name) {
  const Value* payload = details.find(name);
  if (!payload || !payload->is_string() || payload->as_string().size() <= kPayloadBytesMax) return;
  details.set(name, std::string(cut(payload->as_string())));
  details.set(std::string(name) + "Details", Value::object({{"truncated", true}}));
}

// The member ...EventDetails of the event as the API gives it.
Value details_of(const statelang::HistoryEvent& event, bool include_data) {
  const Value document = statelang::to_aws_json(event, include_data);
  for (const auto& [key, value] : document.as_object()) {
    if (!value.is_object()) continue;
    Value details = value;
    for (const char* name : {"input", "output", "parameters"}) cut_payload(details, name);
    return details;
  }
  return Value::object();
}

// "NAME":"VALUE" of texts that hold nothing to unescape: types and ARNs.
std::string_view text_member(std::string_view line, std::string_view name) {
  const std::string mark = "\"" + std::string(name) + "\":\"";
  const size_t at = line.rfind(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + mark.size());
  return rest.substr(0, rest.find('"'));
}

}  // namespace

bool is_logged(LogLevel level, std::string_view type) {
  switch (level) {
    case LogLevel::Off:
      return false;
    case LogLevel::Fatal:
      return type == "ExecutionFailed" || type == "ExecutionTimedOut" || type == "ExecutionAborted";
    case LogLevel::Error:
      return type.ends_with("Failed") || type.ends_with("TimedOut") || type.ends_with("Aborted") ||
             type == "FailStateEntered";
    case LogLevel::All:
      return true;
  }
  return false;
}

bool is_logged(LogLevel level, statelang::EventType type) {
  return is_logged(level, statelang::to_string(type));
}

bool read_level(std::string_view text, LogLevel& level) {
  if (text == "ALL") return level = LogLevel::All, true;
  if (text == "ERROR") return level = LogLevel::Error, true;
  if (text == "FATAL") return level = LogLevel::Fatal, true;
  return false;
}

std::string log_line(std::string_view execution_arn, uint32_t redrive_count,
                     const statelang::HistoryEvent& event, bool include_data) {
  Value line = Value::object({{"id", std::to_string(event.id)}, {"type", statelang::to_string(event.type)}});
  line.set("details", details_of(event, include_data));
  line.set("previous_event_id", std::to_string(event.previous_id));
  line.set("event_timestamp", std::to_string(event.timestamp_ms));
  line.set("execution_arn", std::string(execution_arn));
  line.set("redrive_count", std::to_string(redrive_count));
  return statelang::to_json(line);
}

// The type stands before the details, the ARN behind them: payloads in between cannot pass for either,
// because quotes in them are escaped.
LineHead read_head(std::string_view line) {
  if (line.size() < 2 || line.front() != '{' || line.back() != '}') return {};
  const size_t details = line.find("\"details\":");
  if (details == std::string_view::npos) return {};
  return {text_member(line.substr(0, details), "type"), text_member(line, "execution_arn")};
}

}  // namespace connectors::logs
