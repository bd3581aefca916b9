// stepstream: the one command. Commands that talk to a server are in engine/cli; here are those that run
// without one.
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include <CLI/CLI.hpp>

#include <engine/cli/command_line.h>
#include <engine/cli/eval_command.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/key_command.h>
#include <engine/cli/terminal.h>
#include <engine/cli/test_command.h>
#include <engine/cli/test_state_command.h>
#include <engine/cli/validate_command.h>
#include <engine/server/accept_state.h>
#include <engine/server/read_file.h>
#include <engine/server/server_process.h>
#include <engine/server/settings.h>

namespace {

using engine::cli::CommandLine;
using engine::cli::kUsage;
using engine::cli::Terminal;
using engine::server::ServerSettings;

struct ServerArguments {
  std::string config;
  std::map<std::string, std::optional<std::string>> flags;
};

// Nothing: said why.
std::optional<ServerSettings> read_settings(const ServerArguments& arguments) {
  ServerSettings settings;
  const auto refuse = [](const std::string& message) {
    Terminal().error(message);
    return std::nullopt;
  };
  if (!arguments.config.empty()) {
    const auto text = engine::server::read_file(arguments.config);
    if (!text) return refuse("--config " + text.error().message);
    const auto done = engine::server::set_from_json(settings, *text, arguments.config);
    if (!done) return refuse(done.error().message);
  }
  for (const auto& [name, value] : arguments.flags) {
    if (!value) continue;
    if (const auto done = engine::server::set(settings, name, *value); !done)
      return refuse("--" + done.error().message);
  }
  return settings;
}

// The server's settings, those that `wanted` names or all of them.
std::shared_ptr<ServerArguments> define_settings(CLI::App& command, const std::set<std::string>& wanted) {
  auto arguments = std::make_shared<ServerArguments>();
  command
      .add_option("--config", arguments->config, "The same settings as JSON, {\"key_file\": ...}; flags win")
      ->type_name("FILE");
  for (const auto& setting : engine::server::all_settings()) {
    if (!wanted.empty() && wanted.count(setting.name) == 0) continue;
    command.add_option(std::string("--") + setting.name, arguments->flags[setting.name], setting.description)
        ->type_name(setting.type);
  }
  return arguments;
}

CommandLine::Run define_server(CLI::App& command) {
  const auto arguments = define_settings(command, {});
  return [arguments] {
    const auto settings = read_settings(*arguments);
    return settings ? engine::server::serve(*settings, STEPSTREAM_VERSION) : kUsage;
  };
}

CommandLine::Run define_accept_state(CLI::App& command) {
  auto partition = std::make_shared<uint16_t>();
  command.add_option("PARTITION", *partition, "Its number, as /readyz names it")->required();
  const auto arguments =
      define_settings(command, {"kafka", "kafka-options", "kafka-options-file", "redis", "redis-user",
                                "redis-password-file", "cluster-name", "partitions"});
  command.footer(
      "What the log has lost and Redis had not applied is gone for good. Read docs/guides/cluster.md first.");
  return [arguments, partition] {
    auto settings = read_settings(*arguments);
    return settings ? engine::server::accept_state(std::move(*settings), *partition) : kUsage;
  };
}

CommandLine::Run define_validate(CLI::App& command) {
  auto options = std::make_shared<engine::cli::ValidateOptions>();
  command.add_option("FILE", options->files, "Definitions, - for standard input")->required();
  command.add_option("--type", options->type, "Check them as state machines of this type")
      ->check(CLI::IsMember({"STANDARD", "EXPRESS"}));
  command.add_flag("--express", options->express, "The same as --type EXPRESS");
  command.add_flag("--strict", options->strict, "Refuse what AWS would refuse, such as bare queue names");
  command.add_flag("--json", options->json, "Print JSON, one document for each file");
  command.footer(
      "Exit code: 0 when no file has an error (warnings do not count), 1 when one has or cannot be read.");
  return [options] { return engine::cli::validate_files(Terminal(), *options); };
}

CommandLine::Run define_eval(CLI::App& command) {
  auto options = std::make_shared<engine::cli::EvalOptions>();
  engine::cli::define_eval(command, *options);
  return [options, &command] {
    const bool prompt = command.parse_order().empty();
    return engine::cli::run_eval(*options, prompt, std::cin, std::cout, std::cerr);
  };
}

CommandLine::Run define_test(CLI::App& command) {
  auto options = std::make_shared<engine::cli::TestOptions>();
  engine::cli::define_test(command, *options);
  return [options] {
    return engine::cli::run_test(*options, std::cin, std::cout, std::cerr, Terminal().colours());
  };
}

CommandLine::Run define_test_state(CLI::App& command) {
  auto options = std::make_shared<engine::cli::TestStateOptions>();
  command
      .add_option("FILE", options->file,
                  "Definition of a state, or of a machine with --state; - for standard input")
      ->required();
  command.add_option("--state", options->state, "Name of the state to test, of any nesting depth");
  command.add_option("--input,-i", options->input, "Input, as JSON or @FILE (default {})");
  command.add_option("--variables", options->variables,
                     "Variables before the state: an object, as JSON or @FILE");
  auto* mock =
      command.add_option("--mock", options->mock, "Result of the Task, Map or Parallel, as JSON or @FILE");
  auto* error = command.add_option("--mock-error", options->mock_error, "Its error instead")->excludes(mock);
  command.add_option("--mock-cause", options->mock_cause, "The error's cause")->excludes(mock)->needs(error);
  command
      .add_option("--validation", options->validation,
                  "How the result is held against the service's response")
      ->check(CLI::IsMember({"STRICT", "PRESENT", "NONE"}))
      ->capture_default_str();
  command.add_option("--context", options->context, "The context object as it is to be, as JSON or @FILE");
  command.add_option("--retry-count", options->retry_count, "Attempts that the fitting retrier has made")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--failed-iterations", options->failed_iterations,
                  "Iterations of the Map to count as failed")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--error-caused-by", options->error_caused_by,
                     "State inside the Map or Parallel that the error comes from");
  command.add_option("--item-data", options->item_data, "What ItemReader would read: a text or @FILE");
  command.add_option("--role-arn", options->role_arn, "Role in the context object");
  command.add_option("--account", options->account, "Account in the context object")->capture_default_str();
  command.add_option("--region", options->region, "Region in the context object")->capture_default_str();
  command
      .add_option("--inspection-level", options->inspection_level,
                  "INFO: the end alone; DEBUG: the steps, too; TRACE: and the call of an HTTP task")
      ->check(CLI::IsMember({"INFO", "DEBUG", "TRACE"}))
      ->capture_default_str();
  command.add_flag("--json", options->json, "Print the answer of AWS's TestState");
  auto* call =
      command.add_flag("--call", options->call, "Let the server run the state and really do its task");
  const char* url = std::getenv("STEPSTREAM_URL");
  if (url && *url) options->url = url;
  const char* key = std::getenv("STEPSTREAM_API_KEY");
  if (key) options->api_key = key;
  command.add_option("--url", options->url, "The server")
      ->needs(call)
      ->type_name("URL")
      ->capture_default_str();
  command
      .add_flag("--reveal-secrets", options->reveal_secrets,
                "Show what the connection adds to the call of an HTTP task")
      ->needs(call);
  return [options] { return engine::cli::test_state(Terminal(), *options); };
}

