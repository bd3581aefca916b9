#include "completion.h"

#include <functional>
#include <vector>

#include <CLI/CLI.hpp>

namespace engine::cli {
namespace {

struct Word {  // that may follow a command
  std::string text;
  std::string description;
};

// Commands of `app` and its long options, with their dashes.
std::vector<Word> words_of(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    words.push_back({command->get_name(), command->get_description()});
  }
  for (const CLI::Option* option : app.get_options(nullptr)) {
    for (const std::string& name : option->get_lnames())
      words.push_back({"--" + name, option->get_description()});
  }
  return words;
}

// Every command with its path: "", "version", "version publish", ...
void for_each_command(const CLI::App& app, const std::string& path,
                      const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, app);
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    for_each_command(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), visit);
  }
}

// Commands that have commands of their own, separated.
std::string groups(const CLI::App& app, const char* separator) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    if (command->get_subcommands(nullptr).empty()) continue;
    names += (names.empty() ? "" : separator) + command->get_name();
  }
  return names;
}

// Between single quotes of a shell; zsh takes what is before the first colon for the word itself.
std::string quoted(const std::string& text, bool colons_escaped = false) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == ':' && colons_escaped) {
      out += "\\:";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out;
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string cases;
  for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    std::string words;
    for (const Word& word : words_of(command)) words += (words.empty() ? "" : " ") + word.text;
    cases += "    \"" + path + "\") words=\"" + words + "\" ;;\n";
  });
  return "_stepstream() {\n"
         "  local path=\"\" words=\"\" word\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \"$word\" in -*) continue ;; esac\n"
         "    case \"$path\" in ''|" +
         groups(app, "|") +
         ") path=\"${path:+$path }$word\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _stepstream stepstream";
}

// `path` is zsh's own name for PATH: here it is `at`.
std::string zsh_completion(const CLI::App& app) {
  std::string cases;
  for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    std::string words;
    for (const Word& word : words_of(command)) {
      words += " '" + quoted(word.text, true) + ":" + quoted(word.description, true) + "'";
    }
    cases += "    '" + path + "') candidates=(" + words + " ) ;;\n";
  });
  return "#compdef stepstream\n"
         "_stepstream() {\n"
         "  local at='' word\n"
         "  local -a candidates\n"
         "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
         "    case \"$word\" in -*) continue ;; esac\n"
         "    case \"$at\" in ''|" +
         groups(app, "|") +
         ") at=\"${at:+$at }$word\" ;; esac\n"
         "  done\n"
         "  case \"$at\" in\n" +
         cases +
         "  esac\n"
         "  (( $#candidates )) && _describe stepstream candidates\n"
         "  _files\n"
         "}\n"
         "compdef _stepstream stepstream";
}

std::string fish_completion(const CLI::App& app) {
  std::string lines =
      "function __stepstream_at\n"
      "  set -l at ''\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    string match -q -- '-*' $word; and continue\n"
      "    if test -z \"$at\"\n"
      "      set at $word\n"
      "    else if contains -- \"$at\" " +
      groups(app, " ") +
      "\n"
      "      set at \"$at $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$at\" = \"$argv[1]\"\n"
      "end";
  for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    for (const Word& word : words_of(command)) {
      const bool option = word.text.rfind("--", 0) == 0;
      lines += "\ncomplete -c stepstream -n '__stepstream_at \"" + path + "\"' " +
               (option ? "-l " + word.text.substr(2) : "-f -a " + word.text) + " -d '" +
               quoted(word.description) + "'";
    }
  });
  return lines;
}

}  // namespace engine::cli
