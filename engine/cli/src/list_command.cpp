// list: executions as a table or as JSON lines, once or again and again.
#include <chrono>
#include <map>
#include <thread>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"
#include "time_argument.h"

namespace engine::cli {
namespace {

using statelang::Value;

constexpr std::chrono::seconds kWatchPeriod{1};
constexpr size_t kPage = 1000;

struct Listed {
  std::vector<Value> executions;
  bool more = false;
};

// Nothing is listed: perhaps because there is no such state machine or Map Run.
int unknown_owner(Context& context, const ListOptions& options) {
  if (options.machine.empty() && options.map_run.empty()) return kOk;
  const ApiAnswer answer =
      context.api.call("GET", options.map_run.empty() ? "/v1/state-machines/" + path_segment(options.machine)
                                                      : "/v1/map-runs/" + path_segment(options.map_run));
  return answer.ok() ? static_cast<int>(kOk) : report_problem(context.terminal, answer);
}

std::string query_of(const ListOptions& options, int64_t now) {
  std::string query;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) (query += "&").append(name).append("=").append(path_segment(value));
  };
  add("state_machine", options.machine);
  add("map_run", options.map_run);
  add("status", options.status);
  add("name_prefix", options.name_prefix);
  if (!options.after.empty()) add("started_after", time_argument(options.after, now));
  if (!options.before.empty()) add("started_before", time_argument(options.before, now));
  return query;
}

// Gives an exit code; what went wrong is told.
int read_list(Context& context, const std::string& query, size_t limit, Listed& listed) {
  std::string page_token;
  do {
    const size_t left = limit - listed.executions.size();
    std::string target = "/v1/executions?limit=" + std::to_string(std::min(left, kPage)) + query;
    if (!page_token.empty()) target += "&page_token=" + path_segment(page_token);
    const ApiAnswer answer = context.api.call("GET", target);
    if (!answer.ok()) return report_problem(context.terminal, answer);
    for (const Value& item : answer.json.find("items")->as_array()) listed.executions.push_back(item);
    page_token = text_of(answer.json, "next_page_token");
  } while (!page_token.empty() && listed.executions.size() < limit);
  listed.more = !page_token.empty();
  return kOk;
}

void print_list(const Terminal& terminal, const Listed& listed) {
  std::vector<std::vector<Cell>> rows;
  const int64_t now = now_ms();
  for (const Value& item : listed.executions) {
    const std::string status = text_of(item, "status");
    rows.push_back({{short_name(text_of(item, "execution_arn"))},
                    {status, status_style(status)},
                    time_cell(text_of(item, "start_time"), now),
                    {took(item), Style::Dim}});
  }
  print_table(terminal, {"EXECUTION", "STATUS", "STARTED", "TOOK"}, rows);
}

// Into a pipe or a file: each execution again whenever its status is another one.
void print_changes(Context& context, const Listed& listed, std::map<std::string, std::string>& known) {
  std::map<std::string, std::string> now;
  for (auto item = listed.executions.rbegin(); item != listed.executions.rend(); ++item) {
    const std::string arn = text_of(*item, "execution_arn"), status = text_of(*item, "status");
    now[arn] = status;
    if (const auto found = known.find(arn); found != known.end() && found->second == status) continue;
    context.terminal.print(context.json ? statelang::to_json(*item)
                                        : local_time(text_of(*item, "start_time")) + "  " +
                                              padded(status, 9) + "  " + short_name(arn));
  }
  known = std::move(now);  // of what left the list nothing is kept
  std::fflush(stdout);
}

// Ends with the server, or when the user ends it.
int watch(Context& context, const ListOptions& options) {
  const Terminal& terminal = context.terminal;
  const bool redrawn = terminal.is_terminal() && !context.json;
  std::map<std::string, std::string> known;
  while (true) {
    Listed listed;
    const std::string query = query_of(options, now_ms());
    if (const int failed = read_list(context, query, options.limit, listed); failed != kOk) return failed;
    if (redrawn) {
      std::fputs("\x1b[H\x1b[2J", stdout);
      print_list(terminal, listed);
      terminal.print(terminal.paint(Style::Dim, local_time_of(now_ms()) + "  Ctrl-C ends it"));
      std::fflush(stdout);
    } else {
      print_changes(context, listed, known);
    }
    std::this_thread::sleep_for(kWatchPeriod);
  }
}

}  // namespace

int list_executions(Context& context, const ListOptions& options) {
  const Terminal& terminal = context.terminal;
  for (const std::string* time : {&options.after, &options.before}) {
    if (time->empty() || !time_argument(*time, now_ms()).empty()) continue;
    terminal.error(
        "\"" + *time +
        "\" is no time: 2026-01-31T08:00:00Z, a local \"2026-01-31 08:00\" or 2026-01-31, or how long "
        "ago (30s, 15m, 1h30m, 2d, 1w)");
    return kUsage;
  }
  if (options.watch) {
    const int unknown = unknown_owner(context, options);
    return unknown == kOk ? watch(context, options) : unknown;
  }
  const std::string query = query_of(options, now_ms());
  Listed listed;
  if (const int failed = read_list(context, query, options.limit, listed); failed != kOk) return failed;
  if (context.json) {
    for (const Value& item : listed.executions) terminal.print(statelang::to_json(item));
    return kOk;
  }
  if (listed.executions.empty()) {
    if (const int unknown = unknown_owner(context, options); unknown != kOk) return unknown;
    terminal.note(query.empty() ? "No executions yet. Start one: stepstream start MACHINE"
                                : "No executions match.");
    return kOk;
  }
  print_list(terminal, listed);
  if (listed.more) terminal.note("There are more: --limit, --status, --machine, --since or --name-prefix.");
  return kOk;
}

}  // namespace engine::cli
