// activity list, show, create, delete.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string target_of(const std::string& activity) {
  return "/v1/activities/" + path_segment(activity);
}

int print_activity(Context& context, const ApiAnswer& answer) {
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Terminal& terminal = context.terminal;
  if (context.json) return terminal.print(statelang::to_json(answer.json)), kOk;
  const auto line = [&](std::string_view name, const std::string& text) {
    terminal.print(terminal.paint(Style::Dim, padded(name, 10)) + text);
  };
  line("activity", text_of(answer.json, "arn"));
  line("created", local_time(text_of(answer.json, "created")));
  return kOk;
}

}  // namespace

int list_activities(Context& context) {
  const ApiAnswer answer = context.api.call("GET", "/v1/activities");
  if (!answer.ok()) return report_problem(context.terminal, answer);
  std::vector<std::vector<Cell>> rows;
  for (const Value& activity : answer.json.find("items")->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(activity));
      continue;
    }
    rows.push_back({{text_of(activity, "name"), Style::Plain},
                    time_cell(text_of(activity, "created"), now_ms()),
                    {text_of(activity, "arn"), Style::Plain}});
  }
  if (context.json) return kOk;
  if (rows.empty()) return context.terminal.note("No activities."), kOk;
  print_table(context.terminal, {"ACTIVITY", "CREATED", "ARN"}, rows);
  return kOk;
}

int show_activity(Context& context, const std::string& activity) {
  return print_activity(context, context.api.call("GET", target_of(activity)));
}

int create_activity(Context& context, const std::string& activity) {
  return print_activity(context, context.api.call("PUT", target_of(activity)));
}

int delete_activity(Context& context, const std::string& activity) {
  const ApiAnswer answer = context.api.call("DELETE", target_of(activity));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted activity " + activity);
  return kOk;
}

}  // namespace engine::cli
