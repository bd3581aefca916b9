// trigger, sink and connection: list, show, put, delete.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "definition_findings.h"
#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string target(const DocumentKind& kind, const std::string& name) {
  return std::string(kind.route) + "/" + path_segment(name);
}

// Its member "status", or an empty object.
Value figures_of(const Value& document) {
  const Value* status = document.find("status");
  return status && status->is_object() ? *status : Value::object();
}

Cell switch_cell(const Value& document, std::string_view member) {
  const Value* enabled = document.find(member);
  const bool on = !enabled || !enabled->is_boolean() || enabled->as_boolean();
  return {on ? "on" : "off", on ? Style::Green : Style::Yellow};
}

Cell count_cell(const Value& figures, std::string_view name, Style style = Style::Plain) {
  return {std::to_string(integer_of(figures, name)), style};
}

std::string kind_of_trigger(const Value& trigger) {
  for (const char* kind : {"webhook", "schedule", "kafka"}) {
    if (trigger.find(kind)) return kind;
  }
  return {};
}

// Of topics alone, and when it is known.
std::string lag_of_trigger(const Value& figures) {
  const Value* kafka = figures.find("kafka");
  const Value* lag = kafka ? kafka->find("lag") : nullptr;
  return lag && lag->is_integer() ? std::to_string(lag->as_integer()) : std::string();
}

std::vector<Cell> trigger_row(const Value& trigger) {
  const Value figures = figures_of(trigger);
  const std::string error = text_of(figures, "last_error");
  return {{text_of(trigger, "name"), Style::Plain},
          {kind_of_trigger(trigger), Style::Dim},
          {text_of(trigger, "state_machine"), Style::Plain},
          switch_cell(trigger, "enabled"),
          count_cell(figures, "started"),
          {lag_of_trigger(figures), Style::Plain},
          count_cell(figures, "failed", error.empty() ? Style::Plain : Style::Red),
          {printable(error), Style::Dim}};
}

std::vector<Cell> sink_row(const Value& sink) {
  const Value figures = figures_of(sink);
  return {{text_of(sink, "Name"), Style::Plain},
          {text_of(sink, "Type"), Style::Dim},
          switch_cell(sink, "Enabled"),
          count_cell(figures, "delivered"),
          count_cell(figures, "waiting"),
          count_cell(figures, "dropped", integer_of(figures, "dropped") == 0 ? Style::Plain : Style::Red),
          {printable(text_of(figures, "last_error")), Style::Dim}};
}

// The one member of "authorization".
std::string authorization_of(const Value& connection) {
  const Value* authorization = connection.find("authorization");
  if (!authorization || !authorization->is_object() || authorization->size() == 0) return "none";
  return std::string(authorization->as_object()[0].first.as_string());
}

std::string hosts_of(const Value& connection) {
  const Value* hosts = connection.find("hosts");
  if (!hosts || !hosts->is_array()) return "any";
  std::string all;
  for (const Value& host : hosts->as_array()) {
    if (host.is_string()) all.append(all.empty() ? "" : " ").append(host.as_string());
  }
  return printable(all);
}

std::vector<Cell> connection_row(const Value& connection) {
  return {{text_of(connection, "name"), Style::Plain},
          {authorization_of(connection), Style::Dim},
          {hosts_of(connection), Style::Dim},
          {printable(text_of(connection, "description")), Style::Plain},
          {text_of(connection, "arn"), Style::Dim}};
}

}  // namespace

const DocumentKind& triggers() {
  static const DocumentKind kind{
      "trigger",
      "/v1/triggers",
      "What starts executions: webhooks, schedules, topics",
      "",
      {"TRIGGER", "KIND", "STATE MACHINE", "STATE", "STARTED", "LAG", "FAILED", "LAST ERROR"},
      trigger_row};
  return kind;
}

const DocumentKind& sinks() {
  static const DocumentKind kind{"sink",
                                 "/v1/sinks",
                                 "Where status changes go: webhooks, topics, state machines",
                                 "; what waits for it is dropped",
                                 {"SINK", "TYPE", "STATE", "DELIVERED", "WAITING", "DROPPED", "LAST ERROR"},
                                 sink_row};
  return kind;
}

const DocumentKind& connections() {
  static const DocumentKind kind{"connection",
                                 "/v1/connections",
                                 "How HTTP tasks prove who is calling",
                                 "",
                                 {"CONNECTION", "AUTHORIZATION", "HOSTS", "DESCRIPTION", "ARN"},
                                 connection_row};
  return kind;
}

int list_documents(Context& context, const DocumentKind& kind) {
  const ApiAnswer answer = context.api.call("GET", kind.route);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Value* items = answer.json.find("items");
  if (!items || !items->is_array()) return report_problem(context.terminal, {502, answer.body, {}});
  std::vector<std::vector<Cell>> rows;
  for (const Value& document : items->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(document));
    } else {
      rows.push_back(kind.row(document));
    }
  }
  if (context.json) return kOk;
  if (rows.empty()) {
    const std::string name = kind.name;
    context.terminal.note("No " + name + "s yet. Make one: stepstream " + name + " put NAME FILE");
  } else {
    print_table(context.terminal, kind.columns, rows);
  }
  return kOk;
}

int show_document(Context& context, const DocumentKind& kind, const std::string& name) {
  const ApiAnswer answer = context.api.call("GET", target(kind, name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : statelang::to_pretty_json(answer.json));
  return kOk;
}

int put_document(Context& context, const DocumentKind& kind, const DocumentOptions& options) {
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const auto note = [&](std::string_view line) { context.terminal.note(line); };
  if (!is_json(context.terminal, options.file, text, note)) return kRefused;
  const ApiAnswer answer = context.api.call("PUT", target(kind, options.name), text);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : "stored " + std::string(kind.name) + " " + options.name);
  return kOk;
}

int delete_document(Context& context, const DocumentKind& kind, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", target(kind, name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted " + std::string(kind.name) + " " + name);
  return kOk;
}

}  // namespace engine::cli
