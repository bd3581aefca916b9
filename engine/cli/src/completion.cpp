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

// Every command with its path: "", "version", "version publish", ...
void for_each_command(const CLI::App& app, const std::string& path,
                      const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, app);
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    for_each_command(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), visit);
  }
}

// What an option or argument may be, where that is a few words: of its checks' "{A,B}".
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find(":{"), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 2, end - begin - 2), ',');
}

bool takes_value(const CLI::Option& option) {
  return option.nonpositional() && option.get_type_size() != 0;
}

// As it is typed: "--status", "-s".
std::vector<std::string> spellings(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  return CLI::detail::join(words, " ");
}

// Those of the command's arguments.
std::vector<std::string> argument_choices(const CLI::App& command) {
  std::vector<std::string> all;
  for (const CLI::Option* option : command.get_options(nullptr)) {
    if (!option->get_positional()) continue;
    for (const std::string& choice : choices_of(*option)) all.push_back(choice);
  }
  return all;
}

// Commands of `app` and its long options, with their dashes.
std::vector<Word> words_of(const CLI::App& app) {
  std::vector<Word> words;
  if (!app.get_parent()) words.push_back({"help", "How a command is used"});
  for (const std::string& choice : argument_choices(app)) words.push_back({choice, ""});
  for (const CLI::App* command : app.get_subcommands(nullptr)) {
    words.push_back({command->get_name(), command->get_description()});
  }
  for (const CLI::Option* option : app.get_options(nullptr)) {
    for (const std::string& name : option->get_lnames())
      words.push_back({"--" + name, option->get_description()});
  }
  return words;
}

// The lines of a shell's `case "PATH OPTION" in`: what may stand behind an option, nothing where that is
// free.
std::string value_cases(const CLI::App& app, const std::string& before, const std::string& after) {
  std::string lines;
  for_each_command(app, "", [&](const std::string& path, const CLI::App& command) {
    for (const CLI::Option* option : command.get_options(nullptr)) {
      if (!takes_value(*option)) continue;
      std::string patterns;
      for (const std::string& name : spellings(*option)) {
        patterns += std::string(patterns.empty() ? "" : "|") + "\"" + path + " " + name + "\"";
      }
      lines += "    " + patterns + ") " + before + joined(choices_of(*option)) + after + " ;;\n";
    }
  });
  return lines;
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
         "    case \"$word\" in -*|help) continue ;; esac\n"
         "    case \"$path\" in ''|" +
         groups(app, "|") +
         ") path=\"${path:+$path }$word\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  case \"$path ${COMP_WORDS[COMP_CWORD-1]}\" in\n" +
         value_cases(app, "words=\"", "\"") +
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
         "    case \"$word\" in -*|help) continue ;; esac\n"
         "    case \"$at\" in ''|" +
         groups(app, "|") +
         ") at=\"${at:+$at }$word\" ;; esac\n"
         "  done\n"
         "  case \"$at\" in\n" +
         cases +
         "  esac\n"
         "  case \"$at ${words[CURRENT-1]}\" in\n" +
         value_cases(app, "candidates=( ", " )") +
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
      "    string match -qr -- '^(-.*|help)$' $word; and continue\n"
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
    const std::string here = "\ncomplete -c stepstream -n '__stepstream_at \"" + path + "\"' ";
    for (const Word& word : words_of(command)) {
      if (word.text.rfind("--", 0) == 0) continue;
      lines += here + "-f -a " + word.text +
               (word.description.empty() ? "" : " -d '" + quoted(word.description) + "'");
    }
    for (const CLI::Option* option : command.get_options(nullptr)) {
      if (!option->nonpositional()) continue;
      lines += here;
      for (const std::string& name : option->get_snames()) lines += "-s " + name + " ";
      for (const std::string& name : option->get_lnames()) lines += "-l " + name + " ";
      const auto choices = choices_of(*option);
      if (!choices.empty()) lines += "-x -a '" + joined(choices) + "' ";
      if (choices.empty() && takes_value(*option)) lines += "-r ";
      lines += "-d '" + quoted(option->get_description()) + "'";
    }
  });
  return lines;
}

}  // namespace engine::cli
