#include "help.h"

#include <algorithm>

#include <engine/cli/terminal.h>
#include <statelang/edit_distance.h>

namespace engine::cli {
namespace {

constexpr size_t kNameColumns = 36;

bool is_check(std::string_view words) {
  return words.substr(0, 1) == "{" || words.find(" in [") != words.npos || words == "POSITIVE" ||
         words == "NONNEGATIVE";
}

// CLI11 appends its checks to the type: "TEXT:{A,B}", "COUNT:INT in [0 - 9]". A type that was named stays,
// with colons of its own ("HOST:PORT").
std::string type_shown(const std::string& type) {
  size_t colon = type.find(':');
  if (colon != std::string::npos && !is_check(std::string_view(type).substr(colon + 1)))
    colon = std::string::npos;
  const std::string name = type.substr(0, colon);
  if (colon == std::string::npos || name != "TEXT" || type[colon + 1] != '{') {
    return name == "INT" || name == "UINT" || name == "FLOAT" ? "N" : name;
  }
  std::string choices = type.substr(colon + 2, type.size() - colon - 3);
  std::replace(choices.begin(), choices.end(), ',', '|');
  return choices;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options(nullptr)) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The command that the first words name, as far as they name one; `used` counts them.
const CLI::App& command_of(const CLI::App& app, int argc, const char* const* argv, int& used) {
  const CLI::App* at = &app;
  for (used = 1; used < argc; ++used) {
    const CLI::App* next = nullptr;
    for (const CLI::App* command : at->get_subcommands(nullptr)) {
      if (command->get_name() == argv[used]) next = command;
    }
    if (!next) break;
    at = next;
  }
  return *at;
}

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(kNameColumns);
  label("Positionals", "Arguments");
  label("OPTIONS", "OPTION...");
  label("SUBCOMMAND", "COMMAND");
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  const Terminal terminal;
  const std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
  return terminal.is_terminal() ? wrapped_help(text, terminal.columns()) : text;
}

namespace {

// The line up to where it may be broken: at a space behind `indent`; a word that is longer stays whole.
size_t break_of(std::string_view line, size_t indent, size_t columns) {
  size_t at = line.rfind(' ', columns);
  if (at == line.npos || at <= indent) at = line.find(' ', columns);
  return at;
}

}  // namespace

std::string wrapped_help(std::string_view text, size_t columns) {
  constexpr size_t kColumnsMin = kNameColumns + 20;  // below, a second column would be a word wide
  if (columns < kColumnsMin) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const bool in_columns =
        line.size() > kNameColumns && line.starts_with("  ") && line[kNameColumns - 1] == ' ';
    const size_t indent = in_columns ? kNameColumns : line.find_first_not_of(' ');
    while (line.size() > columns) {
      const size_t at = break_of(line, indent, columns);
      if (at == std::string::npos) break;
      out += line.substr(0, at) + "\n";
      line = std::string(indent, ' ') + line.substr(at + 1);
    }
    out += line + "\n";
  }
  return out;
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  std::string out;
  if (option->get_type_size() == 0) return out;
  if (!option->get_positional()) out += " " + type_shown(option->get_type_name());
  if (option->get_expected_max() == CLI::detail::expected_max_vector_size) out += " ...";
  return out;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string out = option->get_description();
  if (const std::string standard = option->get_default_str(); !standard.empty()) {
    const bool many = standard.size() > 2 && standard.front() == '[' && standard.back() == ']';
    out += (out.empty() ? "" : " ") + (many ? standard : "[" + standard + "]");
  }
  return out;
}

std::string did_you_mean(std::string_view given, const std::vector<std::string>& known) {
  std::string nearest;
  size_t best = std::max<size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : known) {
    const size_t distance = statelang::edit_distance(given, name);
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest.empty() ? nearest : " Did you mean \"" + nearest + "\"?";
}

