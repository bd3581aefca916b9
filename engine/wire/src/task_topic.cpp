#include <charconv>

#include <engine/wire/json_text.h>
#include <engine/wire/task_token.h>
#include <engine/wire/task_topic.h>
#include <statelang/payload.h>

namespace engine::wire {

namespace {

constexpr size_t kDepthMax = 1000;
constexpr size_t kErrorBytesMax = 256 * 4;
constexpr size_t kCauseBytesMax = 32'768 * 4;
constexpr size_t kWorkerBytesMax = 80;

void append_name(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":");
}
void append_text(std::string& out, std::string_view name, std::string_view text) {
  append_name(out, name);
  statelang::append_json_string(out, text);
}
void append_number(std::string& out, std::string_view name, int64_t number) {
  append_name(out, name);
  out += std::to_string(number);
}

// What the members of a worker's message say. `problem` names the first that is wrong.
struct Report {
  std::string token, worker;
  std::optional<std::string_view> output;
  statelang::Failure failure{{}, {}, false, false};
  int64_t started_ms = 0;
  std::string problem;

  void read_text(std::string_view name, std::string_view value, size_t bytes_max, std::string& text) {
    auto string = json_string(value);
    if (!string) {
      problem = std::string(name) + " is not a string";
    } else if (string->size() > bytes_max) {
      problem = std::string(name) + " is longer than " + std::to_string(bytes_max) + " bytes";
    } else {
      text = std::move(*string);
    }
  }
  void read_member(std::string_view name, std::string_view value) {
    if (name == "token") {
      read_text(name, value, 1024, token);
    } else if (name == "worker") {
      read_text(name, value, kWorkerBytesMax, worker);
    } else if (name == "error") {
      failure.has_error = true;
      read_text(name, value, kErrorBytesMax, failure.error);
    } else if (name == "cause") {
      failure.has_cause = true;
      read_text(name, value, kCauseBytesMax, failure.cause);
    } else if (name == "output") {
      output = value;
    } else if (name == "started_ms") {
      const auto end = value.data() + value.size();
      const auto read = std::from_chars(value.data(), end, started_ms);
      if (read.ec != std::errc() || read.ptr != end || started_ms < 0)
        problem = "started_ms is not a time in milliseconds";
    }
  }
};

std::string read_report(std::string_view value, Report& report) {
  if (!statelang::valid_json(value, kDepthMax)) return "not a JSON text";
  if (value[value.find_first_not_of(" \t\n\r")] != '{') return "not a JSON object";
  for (const auto& [name, member] : json_members(value)) report.read_member(name, member);
  if (!report.problem.empty()) return report.problem;
  if (report.token.empty()) return "without a token";
  return {};
}

statelang::Unexpected<std::string> refused(std::string why) {
  return statelang::Unexpected{std::move(why)};
}

}  // namespace

std::string task_json(const core::DispatchTask& task, std::string_view token, uint32_t delivery) {
  std::string out = "{";
  out.reserve(task.input.size_bytes() + 512);
  append_text(out, "token", token);
  append_text(out, "queue", task.queue);
  append_text(out, "resource", task.resource);
  append_text(out, "state_name", task.state_name);
  append_text(out, "execution_arn", task.execution_arn);
  append_text(out, "state_machine_arn", task.state_machine_arn);
  append_name(out, "input");
  out += task.input.text();
  append_number(out, "retry_count", task.retry_count);
  append_number(out, "delivery", delivery);
  append_number(out, "scheduled_ms", task.scheduled_ms);
  append_number(out, "timeout_ms", task.timeout_ms);
  append_number(out, "heartbeat_ms", task.heartbeat_ms);
  return out += '}';
}

TaskMessage encode_task(std::string_view prefix, const core::DispatchTask& task, std::string_view token,
                        uint32_t delivery) {
  TaskMessage message;
  message.topic = task_topic(prefix, task.queue);
  message.key = task.execution_arn;
  message.headers = {{"v", "1"},
                     {"tok", std::string(token)},
                     {"att", std::to_string(task.retry_count)},
                     {"rp", std::to_string(task.id.partition)}};
  if (task.timeout_ms > 0) {
    message.headers.emplace_back("deadline", std::to_string(task.scheduled_ms + task.timeout_ms));
  }
  message.value = task_json(task, token, delivery);
  return message;
}

statelang::Expected<core::TaskReport, std::string> decode_report(std::string_view type,
                                                                 std::string_view value, uint16_t partition,
                                                                 std::string_view token_key) {
  Report report;
  if (auto problem = read_report(value, report); !problem.empty()) return refused(std::move(problem));
  const auto numbers = parse_task_token(token_key, report.token);
  if (!numbers) return refused("its token is none of this engine's");
  if (numbers->partition != partition) return refused("its token belongs to another partition");
  core::TaskReport out;
  out.task = {numbers->partition, static_cast<core::ExecutionNumber>(numbers->execution),
              static_cast<statelang::ScopeId>(numbers->scope), numbers->attempt};
  const auto scope = out.task.scope;
  const uint32_t attempt = out.task.attempt;
  const bool failed = report.failure.has_error || report.failure.has_cause;
  if (type == kTaskSuccess) {
    if (!report.output || failed) return refused("a success has output, and neither error nor cause");
    statelang::TaskSucceeded success;
    success.scope = scope;
    success.attempt = attempt;
    success.output = statelang::Payload::from_text(std::string(*report.output));
    success.worker = std::move(report.worker);
    success.started_ms = report.started_ms;
    out.report = std::move(success);
  } else if (type == kTaskFailure) {
    if (report.output) return refused("a failure has no output");
    out.report = statelang::TaskFailed{
        scope, attempt, std::move(report.failure), std::move(report.worker), report.started_ms, false};
  } else if (type == kTaskHeartbeat) {
    out.report = statelang::TaskHeartbeat{scope, attempt};
  } else if (type == kTaskStarted) {
    out.report = statelang::TaskStarted{scope, attempt, std::move(report.worker), report.started_ms};
  } else {
    return refused("no such type of message: " + std::string(type.substr(0, 80)));
  }
  return out;
}

statelang::Expected<core::Record, std::string> decode_report_record(std::string_view type,
                                                                    std::string_view value,
                                                                    int64_t timestamp_ms, uint16_t partition,
                                                                    std::string_view token_key) {
  auto report = decode_report(type, value, partition, token_key);
  if (!report) return refused(std::move(report.error()));
  return core::Record{timestamp_ms, 0, 0, std::move(*report)};
}

}  // namespace engine::wire
