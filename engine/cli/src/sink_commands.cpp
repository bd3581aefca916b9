// sink list, show, put, delete.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string sink_target(const std::string& name) {
  return "/v1/sinks/" + path_segment(name);
}

}  // namespace

int list_sinks(Context& context) {
  const ApiAnswer answer = context.api.call("GET", "/v1/sinks");
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Value* sinks = answer.json.find("items");
  if (!sinks || !sinks->is_array()) return report_problem(context.terminal, {502, answer.body, {}});
  const Value none = Value::object();
  std::vector<std::vector<Cell>> rows;
  for (const Value& sink : sinks->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(sink));
      continue;
    }
    const Value* status = sink.find("status");
    const Value& figures = status && status->is_object() ? *status : none;
    const Value* enabled = sink.find("Enabled");
    const bool on = !enabled || !enabled->is_boolean() || enabled->as_boolean();
    const int64_t dropped = integer_of(figures, "dropped");
    rows.push_back({{text_of(sink, "Name"), Style::Plain},
                    {text_of(sink, "Type"), Style::Dim},
                    {on ? "on" : "off", on ? Style::Green : Style::Yellow},
                    {std::to_string(integer_of(figures, "delivered")), Style::Plain},
                    {std::to_string(integer_of(figures, "waiting")), Style::Plain},
                    {std::to_string(dropped), dropped == 0 ? Style::Plain : Style::Red},
                    {printable(text_of(figures, "last_error")), Style::Dim}});
  }
  if (context.json) return kOk;
  if (rows.empty()) {
    context.terminal.note("No sinks yet. Make one: stepstream sink put NAME FILE");
  } else {
    print_table(context.terminal, {"SINK", "TYPE", "", "DELIVERED", "WAITING", "DROPPED", "LAST ERROR"},
                rows);
  }
  return kOk;
}

int show_sink(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("GET", sink_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : statelang::to_pretty_json(answer.json));
  return kOk;
}

int put_sink(Context& context, const SinkOptions& options) {
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const ApiAnswer answer = context.api.call("PUT", sink_target(options.name), text);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json) : "stored sink " + options.name);
  return kOk;
}

int delete_sink(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", sink_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted sink " + name);
  return kOk;
}

}  // namespace engine::cli
