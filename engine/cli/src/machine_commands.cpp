// create, update, delete, machines, machine: state machines of a running server.
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

bool definition_body(Context& context, const MachineOptions& options, bool creating, std::string& text,
                     std::string& body) {
  if (!read_text(context.terminal, options.file, text)) return false;
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
  if (!definition_body(context, options, true, text, body)) return kRefused;
  const ApiAnswer answer = context.api.call("POST", "/v1/state-machines", body);
  if (is_shown_in_file(context, options, text, options.express, answer)) return kRefused;
  return print_machine(context, answer, "created");
}

int update_machine(Context& context, const MachineOptions& options) {
  std::string text, body;
  if (!definition_body(context, options, false, text, body)) return kRefused;
  const ApiAnswer existing = context.api.call("GET", machine_target(options.name));
  if (!existing.ok()) return report_problem(context.terminal, existing);
  const ApiAnswer answer = context.api.call("PUT", machine_target(options.name), body);
  const bool express = text_of(existing.json, "type") == "EXPRESS";
  if (is_shown_in_file(context, options, text, express, answer)) return kRefused;
  return print_machine(context, answer, "updated");
}

int delete_machine(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", machine_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted " + name);
  return kOk;
}

int list_machines(Context& context) {
  std::vector<std::vector<Cell>> rows;
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
                        {local_time(text_of(machine, "updated")), Style::Dim}});
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
  if (context.json) {
    context.terminal.print(statelang::to_json(answer.json));
  } else {
    context.terminal.print(statelang::to_pretty_json(*answer.json.find("definition")));
  }
  return kOk;
}

}  // namespace engine::cli
