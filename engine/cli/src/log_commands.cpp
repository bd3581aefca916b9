// logs: what has been logged. tail: what happens now, until it is interrupted.
#include <cstdio>
#include <cstdlib>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <statelang/timestamps/timestamp.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

// The server says every 15 seconds that it is there.
constexpr int64_t kSilenceMs = 45'000;
constexpr size_t kDayColumns = 10;  // 2026-01-31

std::string target_of(const LogOptions& options) {
  std::string target = "/v1/logs?level=" + options.level;
  if (!options.machine.empty()) target += "&machine=" + path_segment(options.machine);
  if (!options.execution.empty()) target += "&execution=" + path_segment(options.execution);
  return target;
}

Style event_style(std::string_view type) {
  if (type.ends_with("Failed") || type.ends_with("TimedOut") || type.ends_with("Aborted")) return Style::Red;
  if (type.ends_with("Succeeded")) return Style::Green;
  return type.ends_with("Scheduled") || type.ends_with("Started") ? Style::Blue : Style::Plain;
}

// What is worth a look: the state, the error with its cause, or the data.
std::string details_shown(const Value& details) {
  std::string text = text_of(details, "name");
  if (const std::string resource = text_of(details, "resource"); !resource.empty()) {
    text += (text.empty() ? "" : " ") + resource;
  }
  const std::string error = text_of(details, "error"), cause = text_of(details, "cause");
  if (!error.empty() || !cause.empty())
    return text + (text.empty() ? "" : " ") + error + ": " + cause_shown(cause);
  for (const char* name : {"input", "output", "parameters"}) {
    const std::string data = text_of(details, name);
    if (!data.empty()) return text + (text.empty() ? "" : " ") + data;
  }
  return text;
}

// On a terminal the local time, with its day where that is another one; else as the API writes it.
std::string time_shown(const Terminal& terminal, int64_t ms) {
  if (!terminal.is_terminal()) return statelang::timestamps::format_epoch_ms_fixed(ms);
  const std::string local = local_time_of(ms), today = local_time_of(now_ms());
  char fraction[8];
  std::snprintf(fraction, sizeof fraction, ".%03d", static_cast<int>(ms % 1000));
  return (local.substr(0, kDayColumns) == today.substr(0, kDayColumns) ? local.substr(kDayColumns + 1)
                                                                       : local) +
         fraction;
}

void print_log_line(const Terminal& terminal, const Value& line) {
  const std::string type = text_of(line, "type");
  const Value* details = line.find("details");
  const int64_t ms = std::strtoll(text_of(line, "event_timestamp").c_str(), nullptr, 10);
  const std::string time = time_shown(terminal, ms);
  const std::string start = terminal.paint(Style::Dim, time) + "  " +
                            padded(printable(short_name(text_of(line, "execution_arn"))), 24) + "  " +
                            terminal.paint(event_style(type), padded(type, 24)) + "  ";
  const size_t taken = time.size() + 2 + 24 + 2 + 24 + 2;
  const std::string shown = details ? printable(details_shown(*details)) : std::string();
  const size_t columns = terminal.columns() > taken + 20 ? terminal.columns() - taken : 20;
  terminal.print(start + terminal.fit(shown, columns));
}

void print_status(const Terminal& terminal, const Value& change) {
  const std::string status = text_of(change, "status");
  const std::string given = text_of(change, "time");
  const auto ms = time_ms(given);
  terminal.print(terminal.paint(Style::Dim, ms ? time_shown(terminal, *ms) : given) + "  " +
                 padded(printable(short_name(text_of(change, "execution_arn"))), 24) + "  " +
                 terminal.paint(status_style(status), status));
}

void print_event(Context& context, std::string_view event, std::string_view data) {
  const auto document = statelang::parse_json(data);
  if (!document) return;
  if (event == "gap") {
    context.terminal.note(std::to_string(integer_of(*document, "events")) +
                          " events are left out: they come faster than they are read");
  } else if (context.json) {
    context.terminal.print(data);
  } else if (event == "status") {
    print_status(context.terminal, *document);
  } else if (event == "log") {
    print_log_line(context.terminal, *document);
  }
  std::fflush(stdout);
}

}  // namespace

int show_logs(Context& context, const LogOptions& options) {
  if (options.machine.empty() == options.execution.empty()) {
    context.terminal.error("say --machine or --execution: whose log");
    return kUsage;
  }
  const ApiAnswer answer =
      context.api.call("GET", target_of(options) + "&limit=" + std::to_string(options.limit));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Value* lines = answer.json.find("items");
  if (!lines || !lines->is_array()) return report_problem(context.terminal, {502, answer.body, {}});
  for (const Value& line : lines->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(line));
    } else {
      print_log_line(context.terminal, line);
    }
  }
  if (lines->size() == 0 && !context.json) {
    context.terminal.note("Nothing logged. A state machine logs with a loggingConfiguration other than OFF.");
  }
  return kOk;
}

int tail_events(Context& context, const LogOptions& options) {
  if (!options.machine.empty()) {  // a name that nothing has would be watched for ever
    const ApiAnswer machine = context.api.call("GET", "/v1/state-machines/" + path_segment(options.machine));
    if (!machine.ok()) return report_problem(context.terminal, machine);
  }
  if (context.terminal.is_terminal())
    context.terminal.note(context.terminal.paint(Style::Dim, "What happens from now on; Ctrl-C ends it."));
  const ApiAnswer answer =
      context.api.follow(target_of(options), kSilenceMs, [&](std::string_view event, std::string_view data) {
        if (!event.empty()) print_event(context, event, data);
        return true;
      });
  if (answer.status != 200) return report_problem(context.terminal, answer);
  context.terminal.note("The server has ended.");
  return kUnreachable;
}

}  // namespace engine::cli
