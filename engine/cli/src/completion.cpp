#include "completion.h"

#include <CLI/CLI.hpp>

namespace engine::cli {
namespace {

// Words that may follow `app`: its commands and long options.
std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* command : app.get_subcommands(nullptr)) words += " " + command->get_name();
  for (const CLI::Option* option : app.get_options(nullptr)) {
    for (const std::string& name : option->get_lnames()) words += " --" + name;
  }
  return words.empty() ? words : words.substr(1);
}

void add_cases(const CLI::App& app, const std::string& path, std::string& cases) {
  cases += "    \"" + path + "\") words=\"" + words_of(app) + "\" ;;\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    add_cases(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), cases);
  }
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  add_cases(app, "", cases);
  return "_stepstream() {\n"
         "  local path=\"\" words=\"\" word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$word\" in -*) continue ;; esac\n"
         "    case \"$path\" in ''|trigger|connection) path=\"${path:+$path }$word\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _stepstream stepstream";
}

}  // namespace engine::cli