CommandLine::Run define_key(CLI::App& command) {
  using engine::cli::KeyOptions;
  auto options = std::make_shared<KeyOptions>();
  command.require_subcommand(1);
  CLI::App* create =
      command.add_subcommand("create", "Make a key, put it into the file, print its secret once");
  CLI::App* list = command.add_subcommand("list", "List the keys of a file and what they may do");
  CLI::App* remove = command.add_subcommand("remove", "Take a key out of the file");
  for (CLI::App* each : {create, list, remove})
    each->add_option("FILE", options->file, "The key file")->required();
  remove->add_option("ID", options->id, "The key's, as key list prints it")->required();
  create->add_option("--id", options->id, "Its name in logs and refusals [random]");
  create->add_flag("--aws", options->aws, "An AWS access key, for SDKs; else a bearer key of the REST API");
  create->add_option("--account", options->account, "The account it reaches [the server's]")->type_name("ID");
  create
      ->add_option("--action", options->actions, "May do this: states:StartExecution, states:Describe*, ...")
      ->required();
  create->add_option("--resource", options->resources, "On this: an ARN, its beginning and *, or *")
      ->capture_default_str()
      ->allow_extra_args(false);
  auto* expires =
      create->add_option("--expires", options->expires, "Until then (2027-01-31T00:00:00Z) [for ever]");
  create->add_option("--days", options->days, "For so many days")
      ->check(CLI::PositiveNumber)
      ->excludes(expires);
  for (CLI::App* each : {create, list})
    each->add_flag("--json", options->json, "Print JSON, one document a line");
  return [options, create, list] {
    if (create->parsed()) return engine::cli::create_key(Terminal(), *options);
    return list->parsed() ? engine::cli::list_keys(Terminal(), *options)
                          : engine::cli::remove_key(Terminal(), *options);
  };
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line(STEPSTREAM_VERSION);
  line.local_command("server", "Run the engine", define_server);
  line.local_command("accept-state", "Cluster: let Redis win over a log that has lost its end",
                     define_accept_state);
  line.local_command("validate", "Check definitions and print every mistake", define_validate);
  line.local_command("test", "Run a definition in memory with mocked task answers", define_test);
  line.local_command("test-state", "Test one state: what each step of its data flow makes",
                     define_test_state);
  line.local_command("key", "Make and remove the keys that may call a server", define_key);
  line.local_command("eval", "Evaluate a JSONata expression or a JSONPath", define_eval);
  return line.run(argc, argv);
}
