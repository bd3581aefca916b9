#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include <CLI/CLI.hpp>

#include <engine/cli/command_line.h>
#include <engine/cli/commands.h>
#include <engine/cli/exit_code.h>

#include "completion.h"
#include "help.h"

namespace engine::cli {
namespace {

constexpr const char *kHere = "Here", *kServer = "On a running server (STEPSTREAM_URL)";

constexpr const char* kExecution = "MACHINE:NAME, or its ARN";

constexpr const char* kFooter =
    "Environment:\n"
    "  STEPSTREAM_URL      where the server is (default http://127.0.0.1:8460)\n"
    "  STEPSTREAM_API_KEY  sent as bearer token\n"
    "  NO_COLOR            no colours\n"
    "Exit codes:\n"
    "  0 done   1 refused or failed   2 wrong usage   3 no server answers   4 the server cannot start\n"
    "An EXECUTION is MACHINE:NAME, as printed by start and list, or an ARN.";

std::string environment(const char* name, const char* fallback) {
  const char* value = std::getenv(name);
  return value && *value ? value : fallback;
}

std::string upper_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

const std::vector<std::string>& statuses() {
  static const std::vector<std::string> all = {"RUNNING",   "SUCCEEDED", "FAILED",
                                               "TIMED_OUT", "ABORTED",   "PENDING_REDRIVE"};
  return all;
}

// A check of CLI11: what is wrong, or nothing.
std::string known_status(const std::string& given) {
  const std::vector<std::string>& all = statuses();
  if (std::find(all.begin(), all.end(), given) != all.end()) return {};
  const std::string meant = did_you_mean(given, all);
  if (!meant.empty()) return "no such status: " + given + "." + meant;
  std::string names;
  for (const std::string& status : all) names += (names.empty() ? "" : ", ") + status;
  return "no such status: " + given + ". There are " + names;
}

std::string positive_count(const std::string& given) {
  const bool digits = !given.empty() && given.find_first_not_of("0123456789") == std::string::npos;
  if (digits && given.size() <= 9 && given.find_first_not_of('0') != std::string::npos) return {};
  return "\"" + given + "\" is no number from 1 to 999999999";
}

std::string positive_seconds(const std::string& given) {
  double seconds = 0;
  if (CLI::detail::lexical_cast(given, seconds) && seconds > 0 && seconds <= 1e9) return {};
  return "\"" + given + "\" is no number of seconds above 0";
}

}  // namespace

struct CommandLine::Content {
  explicit Content(const std::string& version);
  void define_machines();
  void define_executions();
  void define_versions();
  void define_aliases();
  void define_map_runs();
  void define_activities();
  void define_documents(const DocumentKind& kind);
  void define_logs();
  void define_completion();

  // A command that talks to the server.
  CLI::App* remote(CLI::App& parent, const std::string& name, const std::string& description,
                   std::function<int(Context&)> run);
  void on_chosen(CLI::App* command, Run run);

