#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/validate_command.h>
#include <statelang/definition/definition.h>
#include <statelang/value.h>

#include "pointer_line.h"

namespace engine::cli {
namespace {

using statelang::Diagnostic;
using statelang::Value;

void print_diagnostic(const Terminal& terminal, const std::string& file, const std::string& text,
                      const Diagnostic& diagnostic) {
  const bool error = diagnostic.severity == Diagnostic::Severity::Error;
  std::string line =
      terminal.paint(Style::Bold,
                     file + ":" + std::to_string(line_of_pointer(text, diagnostic.location)) + ":") +
      " ";
  line += error ? terminal.paint(Style::Red, "error") : terminal.paint(Style::Yellow, "warning");
  line += ": " + printable(diagnostic.message);
  if (!diagnostic.hint.empty()) line += " " + printable(diagnostic.hint);
  terminal.print(line + terminal.paint(Style::Dim,
                                       "  [" + diagnostic.code + " " + printable(diagnostic.location) + "]"));
}

Value to_value(const std::string& file, const std::string& text, const std::vector<Diagnostic>& diagnostics) {
  Value list = Value::array();
  for (const Diagnostic& diagnostic : diagnostics) {
    const bool error = diagnostic.severity == Diagnostic::Severity::Error;
    list.push_back(Value::object({{"severity", error ? "error" : "warning"},
                                  {"code", diagnostic.code},
                                  {"pointer", diagnostic.location},
                                  {"line", static_cast<int64_t>(line_of_pointer(text, diagnostic.location))},
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
    const auto diagnostics = statelang::Definition::validate(text, {options.express, options.strict});
    if (statelang::has_errors(diagnostics)) ++invalid;
    if (options.json) {
      terminal.print(statelang::to_json(to_value(file, text, diagnostics)));
      continue;
    }
    for (const Diagnostic& diagnostic : diagnostics) print_diagnostic(terminal, file, text, diagnostic);
    if (!statelang::has_errors(diagnostics))
      terminal.print(file + ": " + terminal.paint(Style::Green, "valid"));
  }
  return invalid == 0 ? kOk : kRefused;
}

}  // namespace engine::cli
