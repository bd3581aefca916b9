#include "eval_prompt.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>

#include <engine/cli/terminal.h>
#include <statelang/json_path/path.h>

#include "source_places.h"

namespace engine::cli {
namespace {

using statelang::Value;
namespace jsonata = statelang::jsonata;

constexpr std::string_view kHelp = R"(EXPRESSION          evaluate JSONata; $ is the input, $states.input too
:input FILE         take the input from a file of JSON
:json TEXT          take the input from this text of JSON
:let NAME EXPRESSION  set the variable $NAME
:path PATH          evaluate a JSONPath on the input
:aws, :plain        the language of state machines, or all of JSONata (at the start)
:show               the input and the variables
:help               this text
:quit               end (Control-D too)

An expression that is not complete goes on in the next line; an empty line gives it up. {% and %} around one are
left out. Arrow keys and Control-R find earlier lines.
)";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// As people copy it from a definition: {% ... %}.
std::string_view without_marks(std::string_view text) {
  text = trimmed(text);
  return text.size() >= 4 && text.starts_with("{%") && text.ends_with("%}") ? text.substr(2, text.size() - 4)
                                                                            : text;
}

class EvalPrompt {
 public:
  EvalPrompt(LineSource& lines, const PromptEvaluate& evaluate, std::ostream& out, std::ostream& err)
      : lines_(lines), evaluate_(evaluate), out_(out), err_(err) {}

  void run() {
    out_ << "JSONata. :help shows what else there is, :quit ends.\n";
    while (!ended_) {
      out_.flush();
      auto line = lines_.next(pending_.empty() ? "> " : ". ");
      if (!line) break;
      take(*line);
    }
  }

 private:
  void take(const std::string& line) {
    if (trimmed(line).empty()) return give_up();
    lines_.remember(line);
    if (pending_.empty() && trimmed(line).front() == ':') return command(trimmed(line).substr(1));
    pending_ += (pending_.empty() ? "" : "\n") + line;
    const std::string expression(without_marks(pending_));
    const auto result = evaluate_(state_, expression);
    if (!result && incomplete(result.error(), expression)) return;
    pending_.clear();
    result ? show(*result) : complain(expression, result.error());
  }

  // An empty line: what was begun is shown as the mistake that it is.
  void give_up() {
    if (pending_.empty()) return;
    const std::string expression(without_marks(pending_));
    pending_.clear();
    const auto result = evaluate_(state_, expression);
    if (!result) complain(expression, result.error());
  }

  static bool incomplete(const jsonata::Error& error, const std::string& expression) {
    if (expression.starts_with("{%") && !expression.ends_with("%}")) return true;
    return error.code == "S0203" || error.code == "S0207" || error.code == "S0106";
  }

  void command(std::string_view text) {
    const size_t space = std::min(text.find_first_of(" \t"), text.size());
    const std::string name(text.substr(0, space));
    const std::string rest(trimmed(text.substr(space)));
    if (name == "quit" || name == "q") {
      ended_ = true;
    } else if (name == "help" || name == "h" || name == "?") {
      out_ << kHelp;
    } else if (name == "input") {
      read_input(rest);
    } else if (name == "json") {
      set_input(rest, "");
    } else if (name == "let") {
      set_variable(rest);
    } else if (name == "path") {
      evaluate_path(rest);
    } else if (name == "aws" || name == "plain") {
      state_.dialect = name == "aws" ? jsonata::Dialect::Aws : jsonata::Dialect::Plain;
    } else if (name == "show") {
      show_state();
    } else {
      err_ << "no such command: :" << printable(name) << " (:help lists them)\n";
    }
  }

  void read_input(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf())) {
      err_ << "cannot read " << printable(path) << "\n";
      return;
    }
    set_input(content.str(), path + ": ");
  }

  void set_input(const std::string& text, const std::string& where) {
    auto parsed = statelang::parse_json(text);
    if (!parsed) {
      err_ << printable(where) << parsed.error().message << "\n";
      if (where.empty()) point(text, std::max<size_t>(parsed.error().offset, 1) - 1);
      return;
    }
    state_.input = std::move(*parsed);
  }

  void set_variable(const std::string& rest) {
    const size_t end = std::min(rest.find_first_of(" \t="), rest.size());
    std::string name = rest.substr(0, end);
    if (name.starts_with('$')) name.erase(0, 1);
    std::string_view expression = trimmed(std::string_view(rest).substr(end));
    if (expression.starts_with('=')) expression = trimmed(expression.substr(1));
    if (name.empty() || expression.empty()) {
      err_ << ":let NAME EXPRESSION\n";
      return;
    }
    const std::string text(without_marks(expression));
    auto result = evaluate_(state_, text);
    if (!result) return complain(text, result.error());
    state_.variables.set(name, std::move(*result));
  }

  void evaluate_path(const std::string& text) {
    const auto path = statelang::json_path::Path::parse(text);
    if (!path) {
      err_ << path.error().text << "\n";
      return point(text, path.error().offset);
    }
    const auto result = path->evaluate({.input = &state_.input});
    if (!result) {
      err_ << result.error().text << "\n";
    } else {
      show(*result);
    }
  }

  void show(const Value& value) {
    if (value.is_undefined()) {
      out_ << "(undefined)\n";
    } else if (jsonata::is_function(value)) {
      out_ << "(function)\n";
    } else {
      out_ << statelang::to_pretty_json(value) << "\n";
    }
  }

  void show_state() {
    out_ << (state_.dialect == jsonata::Dialect::Aws ? "the language of state machines\n"
                                                     : "all of JSONata\n");
    out_ << "$ = ";
    show(state_.input);
    for (const auto& [name, value] : state_.variables) {
      out_ << "$" << name.as_string() << " = ";
      show(value);
    }
  }

  // An error's position is the end of what it is about.
  void complain(const std::string& expression, const jsonata::Error& error) {
    err_ << error.text() << "\n";
    if (error.position > 0) point(expression, std::min(error.position, expression.size()) - 1);
  }

  // The line with a caret under the byte.
  void point(const std::string& text, size_t offset) {
    const auto places = find_places(text, {PlaceWanted{"", false, offset}});
    if (places.empty()) return;
    const Picture picture = picture_of(text, places.front(), Terminal().columns() - 2);
    err_ << "  " << picture.text << "\n  " << picture.underline << "\n";
  }

  LineSource& lines_;
  const PromptEvaluate& evaluate_;
  std::ostream& out_;
  std::ostream& err_;
  PromptState state_;
  std::string pending_;
  bool ended_ = false;
};

}  // namespace

void run_eval_prompt(LineSource& lines, const PromptEvaluate& evaluate, std::ostream& out,
                     std::ostream& err) {
  EvalPrompt(lines, evaluate, out, err).run();
}

}  // namespace engine::cli
