#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include <engine/cli/eval_command.h>
#include <engine/cli/exit_code.h>
#include <statelang/json_path/path.h>
#include <statelang/jsonata/expression.h>
#include <statelang/utf8.h>

#include "eval_prompt.h"
#include "help.h"
#include "line_source.h"
#include "read_argument.h"

namespace engine::cli {
namespace {

using statelang::Value;
namespace jsonata = statelang::jsonata;

struct Request {
  std::string expression;
  Value input = Value::undefined();
  Value bindings = Value::object();
  uint32_t depth = 0;
  int64_t time_limit_ms = 0;
};

int64_t clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

jsonata::Environment environment_of(const EvalOptions& options, const Request& request) {
  jsonata::Environment environment;
  environment.now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::system_clock::now().time_since_epoch())
                           .count();
  environment.random_seed = static_cast<uint64_t>(environment.now_ms);
  environment.limits = options.plain ? jsonata::Limits{} : jsonata::Limits::aws();
  if (request.depth > 0) environment.limits.depth_max = std::min(request.depth, environment.limits.depth_max);
  if (options.plain && request.time_limit_ms > 0) {
    environment.time_limit_ms = request.time_limit_ms;
    environment.clock_ms = clock_ms;
    environment.limits.steps_max = UINT64_MAX;
  }
  return environment;
}

// JSONata's own tests name both limits of the caller U1001.
jsonata::Error as_caller_limit(jsonata::Error error, const EvalOptions& options, const Request& request) {
  const bool depth = error.code == "D1011" && request.depth > 0;
  const bool time = error.code == "D1012" && request.time_limit_ms > 0;
  if (options.plain && (depth || time)) error.code = "U1001";
  return error;
}

statelang::Expected<Value, jsonata::Error> evaluate(const EvalOptions& options, const Request& request) {
  const auto dialect = options.plain ? jsonata::Dialect::Plain : jsonata::Dialect::Aws;
  auto expression = jsonata::Expression::parse(request.expression, dialect);
  if (!expression) return statelang::Unexpected{expression.error()};
  jsonata::Bindings bindings;
  if (request.bindings.is_object()) bindings.values = request.bindings.as_object();
  auto result = expression->evaluate(request.input, bindings, environment_of(options, request));
  if (!result) return statelang::Unexpected{as_caller_limit(result.error(), options, request)};
  return result;
}

// Positions as JavaScript counts them, not in bytes.
statelang::Expected<Value, jsonata::Error> evaluate_for_answer(const EvalOptions& options,
                                                               const Request& request) {
  auto result = evaluate(options, request);
  if (result) return result;
  jsonata::Error error = result.error();
  error.position = statelang::utf16_units(std::string_view(request.expression).substr(0, error.position));
  return statelang::Unexpected{error};
}

// JSON text in UTF-8 has no lone surrogates: they become escapes again.
std::string escape_lone_surrogates(std::string text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    if (byte(i) != 0xED || byte(i + 1) < 0xA0) continue;
    char escape[8];
    const unsigned code = 0xD000u | (byte(i + 1) & 0x3Fu) << 6 | (byte(i + 2) & 0x3Fu);
    std::snprintf(escape, sizeof escape, "\\u%04x", code);
    text.replace(i, 3, escape);
  }
  return text;
}

std::string answer(const statelang::Expected<Value, jsonata::Error>& result) {
  Value out = Value::object();
  if (!result) {
    out.set("error", Value::object({{"code", Value(result.error().code)},
                                    {"message", Value(result.error().message)},
                                    {"position", Value(static_cast<int64_t>(result.error().position))}}));
  } else if (result->is_undefined()) {
    out.set("undefined", Value(true));
  } else {
    out.set("result", *result);
  }
  return escape_lone_surrogates(statelang::to_json(out));
}

