// history: the events of an execution as a table, or as JSON lines; --follow until it ends.
#include <cstdio>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "history_table.h"
#include "shown.h"

namespace engine::cli {

using statelang::Value;

int show_history(Context& context, const HistoryOptions& options) {
  const Terminal& terminal = context.terminal;
  const std::string target = "/v1/executions/" + path_segment(options.execution);
  HistoryTable table(terminal, options.full);
  int64_t after = 0;
  bool begun = false;
  while (true) {
    std::string page = target + "/history?limit=1000&after=" + std::to_string(after);
    if (options.follow) page += "&wait_seconds=30";
    const ApiAnswer answer = context.api.call("GET", page, {}, 60'000);
    if (!answer.ok()) return report_problem(terminal, answer);
    if (!begun && !context.json) terminal.print(table.head());
    begun = true;
    const Value* events = answer.json.find("events");
    for (const Value& event : events->as_array()) {
      terminal.print(context.json ? statelang::to_json(event) : table.line(event));
    }
    std::fflush(stdout);
    after = integer_of(answer.json, "last_id");
    const Value* finished = answer.json.find("finished");
    if (finished && finished->is_boolean() && finished->as_boolean()) break;
    if (!options.follow && events->size() == 0) break;
  }
  if (context.json) return kOk;
  const ApiAnswer execution = context.api.call("GET", target);
  if (!execution.ok()) return report_problem(terminal, execution);
  const std::string status = text_of(execution.json, "status");
  terminal.note(terminal.paint(status_style(status), status));
  return kOk;
}

}  // namespace engine::cli
