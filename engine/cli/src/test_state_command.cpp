#include <chrono>

#include <engine/cli/api_client.h>
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/test_state_command.h>
#include <statelang/test_state/test_state.h>

#include "definition_findings.h"
#include "tested_state.h"

namespace engine::cli {
namespace {

namespace test_state = statelang::test_state;

constexpr size_t kNamesShown = 20;
constexpr int64_t kCallMsMax = 310'000;  // a server gives up after five minutes

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
  request.role_arn =
      options.role_arn.empty() ? "arn:aws:iam::" + options.account + ":role/test" : options.role_arn;
  request.reveal_secrets = options.reveal_secrets;
  request.account = options.account;
  request.region = options.region;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  request.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  request.random_seed = static_cast<uint64_t>(now.count());
  return true;
}

bool holds_machine(const test_state::Request& request) {
  const auto definition = statelang::parse_json(request.definition);
  const statelang::Value* states = definition ? definition->find("States") : nullptr;
  return states && states->is_object() && !definition->find("Type");
}

// "A, B, C" of a whole machine.
std::string state_names(const test_state::Request& request) {
  const auto definition = statelang::parse_json(request.definition);
  const auto& states = definition->find("States")->as_object();
  std::string names;
  size_t listed = 0;
  for (const auto& [name, state] : states) {
    if (++listed > kNamesShown) return names + ", …";
    names += (names.empty() ? "" : ", ") + printable(name.as_string());
  }
  return names;
}

// What to do about it, where the command knows more than the API; empty: nothing.
std::string hint_of(const test_state::Refusal& refusal, const test_state::Request& request) {
  if (refusal.task)
    return "Say what it gives with --mock or --mock-error, or let a server do it with --call.";
  if (refusal.message.starts_with("TestState API does not support Map or Parallel"))
    return "Say what its iterations or branches give with --mock '[...]', or how they fail with "
           "--mock-error.";
  const bool no_such_state = refusal.message == "State not found in definition";
  if (!no_such_state || !holds_machine(request)) return {};
  return "It has " + state_names(request) + ", and what these have inside.";
}

std::vector<statelang::Diagnostic> errors_of(std::vector<statelang::Diagnostic> findings) {
  std::erase_if(findings, [](const statelang::Diagnostic& finding) {
    return finding.severity != statelang::Diagnostic::Severity::Error;
  });
  return findings;
}

int report(const Terminal& terminal, const TestStateOptions& options, const test_state::Request& request,
           const test_state::Refusal& refusal) {
  if (!request.state_name && holds_machine(request)) {  // whatever else is wrong with it as a state
    terminal.error(printable(options.file) +
                   " holds a whole state machine: name the state to test with --state");
    terminal.note("It has " + state_names(request) + ", and what these have inside.");
    return kRefused;
  }
  if (refusal.diagnostics.empty()) terminal.error(printable(refusal.message));
  if (const std::string hint = hint_of(refusal, request); !hint.empty()) terminal.note(hint);
  note_findings(terminal, options.file, request.definition, errors_of(refusal.diagnostics));
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
    // What branches and iterations give is no step of its own.
    const bool of_fan_out =
        name == "afterResultSelector" && !rows.empty() &&
        (rows.back().front().text == "input" || rows.back().front().text.starts_with("Item"));
    const bool same = !of_fan_out && payload.text() == before;
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

void print_message(const Terminal& terminal, const std::string& head, const test_state::HttpHeaders& headers,
                   const std::string& body) {
  terminal.print(terminal.paint(Style::Bold, printable(head)));
  for (const auto& [name, value] : headers) {
    terminal.print("  " + terminal.paint(Style::Dim, printable(name) + ":") + " " + printable(value));
  }
  if (!body.empty()) terminal.print("\n  " + printable(body));
  terminal.print("");
}

void print_exchange(const Terminal& terminal, const test_state::HttpExchange& http) {
  print_message(terminal, http.method + " " + http.url, http.request_headers, http.request_body);
  if (!http.answered) return;
  print_message(terminal, std::to_string(http.status_code) + " " + http.status_message, http.response_headers,
                http.response_body);
}

// On a terminal what does not fit into its line is laid out; control characters stay escaped in JSON.
void print_output(const Terminal& terminal, const statelang::Payload& output) {
  const std::string label = "output  ", text = printable(output.text());
  if (!terminal.is_terminal() || width(label) + width(text) <= terminal.columns()) {
    return terminal.print(label + text);
  }
  terminal.print(label);
  terminal.print(statelang::to_pretty_json(output.value()));
}

void print_result(const Terminal& terminal, const test_state::Result& result,
                  test_state::InspectionLevel level) {
  const test_state::Inspection& inspection = result.inspection;
  if (level != test_state::InspectionLevel::Info) {
    print_table(terminal, {"Step", "Made"}, rows_of(inspection));
    terminal.print("");
  }
  if (level == test_state::InspectionLevel::Trace && inspection.http)
    print_exchange(terminal, *inspection.http);
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
  if (result.output) print_output(terminal, *result.output);
}

test_state::InspectionLevel level_of(const std::string& word) {
  if (word == "INFO") return test_state::InspectionLevel::Info;
  return word == "TRACE" ? test_state::InspectionLevel::Trace : test_state::InspectionLevel::Debug;
}

int print(const Terminal& terminal, const TestStateOptions& options, const test_state::Result& result) {
  const test_state::InspectionLevel level = level_of(options.inspection_level);
  if (options.json) {
    terminal.print(statelang::to_json(to_aws_json(result, level)));
  } else {
    print_result(terminal, result, level);
  }
  const bool left =
      result.status == test_state::Status::Succeeded || result.status == test_state::Status::CaughtError;
  return left ? kOk : kRefused;
}

int call_server(const Terminal& terminal, const TestStateOptions& options,
                const test_state::Request& request) {
  if (const std::string wrong = url_mistake(options.url); !wrong.empty()) {
    terminal.error(wrong + " (--url or STEPSTREAM_URL)");
    return kUsage;
  }
  ApiClient api(options.url, options.api_key);
  const ApiAnswer answer = api.call("POST", "/v1/test-state", test_state_body(request), kCallMsMax);
  if (!answer.ok()) return report_problem(terminal, answer);
  return print(terminal, options, tested_state(answer.json));
}

}  // namespace

int test_state(const Terminal& terminal, const TestStateOptions& options) {
  test_state::Request request;
  if (!read_request(terminal, options, request)) return kUsage;
  const auto result = test_state::run(request);
  // What can be told without the server is told here, with its place in the file.
  if (options.call && (result || result.error().task)) return call_server(terminal, options, request);
  if (!result) return report(terminal, options, request, result.error());
  if (request.mock && request.mock->result && !test_state::service_shapes_known()) {
    terminal.note("this build has no service models: the mocked result is checked for no service");
  }
  return print(terminal, options, *result);
}

}  // namespace engine::cli