namespace {

// What people say who come from another tool, and what it is called here.
struct OtherWord {
  std::string_view word, command;
};
constexpr OtherWord kOtherWords[] = {{"abort", "stop"},
                                     {"apply", "put"},
                                     {"cancel", "stop"},
                                     {"deploy", "put"},
                                     {"describe", "show"},
                                     {"events", "history"},
                                     {"execute", "start"},
                                     {"execution", "show"},
                                     {"executions", "list"},
                                     {"get", "show"},
                                     {"inspect", "show"},
                                     {"kill", "stop"},
                                     {"lint", "validate"},
                                     {"ls", "list"},
                                     {"new", "create"},
                                     {"ps", "list"},
                                     {"publish", "version publish"},
                                     {"remove", "delete"},
                                     {"resume", "redrive"},
                                     {"retry", "redrive"},
                                     {"rm", "delete"},
                                     {"run", "start"},
                                     {"serve", "server"},
                                     {"status", "show"},
                                     {"terminate", "stop"},
                                     {"watch", "history --follow"},
                                     {"workflows", "machines"},
                                     {"create-state-machine", "create"},
                                     {"delete-state-machine", "delete"},
                                     {"describe-execution", "show"},
                                     {"describe-map-run", "map-run show"},
                                     {"describe-state-machine", "definition"},
                                     {"get-execution-history", "history"},
                                     {"list-executions", "list"},
                                     {"list-map-runs", "map-run list"},
                                     {"list-state-machines", "machines"},
                                     {"publish-state-machine-version", "version publish"},
                                     {"redrive-execution", "redrive"},
                                     {"start-execution", "start"},
                                     {"start-sync-execution", "start --wait"},
                                     {"stop-execution", "stop"},
                                     {"update-map-run", "map-run update"},
                                     {"update-state-machine", "update"},
                                     {"validate-state-machine-definition", "validate"}};

const CLI::App* find_command(const CLI::App& app, std::string_view name) {
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

// "activities" lists what "activity" is the group of.
std::string listing_of(const CLI::App& app, std::string_view plural) {
  std::string one;
  if (plural.ends_with("ies")) {
    one = std::string(plural.substr(0, plural.size() - 3)) + "y";
  } else if (plural.ends_with("s")) {
    one = plural.substr(0, plural.size() - 1);
  }
  for (const std::string& name : {one, one.ends_with('e') ? one.substr(0, one.size() - 1) : one}) {
    const CLI::App* group = find_command(app, name);
    if (group && find_command(*group, "list")) return name + " list";
  }
  return {};
}

// What is here the command itself: "workflow list", "state-machine create".
bool is_noun(std::string_view word) {
  for (const std::string_view noun : {"execution", "workflow", "state-machine", "machine"}) {
    if (word == noun || (word.ends_with('s') && word.substr(0, word.size() - 1) == noun)) return true;
  }
  return false;
}

// For `given`, which is no command of `group`; `next` stands behind it, or is empty.
std::string command_meant(const CLI::App& app, const CLI::App& group, std::string_view given,
                          std::string_view next = {}) {
  if (&group == &app && is_noun(given) && !next.empty()) {
    const bool of_machines = given.starts_with("state-") || given.starts_with("machine");
    if (of_machines && (next == "list" || next == "ls")) next = "list-state-machines";
    if (find_command(app, next)) return " Did you mean \"" + std::string(next) + "\"?";
    if (const std::string meant = command_meant(app, app, next); !meant.empty()) return meant;
  }
  if (&group == &app) {
    if (const std::string listing = listing_of(app, given); !listing.empty())
      return " Did you mean \"" + listing + "\"?";
  }
  for (const OtherWord& other : kOtherWords) {
    const std::string first(other.command.substr(0, other.command.find(' ')));
    if (other.word == given && find_command(group, first)) {
      return " Did you mean \"" + std::string(other.command) + "\"?";
    }
  }
  return did_you_mean(given, command_names(group));
}

}  // namespace

std::string usage_message(const CLI::App& app, const CLI::ParseError& error, int argc,
                          const char* const* argv) {
  int used = 1;
  const CLI::App& command = command_of(app, argc, argv, used);
  if (used < argc && argv[used][0] != '-' && !command.get_subcommands(nullptr).empty()) {
    std::string words;
    for (int i = 1; i <= used; ++i) words += (i > 1 ? " " : "") + std::string(argv[i]);
    return "no command \"" + words + "\"." +
           command_meant(app, command, argv[used], used + 1 < argc ? argv[used + 1] : "");
  }
  const auto known = option_names(command);
  for (int i = used; i < argc; ++i) {
    const std::string_view given = argv[i];
    const std::string word(given.substr(0, given.find('=')));
    if (!word.starts_with("--") || word == "--") continue;
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    if (used == 1) return word + ": options come behind the command.";
    return "no option " + word + "." + did_you_mean(word, known);
  }
  if (!command.get_subcommands(nullptr).empty()) {
    std::string names;
    for (const std::string& name : command_names(command)) names += (names.empty() ? "" : ", ") + name;
    return "a command is missing: one of " + names;
  }
  return error.what();
}

std::string help_of(const CLI::App& app, int argc, const char* const* argv) {
  int used = 1;
  (void)command_of(app, argc, argv, used);
  std::string words = "stepstream";
  for (int i = 1; i < used; ++i) words += " " + std::string(argv[i]);
  return words + " --help";
}

}  // namespace engine::cli
