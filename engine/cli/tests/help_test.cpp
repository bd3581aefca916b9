// What is said about a command line that cannot be understood.
#include "help.h"

#include <catch2/catch.hpp>

using namespace engine::cli;

namespace {

struct CommandLineMistakes {
  CommandLineMistakes() {
    app.add_subcommand("list", "")->add_option("--limit", number);
    app.add_subcommand("show", "");
    app.add_subcommand("history", "");
    app.add_subcommand("machines", "");
    for (const char* group : {"activity", "alias", "map-run"}) {
      CLI::App* commands = app.add_subcommand(group, "");
      commands->add_subcommand("list", "");
      commands->add_subcommand("show", "");
    }
  }
  std::string said(std::vector<const char*> words) {
    words.insert(words.begin(), "stepstream");
    return usage_message(app, CLI::ParseError("?", 1), static_cast<int>(words.size()), words.data());
  }
  std::string help(std::vector<const char*> words) {
    words.insert(words.begin(), "stepstream");
    return help_of(app, static_cast<int>(words.size()), words.data());
  }
  CLI::App app;
  int number = 0;
};

}  // namespace

TEST_CASE_METHOD(CommandLineMistakes, "usage: an unknown command suggests the one that was meant") {
  CHECK(said({"activities"}) == "no command \"activities\". Did you mean \"activity list\"?");
  CHECK(said({"aliases"}) == "no command \"aliases\". Did you mean \"alias list\"?");
  CHECK(said({"map-runs"}) == "no command \"map-runs\". Did you mean \"map-run list\"?");
  CHECK(said({"executions"}) == "no command \"executions\". Did you mean \"list\"?");
  CHECK(said({"describe-execution"}) == "no command \"describe-execution\". Did you mean \"show\"?");
  CHECK(said({"describe-map-run"}) == "no command \"describe-map-run\". Did you mean \"map-run show\"?");
  CHECK(said({"histroy"}) == "no command \"histroy\". Did you mean \"history\"?");
  CHECK(said({"activty"}) == "no command \"activty\". Did you mean \"activity\"?");
  CHECK(said({"alias", "ls"}) == "no command \"alias ls\". Did you mean \"list\"?");
  CHECK(said({"frobnicate"}) == "no command \"frobnicate\".");
  CHECK(said({""}) == "no command \"\".");
}

TEST_CASE_METHOD(CommandLineMistakes, "usage: help is that of the command") {
  CHECK(help({"alias", "show", "x"}) == "stepstream alias show --help");
  CHECK(help({"nothing"}) == "stepstream --help");
  CHECK(said({"list", "--limt", "3"}) == "no option --limt. Did you mean \"--limit\"?");
}

TEST_CASE_METHOD(CommandLineMistakes, "usage: a noun before the command is left out") {
  CHECK(said({"workflow", "list"}) == "no command \"workflow\". Did you mean \"list\"?");
  CHECK(said({"executions", "describe"}) == "no command \"executions\". Did you mean \"show\"?");
  CHECK(said({"state-machine", "list"}) == "no command \"state-machine\". Did you mean \"machines\"?");
  CHECK(said({"execution", "frobnicate"}) == "no command \"execution\". Did you mean \"show\"?");
}

TEST_CASE("help: lines wider than the window go on in their column") {
  const std::string name = "  --name TEXT" + std::string(23, ' '), below(36, ' ');
  CHECK(wrapped_help(name + "The same name starts one execution\n", 60) ==
        name + "The same name starts one\n" + below + "execution\n");
  CHECK(wrapped_help(name + "short\nA line of words that has no second column and is long enough\n", 58) ==
        name + "short\nA line of words that has no second column and is long\nenough\n");
  const std::string word(100, 'x');
  CHECK(wrapped_help("  " + word + "\n", 60) == "  " + word + "\n");
  CHECK(wrapped_help(name + word + " y\n", 60) == name + word + "\n" + below + "y\n");
  CHECK(wrapped_help(name + "The same name\n", 40) ==
        name + "The same name\n");  // too narrow for two columns
}
