// connection list, show, put, delete.
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string connection_target(const std::string& name) {
  return "/v1/connections/" + path_segment(name);
}

// The one member of "authorization".
std::string authorization_of(const Value& connection) {
  const Value* authorization = connection.find("authorization");
  if (!authorization || !authorization->is_object() || authorization->size() == 0) return "none";
  return std::string(authorization->as_object()[0].first.as_string());
}

}  // namespace

int list_connections(Context& context) {
  const ApiAnswer answer = context.api.call("GET", "/v1/connections");
  if (!answer.ok()) return report_problem(context.terminal, answer);
  const Value* items = answer.json.find("items");
  if (!items || !items->is_array()) return report_problem(context.terminal, {502, answer.body, {}});
  std::vector<std::vector<Cell>> rows;
  for (const Value& connection : items->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(connection));
      continue;
    }
    rows.push_back({{text_of(connection, "name"), Style::Plain},
                    {authorization_of(connection), Style::Dim},
                    {printable(text_of(connection, "description")), Style::Plain},
                    {text_of(connection, "arn"), Style::Dim}});
  }
  if (context.json) return kOk;
  if (rows.empty()) {
    context.terminal.note("No connections yet. Make one: stepstream connection put NAME FILE");
  } else {
    print_table(context.terminal, {"CONNECTION", "AUTHORIZATION", "DESCRIPTION", "ARN"}, rows);
  }
  return kOk;
}

int show_connection(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("GET", connection_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : statelang::to_pretty_json(answer.json));
  return kOk;
}

int put_connection(Context& context, const ConnectionOptions& options) {
  std::string text;
  if (!read_text(context.terminal, options.file, text)) return kRefused;
  const ApiAnswer answer = context.api.call("PUT", connection_target(options.name), text);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  context.terminal.print(context.json ? statelang::to_json(answer.json)
                                      : "stored connection " + options.name);
  return kOk;
}

int delete_connection(Context& context, const std::string& name) {
  const ApiAnswer answer = context.api.call("DELETE", connection_target(name));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted connection " + name);
  return kOk;
}

}  // namespace engine::cli
