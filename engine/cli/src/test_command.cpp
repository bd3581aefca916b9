#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include <engine/cli/exit_code.h>
#include <engine/cli/test_command.h>
#include <engine/objects/object_folder.h>
#include <statelang/test_runner/test_runner.h>
#include <statelang/timestamps/timestamp.h>

#include "definition_findings.h"
#include "help.h"
#include "history_table.h"
#include "read_argument.h"

namespace engine::cli {
namespace {

using statelang::ExecutionStatus;
using statelang::HistoryEvent;
using statelang::Payload;
using statelang::Value;
namespace test_runner = statelang::test_runner;

constexpr size_t kPlainColumns = 160;

// A file's name; what is given itself is shown by what it is.
std::string shown_name(const std::string& argument, const char* otherwise) {
  if (argument.starts_with('{') || argument.starts_with('[')) return otherwise;
  return argument.starts_with('@') ? argument.substr(1) : argument;
}

std::string_view status_text(ExecutionStatus status) {
  return to_string(status);
}

void print_json(const test_runner::Result& result, std::ostream& out) {
  Value events = Value::array();
  for (const HistoryEvent& event : result.events) events.push_back(to_aws_json(event));
  Value answer = Value::object({{"status", status_text(result.status)}});
  if (result.output) answer.set("output", result.output->text());
  if (result.status != ExecutionStatus::Succeeded && result.status != ExecutionStatus::Running) {
    if (result.failure.has_error) answer.set("error", result.failure.error);
    if (result.failure.has_cause) answer.set("cause", result.failure.cause);
  }
  answer.set("events", std::move(events));
  out << to_json(answer) << '\n';
}

// The event as HistoryTable reads it: REST's names, payloads as values.
Value table_event(const HistoryEvent& event) {
  Value row = Value::object({{"id", event.id},
                             {"previous_id", event.previous_id},
                             {"type", to_string(event.type)},
                             {"time", statelang::timestamps::format_epoch_ms_fixed(event.timestamp_ms)}});
  if (!event.name.empty()) row.set("name", event.name);
  if (!event.resource.empty()) {
    row.set("resource", event.resource_type.empty() || event.resource_type == "queue"
                            ? event.resource
                            : event.resource_type + ":" + event.resource);
  }
  const std::string_view type = to_string(event.type);
  if (event.has_payload) {
    const bool output =
        type.ends_with("Exited") || type.ends_with("Succeeded") || type.ends_with("Submitted");
    row.set(output ? "output" : type == "TaskScheduled" ? "parameters" : "input", event.payload.value());
  }
  if (event.has_error) row.set("error", event.error);
  if (event.has_cause) row.set("cause", event.cause);
  if (type == "MapStateStarted") row.set("length", event.number);
  if (type.starts_with("MapIteration")) row.set("index", event.number);
  if (event.extras && !event.extras->assigned_variables.empty()) {
    Value assigned = Value::object();
    for (const auto& [name, json] : event.extras->assigned_variables) {
      auto value = statelang::parse_json(json);
      assigned.set(name, value ? std::move(*value) : Value(json));
    }
    row.set("assigned_variables", std::move(assigned));
  }
  return row;
}

void print_table(const test_runner::Result& result, bool colours, std::ostream& out) {
  const Terminal window;
  const Terminal terminal(colours, colours, colours ? window.columns() : kPlainColumns);
  HistoryTable table(terminal, false);
  out << table.head() << '\n';
  for (const HistoryEvent& event : result.events) out << table.line(table_event(event)) << '\n';
  const bool good = result.status == ExecutionStatus::Succeeded;
  out << '\n' << terminal.paint(good ? Style::Green : Style::Red, status_text(result.status));
  if (result.output) out << "  " << result.output->text();
  if (!good && !result.failure.error.empty()) out << "  " << result.failure.error;
  if (!good && !result.failure.cause.empty()) out << ": " << result.failure.cause;
  if (result.status == ExecutionStatus::Running)
    out << "  a task has no mocked answer and no timeout: see --mock-config and --test-case";
  out << '\n';
}

// Which test case is meant: the one that was named, in whichever state machine of the file has it, or the
// only one there is. False: that cannot be told, `err` says what there is to choose.
bool choose_case(const test_runner::MockConfiguration& mocks, bool machine_named,
                 test_runner::Options& options, std::ostream& err) {
  const auto all = mocks.cases();
  if (all.empty() || mocks.has_case(options.state_machine_name, options.test_case)) return true;
  std::vector<std::pair<std::string, std::string>> fitting;
  std::string names;
  for (const auto& [machine, test_case] : all) {
    names += (names.empty() ? "" : ", ") + test_case + " (of " + machine + ")";
    const bool of_machine = !machine_named || machine == options.state_machine_name;
    if (of_machine && (options.test_case.empty() || options.test_case == test_case))
      fitting.emplace_back(machine, test_case);
  }
  if (fitting.size() == 1) {
    options.state_machine_name = fitting[0].first;
    options.test_case = fitting[0].second;
    return true;
  }
  err << "stepstream: "
      << (options.test_case.empty() ? "say which test case of the mock configuration"
          : fitting.empty()         ? "the mock configuration has no such test case for this state machine"
                                    : "several state machines of the mock configuration have this test case")
      << ": --test-case, with --state-machine-name where it is of several. There are " << printable(names)
      << '\n';
  return false;
}

}  // namespace

void define_test(CLI::App& app, TestOptions& to) {
  app.add_option("FILE", to.definition, "The definition, - for standard input")->required();
  app.add_option("--input,-i", to.input, "The execution's input: a file, or JSON {...} itself [{}]");
  app.add_option("--mock-config", to.mock_config, "Task answers, in the format of Step Functions Local")
      ->type_name("FILE");
  app.add_option("--test-case", to.options.test_case,
                 "Test case of the mock configuration, if it has several");
  app.add_option("--state-machine-name", to.options.state_machine_name, "Its name in ARNs")
      ->capture_default_str();
  app.add_option("--execution-name", to.options.execution_name, "Its name in ARNs")->capture_default_str();
  app.add_option("--type", to.type, "Run it as a state machine of this type")
      ->check(CLI::IsMember({"STANDARD", "EXPRESS"}))
      ->capture_default_str();
  app.add_option("--account", to.options.account, "Account in ARNs")->type_name("ID")->capture_default_str();
  app.add_option("--region", to.options.region, "Region in ARNs")->type_name("NAME")->capture_default_str();
  app.add_option("--role-arn", to.options.role_arn, "Role in the context object")
      ->type_name("ARN")
      ->capture_default_str();
  app.add_option("--object-root", to.object_root,
                 "What ItemReader reads and ResultWriter writes: objects of bucket B lie in DIR/B")
      ->type_name("DIR");
  app.add_flag("--json", to.json, "Print one JSON object");
}

int run_test(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err,
             bool colours) {
  TestOptions options;
  CLI::App app("Run a definition in memory with mocked task answers; waits take no time", "stepstream test");
  app.formatter(std::make_shared<HelpFormatter>());
  define_test(app, options);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kOk : kUsage;
  }
  return run_test(std::move(options), in, out, err, colours);
}

