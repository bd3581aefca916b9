// trigger list, show, put, delete.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string trigger_target(const std::string& name) {
  return "/v1/triggers/" + path_segment(name);
}

int print_document(Context& context, const ApiAnswer& answer) {
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : statelang::to_pretty_json(answer.json));
  return kOk;
}

}  // namespace

int list_triggers(Context& context) {
  const ApiAnswer answer = context.api.call("GET", "/v1/triggers");
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Value* triggers = answer.json.find("items");
  if (!triggers || !triggers->is_array()) return report_problem(context.terminal, {502, answer.body, {}});
  std::vector<std::vector<Cell>> rows;
  for (const Value& trigger : triggers->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(trigger));
      continue;
    }
    const Value* status = trigger.find("status");
    const Value none = Value::object();
    const Value& figures = status && status->is_object() ? *status : none;
    const Value* enabled = trigger.find("enabled");
    const bool on = !enabled || !enabled->is_boolean() || enabled->as_boolean();
    const std::string error = text_of(figures, "last_error");
    rows.push_back(
        {{text_of(trigger, "name"), Style::Plain},
         {trigger.find("webhook") ? "webhook" : "schedule", Style::Dim},
         {text_of(trigger, "state_machine"), Style::Plain},
         {on ? "on" : "off", on ? Style::Green : Style::Yellow},
         {std::to_string(integer_of(figures, "started")), Style::Plain},
         {std::to_string(integer_of(figures, "failed")), error.empty() ? Style::Plain : Style::Red},
         {printable(error), Style::Dim}});
  }
  if (context.json) return kOk;
  if (rows.empty()) {
    context.terminal.note("No triggers yet. Make one: stepstream trigger put NAME FILE");
  } else {
    print_table(context.terminal, {"TRIGGER", "KIND", "STATE MACHINE", "", "STARTED", "FAILED", "LAST ERROR"},
                rows);
  }
  return kOk;
}

int show_trigger(Context& context, const std::string& name) {
  return print_document(context, context.api.call("GET", trigger_target(name)));
}

int put_trigger(Context& context, const TriggerOptions& options) {
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const ApiAnswer answer = context.api.call("PUT", trigger_target(options.name), text);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json) : "stored trigger " + options.name);
  return kOk;
}

int delete_trigger(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", trigger_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted trigger " + name);
  return kOk;
}

}  // namespace engine::cli
