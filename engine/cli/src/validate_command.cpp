#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/validate_command.h>
#include <statelang/definition/definition.h>
#include <statelang/value.h>

#include "definition_findings.h"

namespace engine::cli {
namespace {

using statelang::Diagnostic;
using statelang::Value;

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
    print_findings(terminal, file, text, diagnostics, places,
                   [&](std::string_view line) { terminal.print(line); });
    if (valid) terminal.print(printable(file) + ": " + terminal.paint(Style::Green, "valid"));
  }
  return invalid == 0 ? kOk : kRefused;
}

}  // namespace engine::cli