bool read_json(const std::string& path, std::istream& in, std::ostream& err, Value& value) {
  std::string text;
  if (!read_argument(path, in, err, text)) return false;
  auto parsed = statelang::parse_json(text);
  if (!parsed) {
    err << "stepstream: " << path << ": " << parsed.error().message << "\n";
    return false;
  }
  value = std::move(*parsed);
  return true;
}

// An unpaired surrogate (\ud800) is legal in JSON text but not in UTF-8. JSONata reads the same escape, so
// its backslash is doubled and it arrives as an escape of the expression.
std::string keep_lone_surrogates(std::string_view line) {
  const auto unit = [&](size_t at) -> unsigned {
    if (at + 6 > line.size() || line[at] != '\\' || line[at + 1] != 'u') return 0;
    return static_cast<unsigned>(std::strtoul(std::string(line.substr(at + 2, 4)).c_str(), nullptr, 16));
  };
  const auto high = [](unsigned code) { return code >= 0xD800 && code < 0xDC00; };
  const auto low = [](unsigned code) { return code >= 0xDC00 && code < 0xE000; };
  std::string out;
  for (size_t i = 0; i < line.size();) {
    const unsigned code = unit(i);
    if (high(code) && low(unit(i + 6))) {
      out.append(line, i, 12);
      i += 12;
    } else if (high(code) || low(code)) {
      out.append("\\\\").append(line, i + 1, 5);
      i += 6;
    } else {
      const size_t count = line[i] == '\\' ? 2 : 1;  // an escaped backslash starts no escape
      out.append(line, i, count);
      i += count;
    }
  }
  return out;
}

std::string answer_line(const EvalOptions& options, const std::string& line) {
  auto parsed = statelang::parse_json(line);
  if (!parsed) parsed = statelang::parse_json(keep_lone_surrogates(line));
  const Value* text = parsed ? parsed->find("expression") : nullptr;
  if (!text || !text->is_string()) {
    const std::string why = parsed ? "a request needs a text \"expression\"" : parsed.error().message;
    return answer(statelang::Unexpected{jsonata::Error{.code = "BAD_REQUEST", .message = why}});
  }
  Request request{.expression = std::string(text->as_string())};
  if (const Value* input = parsed->find("input")) request.input = *input;
  if (const Value* bindings = parsed->find("bindings")) request.bindings = *bindings;
  if (const Value* depth = parsed->find("depth"); depth && depth->is_number()) {
    request.depth = static_cast<uint32_t>(std::max(0.0, depth->as_double()));
  }
  if (const Value* limit = parsed->find("time_limit"); limit && limit->is_number()) {
    request.time_limit_ms = static_cast<int64_t>(limit->as_double());
  }
  return answer(evaluate_for_answer(options, request));
}

int run_batch(const EvalOptions& options, std::istream& in, std::ostream& out) {
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) out << answer_line(options, line) << "\n";
    out.flush();
  }
  return kOk;
}

// Prints a result for people; gives the exit status.
int show(const statelang::Expected<Value, jsonata::Error>& result, std::ostream& out, std::ostream& err) {
  if (!result) {
    err << result.error().text() << " (at " << result.error().position << ")\n";
    return kRefused;
  }
  if (result->is_undefined()) {
    out << "(undefined)\n";
  } else if (jsonata::is_function(*result)) {
    out << "(function)\n";
  } else {
    out << statelang::to_pretty_json(*result) << "\n";
  }
  return kOk;
}

// Where lines of earlier prompts are kept (XDG Base Directory Specification); empty: nowhere.
std::string history_file() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state && *state) return std::string(state) + "/stepstream/eval_history";
  const char* home = std::getenv("HOME");
  return home && *home ? std::string(home) + "/.local/state/stepstream/eval_history" : "";
}

// Expressions of state machines find their input as $states.input, unless $states is among the variables.
void bind_states(const Value& input, Value& bindings) {
  if (input.is_undefined() || !bindings.is_object() || bindings.find("states")) return;
  bindings.set("states", Value::object({{"input", input}}));
}