  CLI::App app{"Step Functions on event streams, that you own."};
  std::string url = environment("STEPSTREAM_URL", "http://127.0.0.1:8460");
  bool json = false;
  Run chosen;
  MachineOptions machine;
  StartOptions start;
  ListOptions list;
  HistoryOptions history;
  StopOptions stop;
  RedriveOptions redrive;
  DocumentOptions document;
  VersionOptions versions;
  AliasOptions aliases;
  MapRunOptions map_run;
  LogOptions logs;
  std::string shell = "bash";
  std::string name;  // of commands that take nothing else
};

CommandLine::Content::Content(const std::string& version) {
  app.name("stepstream");
  app.set_version_flag("--version", "stepstream " + version);
  app.require_subcommand(1);
  app.formatter(std::make_shared<HelpFormatter>());
}

void CommandLine::Content::on_chosen(CLI::App* command, Run run) {
  command->callback([this, run = std::move(run)] { chosen = run; });
}

CLI::App* CommandLine::Content::remote(CLI::App& parent, const std::string& command_name,
                                       const std::string& description, std::function<int(Context&)> run) {
  CLI::App* command = parent.add_subcommand(command_name, description);
  if (&parent == &app) command->group(kServer);
  command->add_option("--url", url, "The server")->type_name("URL")->capture_default_str();
  command->add_flag("--json", json, "Print JSON, one document a line");
  on_chosen(command, [this, run = std::move(run)] {
    if (const std::string wrong = url_mistake(url); !wrong.empty()) {
      Terminal().error(wrong + " (--url or STEPSTREAM_URL)");
      return static_cast<int>(kUsage);
    }
    ApiClient api(url, environment("STEPSTREAM_API_KEY", ""));
    Context context{Terminal(), api, json};
    return run(context);
  });
  return command;
}

void CommandLine::Content::define_machines() {
  const auto with_file = [this](CLI::App* command) {
    command->add_option("NAME", machine.name, "Name of the state machine")->required();
    command->add_option("FILE", machine.file, "Its definition, - for standard input")->required();
    command->add_option("--role", machine.role_arn, "Role ARN, kept and shown")->type_name("ARN");
    auto* level = command->add_option("--log", machine.log_level, "Log executions: all, error, fatal or off")
                      ->transform(upper_case)
                      ->check(CLI::IsMember({"ALL", "ERROR", "FATAL", "OFF"}))
                      ->type_name("LEVEL");
    command->add_flag("--log-data", machine.log_data, "... with their inputs and outputs")->needs(level);
    command->add_option("--log-group", machine.log_group, "... to this log group")
        ->type_name("NAME")
        ->needs(level);
  };
  CLI::App* create = remote(app, "create", "Create a state machine from a definition",
                            [this](Context& context) { return create_machine(context, machine); });
  with_file(create);
  create->add_flag("--express", machine.express, "Express: fast, not kept, runs at most once");
  with_file(remote(app, "update", "Put another definition in force",
                   [this](Context& context) { return update_machine(context, machine); }));
  CLI::App* put = remote(app, "put", "Create or update, whichever is needed; nothing if nothing changes",
                         [this](Context& context) { return put_machine(context, machine); });
  with_file(put);
  put->add_flag("--express", machine.express, "... a new one as Express");
  remote(app, "delete", "Delete a state machine; what runs goes on",
         [this](Context& context) { return delete_machine(context, name); })
      ->add_option("NAME", name, "Name or ARN")
      ->required();
  remote(app, "machines", "List the state machines", [](Context& context) { return list_machines(context); });
  remote(app, "definition", "Print a state machine's definition",
         [this](Context& context) { return print_definition(context, name); })
      ->add_option("NAME", name, "Name or ARN")
      ->required();
}

void CommandLine::Content::define_executions() {
  CLI::App* command = remote(app, "start", "Start an execution",
                             [this](Context& context) { return start_execution(context, start); });
  command->add_option("MACHINE", start.machine, "State machine: name or ARN")->required();
  command->add_option("--name", start.name, "The same name and input start only one execution");
  auto* input = command->add_option("--input,-i", start.input, "Input, as JSON or @FILE")->type_name("JSON");
  command->add_option("--input-file", start.input_file, "Input from a file, - for standard input")
      ->type_name("FILE")
      ->excludes(input);
  command->add_flag("--wait,-w", start.wait, "Wait for the end and print the output; 1 if it failed");
  command->add_option("--wait-seconds", start.wait_seconds, "Wait at most so long")
      ->type_name("SECONDS")
      ->check(positive_seconds);

  command = remote(app, "list", "List executions, newest first",
                   [this](Context& context) { return list_executions(context, list); });
  auto* machine_option = command->add_option("--machine,-m", list.machine, "Only of this state machine");
  command->add_option("--map-run", list.map_run, "The children of this Map Run instead")
      ->type_name("ARN")
      ->excludes(machine_option);
  command->add_option("--status,-s", list.status, "Only running, succeeded, failed, timed_out, aborted, ...")
      ->check(CLI::Validator(known_status, "{" + CLI::detail::join(statuses(), ",") + "}"))
      ->transform(upper_case)
      ->type_name("STATUS");
  command->add_option("--name-prefix", list.name_prefix, "Only names that begin so");
  command->add_option("--since,--after", list.after, "Only started since: 1h30m (ago), 2026-01-31, ...")
      ->type_name("TIME");
  command->add_option("--until,--before", list.before, "Only started before: 2026-01-31T08:00:00Z, 2d, ...")
      ->type_name("TIME");
  command->add_option("--limit,-n", list.limit, "At most so many")
      ->check(positive_count)
      ->capture_default_str();
  command->add_flag("--watch,-w", list.watch, "Show it again each second, until Ctrl-C");

  remote(app, "show", "Show an execution with its input and output, or a state machine",
         [this](Context& context) { return show_execution(context, name); })
      ->add_option("NAME", name, "Execution: MACHINE:NAME; state machine: its name; or an ARN")
      ->required();

  command = remote(app, "history", "Show what an execution did, event by event",
                   [this](Context& context) { return show_history(context, history); });
  command->add_option("EXECUTION", history.execution, kExecution)->required();
  command->add_flag("--follow,-f", history.follow, "Go on until it ends");
  command->add_flag("--full", history.full, "Whole payloads instead of what changed");

  command = remote(app, "stop", "Stop an execution",
                   [this](Context& context) { return stop_execution(context, stop); });
  command->add_option("EXECUTION", stop.execution, kExecution)->required();
  command->add_option("--error", stop.error, "Error name for its history");
  command->add_option("--cause", stop.cause, "Cause for its history");

  command = remote(app, "redrive", "Go on with an execution that failed, timed out or was stopped",
                   [this](Context& context) { return redrive_execution(context, redrive); });
  command->add_option("EXECUTION", redrive.execution, kExecution)->required();
  command->add_option("--client-token", redrive.client_token,
                      "The same token again within 15 minutes is the same redrive");
}

void CommandLine::Content::define_versions() {
  CLI::App* group = app.add_subcommand("version", "Published versions of a state machine");
  group->group(kServer);
  group->require_subcommand(1);
  const auto of_machine = [this](CLI::App* command) {
    command->add_option("MACHINE", versions.machine, "Name of the state machine")->required();
    return command;
  };
  of_machine(remote(*group, "list", "List the versions, newest first",
                    [this](Context& context) { return list_versions(context, versions); }));
  of_machine(remote(*group, "publish", "Publish the definition in force as the next version",
                    [this](Context& context) { return publish_version(context, versions); }))
      ->add_option("--description", versions.description, "What is new");
  of_machine(remote(*group, "delete", "Delete one that no alias routes to",
                    [this](Context& context) { return delete_version(context, versions); }))
      ->add_option("VERSION", versions.version, "Its number")
      ->required();
}

void CommandLine::Content::define_aliases() {
  CLI::App* group = app.add_subcommand("alias", "Names that route starts to one or two versions");
  group->group(kServer);
  group->require_subcommand(1);
  const auto of_machine = [this](CLI::App* command, bool named) {
    command->add_option("MACHINE", aliases.machine, "Name of the state machine")->required();
    if (named) command->add_option("ALIAS", aliases.alias, "Name of the alias")->required();
    return command;
  };
  of_machine(remote(*group, "list", "List the aliases",
                    [this](Context& context) { return list_aliases(context, aliases); }),
             false);
  of_machine(remote(*group, "show", "Show where one routes to",
                    [this](Context& context) { return show_alias(context, aliases); }),
             true);
  CLI::App* put = of_machine(remote(*group, "put", "Create or change one",
                                    [this](Context& context) { return put_alias(context, aliases); }),
                             true);
  put->add_option("--route", aliases.routes, "A version and its share of starts: 3, or 3=90 and 4=10")
      ->type_name("VERSION[=WEIGHT]")
      ->required();
  put->add_option("--description", aliases.description, "What it is for");
  of_machine(remote(*group, "delete", "Delete one; its versions stay",
                    [this](Context& context) { return delete_alias(context, aliases); }),
             true);
}

void CommandLine::Content::define_activities() {
  CLI::App* group = app.add_subcommand("activity", "Names that tasks queue under until a worker takes them");
  group->group(kServer);
  group->require_subcommand(1);
  remote(*group, "list", "List the activities", list_activities);
  const auto named = [&](const char* command, const char* description,
                         int (*run)(Context&, const std::string&)) {
    remote(*group, command, description, [this, run](Context& context) { return run(context, name); })
        ->add_option("ACTIVITY", name, "Name of the activity")
        ->required();
  };
  named("show", "Show one", show_activity);
  named("create", "Create one; one that exists stays as it is", create_activity);
  named("delete", "Delete one", delete_activity);
}

void CommandLine::Content::define_map_runs() {
  CLI::App* group = app.add_subcommand("map-run", "Map Runs of Distributed Maps: how their children are");
  group->group(kServer);
  group->require_subcommand(1);
  remote(*group, "list", "List the Map Runs of an execution, newest first",
         [this](Context& context) { return list_map_runs(context, name); })
      ->add_option("EXECUTION", name, kExecution)
      ->required();
  remote(*group, "show", "Show one with its counts",
         [this](Context& context) { return show_map_run(context, name); })
      ->add_option("ARN", name, "Of the Map Run, as map-run list prints it")
      ->required();
  CLI::App* update = remote(*group, "update", "Change one that is under way",
                            [this](Context& context) { return update_map_run(context, map_run); });
  update->add_option("ARN", map_run.map_run, "Of the Map Run, as map-run list prints it")->required();
  update->add_option("--max-concurrency", map_run.max_concurrency, "Children at once, 0: 10,000")
      ->type_name("COUNT")
      ->check(CLI::Range(0, 10'000));
  update
      ->add_option("--tolerated-failure-count", map_run.tolerated_failure_count,
                   "Children that may fail before the Map Run fails")
      ->type_name("COUNT")
      ->check(CLI::NonNegativeNumber);
  update
      ->add_option("--tolerated-failure-percentage", map_run.tolerated_failure_percentage,
                   "The same as a share of all")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
}

void CommandLine::Content::define_documents(const DocumentKind& kind) {
  const std::string word = kind.name;
  CLI::App* group = app.add_subcommand(word, kind.description);
  group->group(kServer);
  group->require_subcommand(1);
  const auto named = [this, &word](CLI::App* command) {
    command->add_option("NAME", document.name, "Name of the " + word)->required();
    return command;
  };
  remote(*group, "list", "List the " + word + "s",
         [&kind](Context& context) { return list_documents(context, kind); });
  named(remote(*group, "show", "Print one " + word,
               [this, &kind](Context& context) { return show_document(context, kind, document.name); }));
  named(remote(*group, "put", "Create or replace a " + word,
               [this, &kind](Context& context) { return put_document(context, kind, document); }))
      ->add_option("FILE", document.file, "Its document, - for standard input")
      ->required();
  named(remote(*group, "delete", "Delete a " + word + kind.after_delete,
               [this, &kind](Context& context) { return delete_document(context, kind, document.name); }));
}

void CommandLine::Content::define_logs() {
  const auto which = [this](CLI::App* command) {
    auto* machine_option = command->add_option("--machine,-m", logs.machine, "Of this state machine");
    command->add_option("--execution,-e", logs.execution, "Of this execution")
        ->type_name("EXECUTION")
        ->excludes(machine_option);
    command
        ->add_option("--level", logs.level, "all, error (all that failed) or fatal (how executions failed)")
        ->transform(upper_case)
        ->check(CLI::IsMember({"ALL", "ERROR", "FATAL"}))
        ->type_name("LEVEL");
    return command;
  };
  which(remote(app, "logs", "Show what a state machine or an execution has logged",
               [this](Context& context) { return show_logs(context, logs); }))
      ->add_option("--limit,-n", logs.limit, "The last so many lines")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  which(remote(app, "tail", "Watch status changes and events as they happen",
               [this](Context& context) { return tail_events(context, logs); }));
}

void CommandLine::Content::define_completion() {
  CLI::App* command =
      app.add_subcommand("completion", "Print completions for a shell: source <(stepstream completion bash)");
  command->group(kHere);
  command->add_option("SHELL", shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->capture_default_str();
  on_chosen(command, [this] {
    Terminal().print(shell == "zsh"    ? zsh_completion(app)
                     : shell == "fish" ? fish_completion(app)
                                       : bash_completion(app));
    return kOk;
  });
}

CommandLine::CommandLine(std::string version) : content_(std::make_unique<Content>(version)) {}
CommandLine::~CommandLine() = default;

void CommandLine::local_command(const std::string& name, const std::string& description,
                                const std::function<Run(CLI::App&)>& define) {
  CLI::App* command = content_->app.add_subcommand(name, description);
  command->group(kHere);
  content_->on_chosen(command, define(*command));
}

int CommandLine::run(int argc, const char* const* argv) {
  CLI::App& app = content_->app;
  content_->define_machines();
  content_->define_versions();
  content_->define_aliases();
  content_->define_executions();
  content_->define_map_runs();
  content_->define_activities();
  for (const DocumentKind* kind : {&triggers(), &connections(), &sinks()}) content_->define_documents(*kind);
  content_->define_logs();
  content_->define_completion();
  app.footer(kFooter);  // last: commands would inherit it
  std::vector<const char*> words(argv, argv + argc);
  if (argc > 1 && words[1] == std::string_view("help")) {  // "help start", as others have it
    words.erase(words.begin() + 1);
    const auto named = [&](const CLI::App* command) { return command->get_name() == words[1]; };
    if (words.size() == 1 || !app.get_subcommands(named).empty()) words.push_back("--help");
    argc = static_cast<int>(words.size());
    argv = words.data();
  }
  try {
    if (argc <= 1) throw CLI::CallForHelp();
    app.parse(argc, argv);
    return content_->chosen ? content_->chosen() : kUsage;
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;  // --help, --version
    if (!asked) {
      Terminal().error(usage_message(app, error, argc, argv));
      Terminal().note("See: " + help_of(app, argc, argv));
      return kUsage;
    }
    return app.exit(error) == 0 ? kOk : kUsage;
  }
}

}  // namespace engine::cli
