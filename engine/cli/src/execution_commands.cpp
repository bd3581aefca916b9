// start, show, stop, redrive.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "definition_findings.h"
#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

constexpr int64_t kAskEverySeconds = 60;  // one long poll while waiting

std::string execution_target(const std::string& execution) {
  return "/v1/executions/" + path_segment(execution);
}

bool start_body(Context& context, const StartOptions& options, std::string& body) {
  std::string input = options.input;
  const std::string file = input.starts_with('@') ? input.substr(1) : options.input_file;
  if (!file.empty() && !read_text(context.terminal, file, input)) return false;
  body = R"({"state_machine":)";
  statelang::append_json_string(body, options.machine);
  if (!options.name.empty()) {
    body += ",\"name\":";
    statelang::append_json_string(body, options.name);
  }
  if (!input.empty()) {
    const auto note = [&](std::string_view line) { context.terminal.note(line); };
    if (!is_json(context.terminal, file.empty() ? "input" : file, input, note)) {
      context.terminal.error("the input is not JSON");
      return false;
    }
    body += ",\"input\":" + input;
  }
  body += '}';
  return true;
}

// The output goes to stdout, what became of the execution to stderr: `start --wait | jq` works.
int print_outcome(Context& context, const Value& execution) {
  const Terminal& terminal = context.terminal;
  const std::string status = text_of(execution, "status");
  if (context.json) {
    terminal.print(statelang::to_json(execution));
  } else {
    if (const Value* output = execution.find("output")) {
      terminal.print(terminal.is_terminal() ? statelang::to_pretty_json(*output)
                                            : statelang::to_json(*output));
    }
    std::string line = terminal.paint(status_style(status), status);
    if (const std::string time = took(execution); !time.empty()) line += " in " + time;
    line += terminal.paint(Style::Dim, "  " + short_name(text_of(execution, "execution_arn")));
    if (const std::string error = text_of(execution, "error"); !error.empty())
      line += "\n" + printable(error);
    if (const std::string cause = text_of(execution, "cause"); !cause.empty())
      line += ": " + printable(cause_shown(cause));
    terminal.note(line);
  }
  return status == "SUCCEEDED" || status == "RUNNING" ? kOk : kRefused;
}

int wait_for_end(Context& context, const std::string& execution, double seconds) {
  const bool forever = seconds <= 0;
  for (double left = seconds; forever || left > 0; left -= kAskEverySeconds) {
    const double ask = forever ? kAskEverySeconds : std::min<double>(left, kAskEverySeconds);
    const ApiAnswer answer =
        context.api.call("GET", execution_target(execution) + "?wait_seconds=" + std::to_string(ask), {},
                         static_cast<int64_t>(ask * 1000) + 30'000);
    if (!answer.ok()) return report_problem(context.terminal, answer);
    if (answer.status == 200) return print_outcome(context, answer.json);
  }
  context.terminal.note("RUNNING still: stepstream show " + short_name(execution));
  return kRefused;
}

}  // namespace

