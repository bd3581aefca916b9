#include "script.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace golden {

using statelang::Expected;
using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr std::string_view kMark = "== ";

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  size_t first = 0;
  while (first < text.size() && blank(text[first])) ++first;
  return text.substr(first);
}

// Of `stop`: {"AfterMs": 1000, "Error": …, "Cause": …}.
Expected<void, std::string> read_stop(const std::string& text, Script& script) {
  const auto json = statelang::parse_json(text);
  const Value* after = json ? json->find("AfterMs") : nullptr;
  if (!after || !after->is_integer()) return Unexpected{std::string("stop: AfterMs must be a number")};
  script.stop_ms = after->as_integer();
  const auto member = [&](std::string_view name, std::string& out, bool& has) {
    const Value* value = json->find(name);
    has = value && value->is_string();
    if (has) out = value->as_string();
  };
  member("Error", script.stop_failure.error, script.stop_failure.has_error);
  member("Cause", script.stop_failure.cause, script.stop_failure.has_cause);
  return {};
}

}  // namespace

Expected<Script, std::string> read_script(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::map<std::string, std::string> parts;
  std::string part = "about", line;
  while (std::getline(stream, line)) {
    if (line.starts_with(kMark)) {
      part = line.substr(kMark.size());
    } else {
      parts[part] += line + '\n';
    }
  }
  Script script;
  script.file = file;
  const auto take = [&](const char* name, std::string& out) {
    if (const auto found = parts.find(name); found != parts.end()) {
      out = trimmed(found->second);
      parts.erase(found);
    }
  };
  std::string stop;
  take("about", script.about);
  take("definition", script.definition);
  take("input", script.input);
  take("answers", script.answers);
  take("objects", script.objects);
  take("stop", stop);
  take("history", script.expected);
  const std::string place = file.filename().string() + ": ";
  if (!parts.empty()) return Unexpected{place + "unknown part \"" + parts.begin()->first + '"'};
  if (script.about.empty()) return Unexpected{place + "say first what the script shows"};
  if (script.definition.empty()) return Unexpected{place + "no definition"};
  if (!stop.empty()) {
    if (auto read = read_stop(stop, script); !read) return Unexpected{place + read.error()};
  }
  return script;
}

Expected<std::vector<Script>, std::string> read_scripts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".golden") files.push_back(entry.path());
  }
  if (files.empty()) return Unexpected{"no scripts in " + folder.string()};
  std::sort(files.begin(), files.end());
  std::vector<Script> scripts;
  for (const auto& file : files) {
    auto script = read_script(file);
    if (!script) return Unexpected{script.error()};
    scripts.push_back(std::move(*script));
  }
  return scripts;
}

std::string with_trace(const Script& script, const std::string& trace) {
  std::ifstream stream(script.file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  const size_t at = text.find("== history\n");
  if (at != std::string::npos) text.resize(at);
  if (!text.ends_with('\n')) text += '\n';
  return text + "== history\n" + trace;
}

Expected<std::shared_ptr<const statelang::Definition>, std::string> parse_definition(const Script& script) {
  auto definition = statelang::Definition::parse(script.definition);
  if (definition) return std::move(*definition);
  std::string found = script.name() + ": the definition is invalid:";
  for (const auto& diagnostic : definition.error()) {
    found += "\n  " + diagnostic.location + ": " + diagnostic.message;
  }
  return Unexpected{found};
}

Expected<statelang::test_runner::MockConfiguration, std::string> parse_answers(const Script& script) {
  const auto by_state = statelang::parse_json(script.answers);
  if (!by_state || !by_state->is_object()) return Unexpected{script.name() + ": answers: not an object"};
  Value responses = Value::object(), states = Value::object();
  for (const auto& [state, answers] : by_state->as_object()) {
    Value response = Value::object();
    for (size_t i = 0; i < answers.size(); ++i) response.set(std::to_string(i), answers[i]);
    responses.set(state.as_string(), std::move(response));
    states.set(state.as_string(), state);
  }
  const Value cases = Value::object({{kTestCase, states}});
  const Value machine = Value::object({{"TestCases", cases}});
  return statelang::test_runner::MockConfiguration::parse(statelang::to_json(Value::object(
      {{"MockedResponses", responses}, {"StateMachines", Value::object({{kMachineName, machine}})}})));
}

std::string trace_of(const std::vector<statelang::HistoryEvent>& events, statelang::ExecutionStatus status) {
  std::string out;
  const int64_t start = events.empty() ? 0 : events.front().timestamp_ms;
  for (const auto& event : events) {
    const Value json = to_aws_json(event);
    out += std::to_string(event.id) + " < " + std::to_string(event.previous_id) + "  +" +
           std::to_string(event.timestamp_ms - start) + "ms  " + std::string(to_string(event.type));
    for (const auto& [name, details] : json.as_object()) {
      if (name.as_string().ends_with("EventDetails")) out += "  " + statelang::to_json(details);
    }
    out += '\n';
  }
  return out + std::string(to_string(status)) + '\n';
}

std::string difference(const std::string& expected, const std::string& actual) {
  std::istringstream left(trimmed(expected)), right(trimmed(actual));
  std::string wanted, found;
  for (int line = 1;; ++line) {
    const bool more = static_cast<bool>(std::getline(left, wanted));
    const bool has = static_cast<bool>(std::getline(right, found));
    if (!more && !has) return {};
    if (more && has && wanted == found) continue;
    return "line " + std::to_string(line) + "\n    expected: " + (more ? wanted : "(nothing)") +
           "\n    happened: " + (has ? found : "(nothing)");
  }
}

}  // namespace golden
