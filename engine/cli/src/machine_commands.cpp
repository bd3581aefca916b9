// create, update, put, delete, machines, definition, show: state machines of a running server.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <statelang/definition/definition.h>

#include "definition_findings.h"
#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string machine_target(const std::string& name) {
  return "/v1/state-machines/" + path_segment(name);
}

bool definition_body(Context& context, const MachineOptions& options, bool creating, const std::string& text,
                     std::string& body) {
  if (!statelang::parse_json(text)) {
    note_findings(context.terminal, options.file, text, statelang::Definition::validate(text, {}));
    return false;
  }
  body = "{";
  if (creating) {
    body += "\"name\":";
    statelang::append_json_string(body, options.name);
    body += ',';
  }
  body += "\"definition\":" + text;
  if (options.express) body += R"(,"type":"EXPRESS")";
  if (!options.role_arn.empty()) {
    body += ",\"role_arn\":";
    statelang::append_json_string(body, options.role_arn);
  }
  if (!options.log_level.empty()) {
    body += ",\"logging\":{\"level\":\"" + options.log_level + "\",\"include_execution_data\":";
    body += options.log_data ? "true" : "false";
    if (!options.log_group.empty()) {
      body += ",\"group\":";
      statelang::append_json_string(body, options.log_group);
    }
    body += '}';
  }
  body += '}';
  return true;
}

// A definition that the server refuses is shown with its mistakes, where this program finds them, too.
bool is_shown_in_file(Context& context, const MachineOptions& options, const std::string& text, bool express,
                      const ApiAnswer& answer) {
  if (answer.status != 400) return false;
  const auto findings = statelang::Definition::validate(text, {express, false});
  if (!statelang::has_errors(findings)) return false;
  note_findings(context.terminal, options.file, text, findings);
  return true;
}

int print_machine(Context& context, const ApiAnswer& answer, std::string_view what_happened) {
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (context.json) {
    context.terminal.print(statelang::to_json(answer.json));
    return kOk;
  }
  context.terminal.print(context.terminal.paint(Style::Green, what_happened) + " " +
                         text_of(answer.json, "name") +
                         context.terminal.paint(Style::Dim, "  " + text_of(answer.json, "arn")));
  return kOk;
}

int replace_definition(Context& context, const MachineOptions& options, const std::string& text,
                       bool express) {
  std::string body;
  if (!definition_body(context, options, false, text, body)) return kRefused;
  const ApiAnswer answer = context.api.call("PUT", machine_target(options.name), body);
  if (is_shown_in_file(context, options, text, express, answer)) return kRefused;
  return print_machine(context, answer, "updated");
}

}  // namespace

bool read_text(const Terminal& terminal, const std::string& file, std::string& text) {
  std::ostringstream all;
  if (file == "-") {
    all << std::cin.rdbuf();
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      terminal.error(file + ": cannot be read: " + std::strerror(errno));
      return false;
    }
    all << in.rdbuf();
  }
  text = all.str();
  return true;
}

int create_machine(Context& context, const MachineOptions& options) {
  std::string text, body;
  if (!read_text(context.terminal, options.file, text) ||
      !definition_body(context, options, true, text, body)) {
    return kRefused;
  }
  const ApiAnswer answer = context.api.call("POST", "/v1/state-machines", body);
  if (is_shown_in_file(context, options, text, options.express, answer)) return kRefused;
  return print_machine(context, answer, "created");
}

int update_machine(Context& context, const MachineOptions& options) {
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const ApiAnswer existing = context.api.call("GET", machine_target(options.name));
  if (!existing.ok()) return report_problem(context.terminal, existing);
  return replace_definition(context, options, text, text_of(existing.json, "type") == "EXPRESS");
}

int put_machine(Context& context, const MachineOptions& options) {
  const ApiAnswer existing = context.api.call("GET", machine_target(options.name));
  if (existing.status == 404) return create_machine(context, options);
  if (!existing.ok()) return report_problem(context.terminal, existing);
  const std::string type = text_of(existing.json, "type");
  if (options.express && type != "EXPRESS") {
    context.terminal.error(options.name + " is " + type +
                           ", and the type of a state machine stays: give another name, or delete it");
    return kRefused;
  }
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const auto wanted = statelang::parse_json(text);
  const Value* in_force = existing.json.find("definition");
  const bool same = wanted && in_force && statelang::to_json(*wanted) == statelang::to_json(*in_force) &&
                    options.role_arn.empty() && options.log_level.empty();
  if (same) return print_machine(context, existing, "unchanged");
  MachineOptions change = options;
  change.express = false;
  return replace_definition(context, change, text, type == "EXPRESS");
}

int delete_machine(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", machine_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted " + name);
  return kOk;
}

int list_machines(Context& context) {
  std::vector<std::vector<Cell>> rows;
  const int64_t now = now_ms();
  std::string page_token;
  do {
    const ApiAnswer answer =
        context.api.call("GET", "/v1/state-machines?limit=1000" +
                                    (page_token.empty() ? "" : "&page_token=" + path_segment(page_token)));
    if (!answer.ok()) return report_problem(context.terminal, answer);
    for (const Value& machine : answer.json.find("items")->as_array()) {
      if (context.json) {
        context.terminal.print(statelang::to_json(machine));
      } else {
        rows.push_back({{text_of(machine, "name"), Style::Plain},
                        {text_of(machine, "type"), Style::Dim},
                        time_cell(text_of(machine, "updated"), now)});
      }
    }
    page_token = text_of(answer.json, "next_page_token");
  } while (!page_token.empty());
  if (context.json) return kOk;
  if (rows.empty()) {
    context.terminal.note("No state machines yet. Make one: stepstream create NAME FILE");
  } else {
    print_table(context.terminal, {"STATE MACHINE", "TYPE", "UPDATED"}, rows);
  }
  return kOk;
}

int show_machine(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("GET", machine_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Terminal& terminal = context.terminal;
  if (context.json) return terminal.print(statelang::to_json(answer.json)), kOk;
  const auto text = [&](std::string_view member) { return printable(text_of(answer.json, member)); };
  const std::string short_form = text("name");
  print_fact(terminal, "state machine", short_form);
  print_fact(terminal, "type", text("type"));
  print_fact(terminal, "status", text("status"));
  print_fact(terminal, "created", local_time(text("created")));
  print_fact(terminal, "updated", local_time(text("updated")));
  print_fact(terminal, "revision", text("revision_id"));
  print_fact(terminal, "role", text("role_arn"));
  if (const Value* logging = answer.json.find("logging")) {
    print_fact(terminal, "logs", printable(text_of(*logging, "level") + "  " + text_of(*logging, "group")));
  }
  print_fact(terminal, "arn", text("arn"));
  print_fact(terminal, "definition", "stepstream definition " + short_form);
  print_fact(terminal, "executions", "stepstream list --machine " + short_form);
  return kOk;
}

int print_definition(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("GET", machine_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (context.json) {
    context.terminal.print(statelang::to_json(answer.json));
  } else {
    context.terminal.print(statelang::to_pretty_json(*answer.json.find("definition")));
  }
  return kOk;
}

}  // namespace engine::cli