int start_execution(Context& context, const StartOptions& options) {
  std::string body;
  if (!start_body(context, options, body)) return kRefused;
  const Terminal& terminal = context.terminal;
  if (options.wait) {  // one round trip when it is quick
    body.back() = ',';
    body += "\"wait_seconds\":" +
            std::to_string(options.wait_seconds > 0 ? std::min(options.wait_seconds, 60.0) : 60) + "}";
  }
  const ApiAnswer answer = context.api.call("POST", "/v1/executions", body, 90'000);
  if (!answer.ok()) return report_problem(terminal, answer);
  if (answer.status == 200) return print_outcome(context, answer.json);
  const std::string arn = text_of(answer.json, "execution_arn");
  if (options.wait) {
    if (options.wait_seconds > 0 && options.wait_seconds <= 60) {
      terminal.note("RUNNING still: stepstream show " + short_name(arn));
      return kRefused;
    }
    return wait_for_end(context, arn, options.wait_seconds > 0 ? options.wait_seconds - 60 : 0);
  }
  if (context.json) {
    terminal.print(statelang::to_json(answer.json));
    return kOk;
  }
  terminal.print(short_name(arn));
  if (terminal.is_terminal()) {
    terminal.note(terminal.paint(Style::Dim, "watch it: stepstream history --follow " + short_name(arn)));
  }
  return kOk;
}

int show_execution(Context& context, const std::string& execution) {
  // Names have no colons: what has none, or the ARN of a state machine, is no execution.
  if (execution.find(':') == std::string::npos || execution.find(":stateMachine:") != std::string::npos)
    return show_machine(context, execution);
  const ApiAnswer answer = context.api.call("GET", execution_target(execution));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Terminal& terminal = context.terminal;
  if (context.json) {
    terminal.print(statelang::to_json(answer.json));
    return kOk;
  }
  const auto line = [&](std::string_view name, const std::string& text) { print_fact(terminal, name, text); };
  const std::string status = text_of(answer.json, "status");
  line("execution", short_name(text_of(answer.json, "execution_arn")));
  line("status", terminal.paint(status_style(status), status));
  line("started", local_time(text_of(answer.json, "start_time")));
  if (const std::string time = took(answer.json); !time.empty()) line("took", time);
  if (const int64_t count = integer_of(answer.json, "redrive_count"); count > 0) {
    line("redriven", (count == 1 ? "once" : std::to_string(count) + " times") + ", last " +
                         local_time(text_of(answer.json, "redrive_time")));
  }
  if (status != "RUNNING" && status != "SUCCEEDED") {
    const std::string redrivable = text_of(answer.json, "redrive_status");
    line("redrive", redrivable == "REDRIVABLE"
                        ? "stepstream redrive " + short_name(text_of(answer.json, "execution_arn"))
                        : printable(text_of(answer.json, "redrive_status_reason")));
  }
  line("state machine", text_of(answer.json, "state_machine_arn"));
  line("version", text_of(answer.json, "state_machine_version_arn"));
  line("alias", text_of(answer.json, "state_machine_alias_arn"));
  line("started by", text_of(answer.json, "parent_execution_arn"));
  line("map run", text_of(answer.json, "map_run_arn"));
  line("arn", text_of(answer.json, "execution_arn"));
  line("error", printable(text_of(answer.json, "error")));
  line("cause", printable(text_of(answer.json, "cause")));
  for (const char* name : {"input", "output"}) {
    if (const Value* value = answer.json.find(name)) {
      terminal.print(terminal.paint(Style::Dim, name));
      terminal.print(statelang::to_pretty_json(*value));
    }
  }
  return kOk;
}

int stop_execution(Context& context, const StopOptions& options) {
  std::string body = "{";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (body.size() > 1) body += ',';
    (body += '"').append(name).append("\":");
    statelang::append_json_string(body, value);
  };
  add("error", options.error);
  add("cause", options.cause);
  body += '}';
  const ApiAnswer answer = context.api.call("POST", execution_target(options.execution) + "/stop", body);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (context.json) return context.terminal.print(statelang::to_json(answer.json)), kOk;
  // Stopping what has ended is no error, but it was not stopped.
  const ApiAnswer now = context.api.call("GET", execution_target(options.execution));
  const std::string status = now.ok() ? text_of(now.json, "status") : "ABORTED";
  context.terminal.print(status == "ABORTED" ? "stopped " + short_name(options.execution)
                                             : short_name(options.execution) + " had ended before: " +
                                                   context.terminal.paint(status_style(status), status));
  return kOk;
}

int redrive_execution(Context& context, const RedriveOptions& options) {
  std::string body = "{";
  if (!options.client_token.empty()) {
    body += "\"client_token\":";
    statelang::append_json_string(body, options.client_token);
  }
  body += '}';
  const ApiAnswer answer = context.api.call("POST", execution_target(options.execution) + "/redrive", body);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : "redriven " + short_name(options.execution));
  return kOk;
}

}  // namespace engine::cli
