// stepstream: the one command. Commands that talk to a server are in engine/cli; here are those that run
// without one.
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <CLI/CLI.hpp>

#include <engine/cli/command_line.h>
#include <engine/cli/eval_command.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/terminal.h>
#include <engine/cli/test_command.h>
#include <engine/cli/validate_command.h>
#include <engine/server/server_process.h>
#include <engine/server/settings.h>

namespace {

using engine::cli::CommandLine;
using engine::cli::kUsage;
using engine::cli::Terminal;

struct ServerArguments {
  std::string config;
  std::map<std::string, std::string> flags;
};

int run_server(const ServerArguments& arguments) {
  engine::server::ServerSettings settings;
  const auto refuse = [](const std::string& message) {
    Terminal().error(message);
    return kUsage;
  };
  if (!arguments.config.empty()) {
    std::ifstream in(arguments.config);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) return refuse(arguments.config + ": cannot be read");
    const auto done = engine::server::set_from_json(settings, text.str(), arguments.config);
    if (!done) return refuse(done.error().message);
  }
  for (const auto& [name, value] : arguments.flags) {
    if (value.empty()) continue;
    if (const auto done = engine::server::set(settings, name, value); !done)
      return refuse("--" + done.error().message);
  }
  return engine::server::serve(settings, STEPSTREAM_VERSION);
}

CommandLine::Run define_server(CLI::App& command) {
  auto arguments = std::make_shared<ServerArguments>();
  command
      .add_option("--config", arguments->config,
                  "The same settings as JSON, {\"api_key_file\": ...}; flags win")
      ->type_name("FILE");
  for (const auto& setting : engine::server::all_settings()) {
    command.add_option(std::string("--") + setting.name, arguments->flags[setting.name], setting.description)
        ->type_name(setting.type);
  }
  return [arguments] { return run_server(*arguments); };
}

CommandLine::Run define_validate(CLI::App& command) {
  auto options = std::make_shared<engine::cli::ValidateOptions>();
  command.add_option("FILE", options->files, "Definitions, - for standard input")->required();
  command.add_flag("--express", options->express, "Check them as Express state machines");
  command.add_flag("--strict", options->strict, "Refuse what AWS would refuse, such as bare queue names");
  command.add_flag("--json", options->json, "Print JSON, one document for each file");
  return [options] { return engine::cli::validate_files(Terminal(), *options); };
}

// Reads its own arguments: expressions may look like options.
CommandLine::Run define_eval(CLI::App& command) {
  command.prefix_command();
  command.set_help_flag();
  return [&command] { return engine::cli::run_eval(command.remaining(), std::cin, std::cout, std::cerr); };
}

// Reads its own arguments, so that the test command is whole in one place.
CommandLine::Run define_test(CLI::App& command) {
  command.prefix_command();
  command.set_help_flag();
  return [&command] {
    return engine::cli::run_test(command.remaining(), std::cin, std::cout, std::cerr, Terminal().colours());
  };
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line(STEPSTREAM_VERSION);
  line.local_command("server", "Run the engine", define_server);
  line.local_command("validate", "Check definitions and print every mistake", define_validate);
  line.local_command("test", "Run a definition in memory with mocked task answers", define_test);
  line.local_command("eval", "Evaluate a JSONata expression or a JSONPath", define_eval);
  return line.run(argc, argv);
}
