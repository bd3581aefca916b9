#include "definition_findings.h"

#include <algorithm>

#include <statelang/json_syntax.h>
#include <statelang/payload.h>

namespace engine::cli {
namespace {

using statelang::Diagnostic;
using Put = std::function<void(std::string_view)>;

// Broken JSON is told with its place by the service; here the picture has it.
std::string first_line(const std::string& message) {
  return message.substr(0, message.find('\n'));
}

void print_finding(const Terminal& terminal, const std::string& file, const std::string& text,
                   const Diagnostic& finding, const SourcePlace& place, const Put& put) {
  const bool error = finding.severity == Diagnostic::Severity::Error;
  const Style style = error ? Style::Red : Style::Yellow;
  const std::string at =
      printable(file) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ":";
  put(terminal.paint(Style::Bold, at) + " " + terminal.paint(style, error ? "error" : "warning") + ": " +
      printable(first_line(finding.message)) + " " + terminal.paint(Style::Dim, "[" + finding.code + "]"));
  std::string number = std::to_string(place.line);
  if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
  const size_t margin = number.size() + 3;
  const size_t columns = terminal.columns() > margin ? terminal.columns() - margin : 0;
  const Picture picture = picture_of(text, place, columns);
  const std::string blank(number.size(), ' ');
  put(terminal.paint(Style::Dim, number + " | ") + picture.text);
  put(terminal.paint(Style::Dim, blank + " | ") + terminal.paint(style, picture.underline));
  if (!finding.hint.empty()) put(blank + "   hint: " + printable(finding.hint));
}

}  // namespace

void print_findings(const Terminal& terminal, const std::string& file, const std::string& text,
                    const std::vector<Diagnostic>& findings, const std::vector<SourcePlace>& places,
                    const Put& put) {
  std::vector<size_t> order(places.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return places[a].offset < places[b].offset; });
  for (const size_t i : order) print_finding(terminal, file, text, findings[i], places[i], put);
}

void note_findings(const Terminal& terminal, const std::string& file, const std::string& text,
                   const std::vector<Diagnostic>& findings) {
  print_findings(terminal, file, text, findings, find_places(text, findings),
                 [&](std::string_view line) { terminal.note(line); });
}

bool is_json(const Terminal& terminal, const std::string& file, const std::string& text, const Put& put) {
  if (statelang::valid_json(text)) return true;
  Diagnostic finding;
  finding.code = "INVALID_JSON";
  const auto syntax = statelang::find_json_syntax_error(text);
  finding.message = syntax ? syntax->message : "This cannot be read as JSON";  // nested too deeply
  finding.offset = syntax ? syntax->offset : 0;
  const std::vector<Diagnostic> findings = {std::move(finding)};
  print_findings(terminal, file, text, findings, find_places(text, findings), put);
  return false;
}

}  // namespace engine::cli
