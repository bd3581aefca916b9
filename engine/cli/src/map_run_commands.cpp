// map-run list, show, update.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string target_of(const std::string& map_run) {
  return "/v1/map-runs/" + path_segment(map_run);
}

std::string counted(const Value& run, std::string_view of) {
  const Value* counts = run.find(of);
  if (!counts) return {};
  std::string line = std::to_string(integer_of(*counts, "total"));
  for (const char* name : {"pending", "running", "succeeded", "failed", "timed_out", "aborted",
                           "pending_redrive", "failures_not_redrivable"}) {
    const int64_t count = integer_of(*counts, name);
    if (count > 0) (line += ", " + std::to_string(count) + " ").append(name);
  }
  return line;
}

int print_map_run(Context& context, const Value& run) {
  const Terminal& terminal = context.terminal;
  if (context.json) return terminal.print(statelang::to_json(run)), kOk;
  const auto line = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) terminal.print(terminal.paint(Style::Dim, padded(name, 20)) + text);
  };
  const std::string status = text_of(run, "status");
  line("map run", text_of(run, "map_run_arn"));
  line("execution", short_name(text_of(run, "execution_arn")));
  line("status", terminal.paint(status_style(status), status));
  line("started", local_time(text_of(run, "start_time")));
  line("ended", local_time(text_of(run, "stop_time")));
  line("max concurrency", std::to_string(integer_of(run, "max_concurrency")));
  line("tolerated failures", std::to_string(integer_of(run, "tolerated_failure_count")) + ", " +
                                 statelang::to_json(*run.find("tolerated_failure_percentage")) + " %");
  line("executions", counted(run, "executions"));
  line("items", counted(run, "items"));
  return kOk;
}

}  // namespace

int list_map_runs(Context& context, const std::string& execution) {
  const ApiAnswer answer = context.api.call("GET", "/v1/executions/" + path_segment(execution) + "/map-runs");
  if (!answer.ok()) return report_problem(context.terminal, answer);
  std::vector<std::vector<Cell>> rows;
  for (const Value& run : answer.json.find("items")->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(run));
      continue;
    }
    const std::string status = text_of(run, "status");
    rows.push_back({{text_of(run, "map_run_arn"), Style::Plain},
                    {status, status_style(status)},
                    time_cell(text_of(run, "start_time"), now_ms()),
                    {counted(run, "executions"), Style::Plain}});
  }
  if (context.json) return kOk;
  if (rows.empty()) return context.terminal.note("No Map Runs."), kOk;
  print_table(context.terminal, {"MAP RUN", "STATUS", "STARTED", "EXECUTIONS"}, rows);
  return kOk;
}

int show_map_run(Context& context, const std::string& map_run) {
  const ApiAnswer answer = context.api.call("GET", target_of(map_run));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  return print_map_run(context, answer.json);
}

int update_map_run(Context& context, const MapRunOptions& options) {
  Value body = Value::object({});
  if (options.max_concurrency >= 0) body.set("max_concurrency", options.max_concurrency);
  if (options.tolerated_failure_count >= 0) {
    body.set("tolerated_failure_count", options.tolerated_failure_count);
  }
  if (options.tolerated_failure_percentage >= 0) {
    body.set("tolerated_failure_percentage", options.tolerated_failure_percentage);
  }
  const ApiAnswer answer = context.api.call("POST", target_of(options.map_run), statelang::to_json(body));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  return print_map_run(context, answer.json);
}

}  // namespace engine::cli