int run_prompt(std::istream& in, std::ostream& out, std::ostream& err) {
  const auto evaluate_line = [](const PromptState& state, const std::string& expression) {
    EvalOptions options;
    options.plain = state.dialect == jsonata::Dialect::Plain;
    Request request{.expression = expression, .input = state.input};
    request.bindings = Value(state.variables);
    bind_states(state.input, request.bindings);
    return evaluate(options, request);
  };
  auto lines = &in == &std::cin ? edited_lines("stepstream", history_file()) : nullptr;
  if (!lines) lines = plain_lines(in, out);
  run_eval_prompt(*lines, evaluate_line, out, err);
  return kOk;
}

int run_path(const EvalOptions& options, const Request& request, std::ostream& out, std::ostream& err) {
  const auto path = statelang::json_path::Path::parse(options.path);
  if (!path) {
    err << "stepstream: " << path.error().text << " (at " << path.error().offset << ")\n";
    return kRefused;
  }
  const auto result = path->evaluate({.input = &request.input});
  if (!result) {
    err << "stepstream: " << result.error().text << "\n";
    return kRefused;
  }
  out << statelang::to_pretty_json(*result) << "\n";
  return kOk;
}

}  // namespace

void define_eval(CLI::App& app, EvalOptions& options) {
  app.add_option("EXPRESSION", options.expression, "JSONata; without any argument, a prompt asks for it");
  app.add_option("--jsonata", options.expression_file,
                 "Read the expression from a file, - for standard input")
      ->type_name("FILE");
  app.add_option("--jsonpath", options.path, "JSONPath instead of JSONata")->type_name("PATH");
  app.add_option("--input,-i", options.input, "The input document: a file, - or JSON {...} itself");
  app.add_flag("--no-input", options.no_input, "Evaluate without an input document (the default)");
  app.add_option("--bindings", options.bindings, "Variables, names without $: a file, or JSON {...} itself");
  app.add_flag("--plain", options.plain, "The JSONata language without what AWS adds or refuses");
  app.add_flag("--json", options.json, R"(Print {"result":…}, {"undefined":true} or {"error":…})");
  app.add_flag("--batch", options.batch, "Answer one JSON request per line of standard input");
  app.add_option("--depth", options.depth, "Nested evaluations at most");
  app.add_option("--time-limit", options.time_limit_ms, "Milliseconds at most (with --plain)");
}

int run_eval(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err) {
  EvalOptions options;
  CLI::App app("Evaluate a JSONata expression or a JSONPath", "stepstream eval");
  app.formatter(std::make_shared<HelpFormatter>());
  define_eval(app, options);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kOk : kUsage;
  }
  return run_eval(options, args.empty(), in, out, err);
}

int run_eval(const EvalOptions& options, bool prompt, std::istream& in, std::ostream& out,
             std::ostream& err) {
  if (prompt) return run_prompt(in, out, err);
  if (options.batch) return run_batch(options, in, out);
  Request request{
      .expression = options.expression, .depth = options.depth, .time_limit_ms = options.time_limit_ms};
  if (!options.input.empty() && !read_json(options.input, in, err, request.input)) return kUsage;
  if (!options.bindings.empty() && !read_json(options.bindings, in, err, request.bindings)) return kUsage;
  if (!options.path.empty()) return run_path(options, request, out, err);
  if (!options.expression_file.empty()) {
    if (!read_argument(options.expression_file, in, err, request.expression)) return kUsage;
  }
  if (request.expression.empty()) {
    err << "stepstream: an expression, --jsonata or --jsonpath is needed\n";
    return kUsage;
  }
  if (!options.plain) bind_states(request.input, request.bindings);
  const auto result = evaluate_for_answer(options, request);
  if (!options.json) return show(result, out, err);
  out << answer(result) << "\n";
  return kOk;
}

}  // namespace engine::cli
