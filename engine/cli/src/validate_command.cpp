#include <algorithm>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/validate_command.h>
#include <statelang/definition/definition.h>
#include <statelang/value.h>

#include "source_places.h"

namespace engine::cli {
namespace {

using statelang::Diagnostic;
using statelang::Value;

// Broken JSON is told with its place by the service; here the picture has it.
std::string first_line(const std::string& message) {
  return message.substr(0, message.find('\n'));
}

void print_diagnostic(const Terminal& terminal, const std::string& file, const std::string& text,
                      const Diagnostic& diagnostic, const SourcePlace& place) {
  const bool error = diagnostic.severity == Diagnostic::Severity::Error;
  const Style style = error ? Style::Red : Style::Yellow;
  const std::string at =
      printable(file) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
  terminal.print(terminal.paint(Style::Bold, at) + " " + terminal.paint(style, error ? "error" : "warning") +
                 ": " + printable(first_line(diagnostic.message)) + " " +
                 terminal.paint(Style::Dim, "[" + diagnostic.code + "]"));
  std::string number = std::to_string(place.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  const size_t margin = number.size() + 3;
  const size_t columns = terminal.columns() > margin ? terminal.columns() - margin : 0;
  const Picture picture = picture_of(text, place, columns);
  const std::string blank(number.size(), ' ');
  terminal.print(terminal.paint(Style::Dim, number + " | ") + picture.text);
  terminal.print(terminal.paint(Style::Dim, blank + " | ") + terminal.paint(style, picture.underline));
  if (!diagnostic.hint.empty()) terminal.print(blank + "   hint: " + printable(diagnostic.hint));
}

std::vector<size_t> in_order_of_text(const std::vector<SourcePlace>& places) {
  std::vector<size_t> order(places.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return places[a].offset < places[b].offset; });
  return order;
}

Value to_value(const std::string& file, const std::vector<Diagnostic>& diagnostics,
               const std::vector<SourcePlace>& places) {
  Value list = Value::array();
  for (size_t i = 0; i < diagnostics.size(); ++i) {
    const Diagnostic& diagnostic = diagnostics[i];
    const bool error = diagnostic.severity == Diagnostic::Severity::Error;
    list.push_back(Value::object({{"severity", error ? "error" : "warning"},
                                  {"code", diagnostic.code},
                                  {"pointer", diagnostic.pointer},
                                  {"location", diagnostic.location},
                                  {"line", static_cast<int64_t>(places[i].line)},
                                  {"column", static_cast<int64_t>(places[i].column)},
                                  {"length", static_cast<int64_t>(places[i].length)},
                                  {"message", diagnostic.message},
                                  {"hint", diagnostic.hint}}));
  }
  return Value::object(
      {{"file", file}, {"valid", !statelang::has_errors(diagnostics)}, {"diagnostics", std::move(list)}});
}

}  // namespace

int validate_files(const Terminal& terminal, const ValidateOptions& options) {
  size_t invalid = 0;
  for (const std::string& file : options.files) {
    std::string text;
    if (!read_text(terminal, file, text)) {
      ++invalid;
      continue;
    }
    const bool express = options.express || options.type == "EXPRESS";
    const auto diagnostics = statelang::Definition::validate(text, {express, options.strict});
    const auto places = find_places(text, diagnostics);
    const bool valid = !statelang::has_errors(diagnostics);
    if (!valid) ++invalid;
    if (options.json) {
      terminal.print(statelang::to_json(to_value(file, diagnostics, places)));
      continue;
    }
    for (const size_t i : in_order_of_text(places))
      print_diagnostic(terminal, file, text, diagnostics[i], places[i]);
    if (valid) terminal.print(printable(file) + ": " + terminal.paint(Style::Green, "valid"));
  }
  return invalid == 0 ? kOk : kRefused;
}

}  // namespace engine::cli
