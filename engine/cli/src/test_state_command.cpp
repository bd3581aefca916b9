#include <chrono>

#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/test_state_command.h>
#include <statelang/test_state/test_state.h>

#include "source_places.h"

namespace engine::cli {
namespace {

namespace test_state = statelang::test_state;

// JSON or any text as given, or @FILE.
bool read_data(const Terminal& terminal, const std::string& given, std::string& text) {
  if (given.empty() || given[0] != '@') {
    text = given;
    return true;
  }
  return read_text(terminal, given.substr(1), text);
}

bool read_data(const Terminal& terminal, const std::optional<std::string>& given,
               std::optional<std::string>& text) {
  if (!given) return true;
  return read_data(terminal, *given, text.emplace());
}

bool read_json(const Terminal& terminal, const char* option, const std::optional<std::string>& given,
               std::optional<std::string>& text) {
  if (!read_data(terminal, given, text)) return false;
  if (!text || statelang::valid_json(*text)) return true;
  terminal.error(std::string(option) + " is not JSON; a file is written @FILE");
  return false;
}

test_state::FieldValidation validation_of(const std::string& word) {
  if (word == "PRESENT") return test_state::FieldValidation::Present;
  return word == "NONE" ? test_state::FieldValidation::None : test_state::FieldValidation::Strict;
}

bool read_request(const Terminal& terminal, const TestStateOptions& options, test_state::Request& request) {
  std::optional<std::string> input, mock;
  const bool read = read_text(terminal, options.file, request.definition) &&
                    read_json(terminal, "--input", options.input, input) &&
                    read_json(terminal, "--mock", options.mock, mock) &&
                    read_json(terminal, "--variables", options.variables, request.variables) &&
                    read_json(terminal, "--context", options.context, request.context) &&
                    read_data(terminal, options.item_data, request.configuration.map_item_reader_data);
  if (!read) return false;
  request.input = *input;
  request.state_name = options.state;
  const bool has_error = options.mock_error || options.mock_cause;
  if (mock || has_error) {
    test_state::Mock& out = request.mock.emplace();
    out.result = std::move(mock);
    if (has_error) {
      out.error_output = statelang::Failure{options.mock_error.value_or(""), options.mock_cause.value_or(""),
                                            options.mock_error.has_value(), options.mock_cause.has_value()};
    }
    out.field_validation = validation_of(options.validation);
  }
  request.configuration.retrier_retry_count = options.retry_count;
  request.configuration.map_iteration_failure_count = options.failed_iterations;
  request.configuration.error_caused_by_state = options.error_caused_by;
  // Nothing is called, so a role would only stand in the way.
  request.role_arn =
      options.role_arn.empty() ? "arn:aws:iam::" + options.account + ":role/test" : options.role_arn;
  request.account = options.account;
  request.region = options.region;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  request.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  request.random_seed = static_cast<uint64_t>(now.count());
  return true;
}

int report(const Terminal& terminal, const TestStateOptions& options, const std::string& definition,
           const test_state::Refusal& refusal) {
  if (refusal.diagnostics.empty()) terminal.error(refusal.message);
  const auto places = find_places(definition, refusal.diagnostics);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto& found = refusal.diagnostics[i];
    if (found.severity != statelang::Diagnostic::Severity::Error) continue;
    std::string line = options.file + ":" + std::to_string(places[i].line) + ":" +
                       std::to_string(places[i].column) + ": error: " + printable(found.message);
    if (!found.hint.empty()) line += " " + printable(found.hint);
    terminal.note(line);
  }
  return kRefused;
}

// The name by which definitions know the step, for what is a field of theirs.
std::string step_name(std::string name) {
  if (name.starts_with("after")) name.erase(0, 5);
  return name;
}

std::vector<std::vector<Cell>> rows_of(const test_state::Inspection& inspection) {
  std::vector<std::vector<Cell>> rows;
  std::string before;
  for (const auto& [name, payload] : inspection.data) {
    const bool same = payload.text() == before;
    before = payload.text();
    rows.push_back({{step_name(name)},
                    same ? Cell{"(unchanged)", Style::Dim} : Cell{printable(payload.text()), Style::Plain}});
  }
  const auto number = [&rows](const char* name, const std::optional<int64_t>& value) {
    if (value) rows.push_back({{name}, {std::to_string(*value)}});
  };
  number("MaxConcurrency", inspection.max_concurrency);
  number("ToleratedFailureCount", inspection.tolerated_failure_count);
  if (const auto& percentage = inspection.tolerated_failure_percentage) {
    rows.push_back({{"ToleratedFailurePercentage"}, {statelang::to_json(statelang::Value(*percentage))}});
  }
  return rows;
}

std::string error_text(const test_state::Result& result) {
  std::string text = result.error ? *result.error : std::string();
  if (result.cause) text += (text.empty() ? "" : ": ") + *result.cause;
  return printable(text);
}

void print_result(const Terminal& terminal, const test_state::Result& result, bool steps) {
  const test_state::Inspection& inspection = result.inspection;
  if (steps) {
    print_table(terminal, {"Step", "Made"}, rows_of(inspection));
    terminal.print("");
  }
  const bool good = result.status == test_state::Status::Succeeded;
  const bool bad = result.status == test_state::Status::Failed;
  std::string line = terminal.paint(good  ? Style::Green
                                    : bad ? Style::Red
                                          : Style::Yellow,
                                    to_string(result.status));
  if (const std::string error = error_text(result); !error.empty()) line += "  " + error;
  terminal.print(line);
  if (inspection.retry_index) {
    terminal.print("retry   Retry[" + std::to_string(*inspection.retry_index) + "], in " +
                   std::to_string(inspection.retry_backoff_seconds.value_or(0)) + " s");
  }
  if (inspection.catch_index)
    terminal.print("catch   Catch[" + std::to_string(*inspection.catch_index) + "]");
  if (result.next_state) terminal.print("next    " + printable(*result.next_state));
  if (result.output) terminal.print("output  " + printable(result.output->text()));
}

}  // namespace

int test_state(const Terminal& terminal, const TestStateOptions& options) {
  test_state::Request request;
  if (!read_request(terminal, options, request)) return kUsage;
  if (request.mock && request.mock->result && !test_state::service_shapes_known()) {
    terminal.note("this build has no service models: the mocked result is checked for no service");
  }
  const auto result = test_state::run(request);
  if (!result) return report(terminal, options, request.definition, result.error());
  const bool info = options.inspection_level == "INFO";
  if (options.json) {
    const auto level = info ? test_state::InspectionLevel::Info : test_state::InspectionLevel::Debug;
    terminal.print(statelang::to_json(to_aws_json(*result, level)));
  } else {
    print_result(terminal, *result, !info);
  }
  const bool left =
      result->status == test_state::Status::Succeeded || result->status == test_state::Status::CaughtError;
  return left ? kOk : kRefused;
}

}  // namespace engine::cli
