// version list, publish, delete; alias list, show, put, delete.
#include <charconv>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "change.h"
#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

std::string versions_of(const std::string& machine) {
  return "/v1/state-machines/" + path_segment(machine) + "/versions";
}
std::string alias_of(const std::string& machine, const std::string& alias) {
  return "/v1/state-machines/" + path_segment(machine) + "/aliases/" + path_segment(alias);
}

// "3" or "3 90 %, 4 10 %".
std::string routes_of(const Value& alias) {
  std::string line;
  for (const Value& route : alias.find("routes")->as_array()) {
    line += (line.empty() ? "" : ", ") + std::to_string(integer_of(route, "version")) + " " +
            std::to_string(integer_of(route, "weight")) + " %";
  }
  return line;
}

std::optional<int64_t> number(std::string_view digits) {
  int64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
  return whole ? std::optional(value) : std::nullopt;
}

// VERSION or VERSION=WEIGHT.
std::optional<Value> parse_route(std::string_view text) {
  const size_t mark = text.find('=');
  const auto version = number(text.substr(0, mark));
  if (!version) return std::nullopt;
  Value route = Value::object({{"version", *version}});
  if (mark == std::string_view::npos) return route;
  const auto weight = number(text.substr(mark + 1));
  if (!weight) return std::nullopt;
  route.set("weight", *weight);
  return route;
}

int print_alias(Context& context, const Value& alias) {
  const Terminal& terminal = context.terminal;
  if (context.json) return terminal.print(statelang::to_json(alias)), kOk;
  const auto line = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) terminal.print(terminal.paint(Style::Dim, padded(name, 14)) + text);
  };
  line("alias", text_of(alias, "arn"));
  line("routes to", routes_of(alias));
  line("description", text_of(alias, "description"));
  line("updated", local_time(text_of(alias, "updated")));
  return kOk;
}

// Prints the items as rows, or as JSON, one a line.
template <class ToRow>
int print_items(Context& context, const std::string& target, const char* none,
                const std::vector<std::string>& heads, ToRow to_row) {
  const ApiAnswer answer = context.api.call("GET", target);
  if (!answer.ok()) return report_problem(context.terminal, answer);
  std::vector<std::vector<Cell>> rows;
  for (const Value& item : answer.json.find("items")->as_array()) {
    if (context.json) {
      context.terminal.print(statelang::to_json(item));
    } else {
      rows.push_back(to_row(item));
    }
  }
  if (context.json) return kOk;
  if (rows.empty()) return context.terminal.note(none), kOk;
  print_table(context.terminal, heads, rows);
  return kOk;
}

}  // namespace

int list_versions(Context& context, const VersionOptions& options) {
  return print_items(context, versions_of(options.machine),
                     "No versions yet. Publish one: stepstream version publish MACHINE",
                     {"VERSION", "REVISION", "CREATED", "DESCRIPTION"}, [](const Value& version) {
                       return std::vector<Cell>{
                           {std::to_string(integer_of(version, "version")), Style::Plain},
                           {text_of(version, "revision_id"), Style::Dim},
                           time_cell(text_of(version, "created"), now_ms()),
                           {text_of(version, "description"), Style::Plain}};
                     });
}

int publish_version(Context& context, const VersionOptions& options) {
  Value body = Value::object({});
  if (!options.description.empty()) body.set("description", options.description);
  const ApiAnswer answer = context.api.call("POST", versions_of(options.machine), statelang::to_json(body));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (context.json) return context.terminal.print(statelang::to_json(answer.json)), kOk;
  context.terminal.print("published " + text_of(answer.json, "arn"));
  return kOk;
}

int delete_version(Context& context, const VersionOptions& options) {
  if (!number(options.version)) {
    context.terminal.error("a version is a number, not \"" + printable(options.version) + "\"");
    return kUsage;
  }
  const ApiAnswer answer =
      context.api.call("DELETE", versions_of(options.machine) + "/" + path_segment(options.version));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted version " + options.version + " of " + options.machine);
  return kOk;
}

int list_aliases(Context& context, const AliasOptions& options) {
  return print_items(context, "/v1/state-machines/" + path_segment(options.machine) + "/aliases",
                     "No aliases yet. Make one: stepstream alias put MACHINE ALIAS --route VERSION",
                     {"ALIAS", "ROUTES TO", "UPDATED", "DESCRIPTION"}, [](const Value& alias) {
                       return std::vector<Cell>{{text_of(alias, "name"), Style::Plain},
                                                {routes_of(alias), Style::Plain},
                                                time_cell(text_of(alias, "updated"), now_ms()),
                                                {text_of(alias, "description"), Style::Plain}};
                     });
}

int show_alias(Context& context, const AliasOptions& options) {
  const ApiAnswer answer = context.api.call("GET", alias_of(options.machine, options.alias));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  return print_alias(context, answer.json);
}

int put_alias(Context& context, const AliasOptions& options) {
  statelang::Array routes;
  for (const std::string& text : options.routes) {
    auto route = parse_route(text);
    if (!route) {
      context.terminal.error("--route takes VERSION or VERSION=WEIGHT, not \"" + text + "\"");
      return kUsage;
    }
    routes.push_back(std::move(*route));
  }
  Value body = Value::object({{"routes", Value(std::move(routes))}});
  if (!options.description.empty()) body.set("description", options.description);
  const ApiAnswer answer =
      context.api.call("PUT", alias_of(options.machine, options.alias), statelang::to_json(body));
  if (!answer.ok()) {
    const int code = report_problem(context.terminal, answer);
    if (answer.status == 404) context.terminal.note("See: stepstream version list " + options.machine);
    return code;
  }
  return print_alias(context, answer.json);
}

int delete_alias(Context& context, const AliasOptions& options) {
  const ApiAnswer answer = context.api.call("DELETE", alias_of(options.machine, options.alias));
  if (!answer.ok()) return report_problem(context.terminal, answer);
  if (!context.json) context.terminal.print("deleted alias " + options.alias + " of " + options.machine);
  return kOk;
}

}  // namespace engine::cli