int run_test(TestOptions arguments, std::istream& in, std::ostream& out, std::ostream& err, bool colours) {
  arguments.options.express = arguments.type == "EXPRESS";
  std::string definition_text, input_text = "{}", mock_text = "{}";
  if (!read_argument(arguments.definition, in, err, definition_text)) return kUsage;
  if (!arguments.input.empty() && !read_argument(arguments.input, in, err, input_text)) return kUsage;
  if (!arguments.mock_config.empty() && !read_argument(arguments.mock_config, in, err, mock_text))
    return kUsage;
  const Terminal terminal;
  const auto put = [&err](std::string_view line) { err << line << '\n'; };
  const auto definition = statelang::Definition::parse(definition_text, {arguments.options.express, false});
  if (!definition) {
    const auto& findings = definition.error();
    print_findings(terminal, shown_name(arguments.definition, "definition"), definition_text, findings,
                   find_places(definition_text, findings), put);
    return kRefused;
  }
  if (!is_json(terminal, shown_name(arguments.input, "input"), input_text, put)) {
    err << "stepstream: the input is not JSON\n";
    return kUsage;
  }
  const auto mocks = test_runner::MockConfiguration::parse(mock_text);
  if (!mocks) {
    err << "stepstream: " << shown_name(arguments.mock_config, "the mock configuration") << ": "
        << mocks.error() << '\n';
    return kUsage;
  }
  const bool machine_named =
      arguments.options.state_machine_name != test_runner::Options{}.state_machine_name;
  if (!choose_case(*mocks, machine_named, arguments.options, err)) return kUsage;
  objects::ObjectFolder objects(arguments.object_root);
  arguments.options.objects = &objects;
  const auto result =
      test_runner::run(**definition, Payload::from_text(input_text), *mocks, arguments.options);
  if (arguments.json) {
    print_json(result, out);
  } else {
    print_table(result, colours, out);
    const std::string& error = result.failure.error;
    if (arguments.object_root.empty() &&
        (error == "States.ItemReaderFailed" || error == "States.ResultWriterFailed"))
      err << "Buckets are folders below --object-root, which is not given.\n";
  }
  return result.status == ExecutionStatus::Succeeded ? kOk : kRefused;
}

}  // namespace engine::cli
