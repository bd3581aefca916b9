#include "parser.h"

#include <algorithm>

#include <statelang/definition/definition.h>
#include <statelang/json_syntax.h>

namespace statelang {
namespace {

constexpr std::string_view kTypeNames[] = {"Task", "Parallel", "Map",     "Pass",
                                           "Wait", "Choice",   "Succeed", "Fail"};

std::optional<StateType> type_of(std::string_view name) {
  for (size_t i = 0; i < std::size(kTypeNames); ++i) {
    if (kTypeNames[i] == name) return static_cast<StateType>(i);
  }
  return std::nullopt;
}

// Text without any definition in it, or broken JSON; `json` is what was read of it.
void report_unreadable(std::string_view text, const Expected<Value, JsonError>& json, Findings& findings,
                       std::vector<Diagnostic>& out) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos || json) {
    findings.unlocated("SCHEMA_VALIDATION_FAILED", "", "Definition must be a valid JSON object");
    findings.finish(Value());
    return;
  }
  const auto syntax = find_json_syntax_error(text, true);
  Diagnostic broken{Diagnostic::Severity::Error, "INVALID_JSON_DESCRIPTION", "", json.error().message};
  broken.offset = json.error().offset;
  if (syntax) {
    broken.location = syntax->source;
    broken.message = syntax->message + "\n at " + syntax->source;
    broken.offset = syntax->offset;
  }
  out.push_back(std::move(broken));
}

bool is_terminal(const Value& state) {
  const Value* type = state.find("Type");
  const Value* end = state.find("End");
  return (type && type->is_string() && (type->as_string() == "Succeed" || type->as_string() == "Fail")) ||
         (end && end->is_boolean() && end->as_boolean());
}

}  // namespace

QueryLanguage language_of(Reader& reader, QueryLanguage inherited, bool machine_is_jsonata) {
  if (!reader.has("QueryLanguage")) return inherited;
  const auto given = reader.take_string("QueryLanguage");
  if (given && *given != "JSONPath" && *given != "JSONata") {
    reader.findings().schema(reader.at("QueryLanguage"),
                             "Value should be one of the following: [JSONPath, JSONata]");
  } else if (given && *given == "JSONPath" && machine_is_jsonata) {
    reader.findings().member(
        reader.pointer(), "QueryLanguage",
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        "States of a JSONata machine are JSONata; remove it, or say JSONata in the states that need it.",
        Diagnostic::Part::Value);
  }
  // The service reads everything else as JSONata.
  return given && *given == "JSONPath" ? QueryLanguage::JsonPath : QueryLanguage::Jsonata;
}

std::string_view to_string(StateType type) {
  return kTypeNames[static_cast<size_t>(type)];
}

std::shared_ptr<const Definition> DefinitionParser::parse(std::string_view text) {
  definition_ = std::make_shared<Definition>();
  if (text.size() > kDefinitionBytesMax) {
    findings_.unlocated("INVALID_JSON_DESCRIPTION", "", "The definition is larger than 1048576 bytes");
    findings_.finish(Value());
    return definition_;
  }
  auto json = parse_json(text, {.depth_max = 1000, .refuse_duplicate_keys = true});
  if (!json || !json->is_object()) {
    report_unreadable(text, json, findings_, diagnostics_);
    return definition_;
  }
  Reader reader(*json, "", findings_);
  machine_language_ = language_of(reader, QueryLanguage::JsonPath, false);
  read_misplaced_language(*json);
  definition_->language_ = machine_language_;
  if (const auto version = reader.take_string("Version"); version && *version != "1.0") {
    findings_.schema("/Version", "Value should be one of the following: [1.0]");
  }
  definition_->timeout_seconds_ = reader.take_integer("TimeoutSeconds", 1, kSecondsMax);
  definition_->root_ = parse_level(reader, 0, 0, machine_language_);
  definition_->comment_ = json->find("Comment") && json->find("Comment")->is_string()
                              ? std::string(json->find("Comment")->as_string())
                              : std::string();
  for (const Level& level : levels_) check_transitions(level);
  check_variable_scopes();
  findings_.finish(*json);
  return definition_;
}

// Some definitions in use carry QueryLanguage among the states, one level too deep. It means what its author
// meant.
void DefinitionParser::read_misplaced_language(const Value& json) {
  const Value* states = json.find("States");
  const Value* language = states ? states->find("QueryLanguage") : nullptr;
  if (options_.strict || !language || !language->is_string()) return;
  if (language->as_string() == "JSONata") machine_language_ = QueryLanguage::Jsonata;
  misplaced_language_ = true;
  findings_.warning("SCHEMA_VALIDATION_FAILED", "/States/QueryLanguage", "'QueryLanguage' is not a state",
                    "Move it up, beside StartAt.");
}

SubMachine DefinitionParser::parse_level(Reader& reader, size_t parent, size_t depth,
                                         QueryLanguage language) {
  reader.take_string("Comment");
  reader.require({"States", "StartAt"});
  const Value* states = reader.take_object("States");
  const auto start = reader.take_string("StartAt");
  reader.finish();
  if (!states) return {};
  if (states->size() == 0) {
    findings_.schema(reader.at("States"), "Value cannot be empty");
    return {};
  }
  if (depth > kNestingMax) {
    findings_.error("TOO_DEEPLY_NESTED", reader.at("States"),
                    "Parallel and Map states are nested too deeply");
    return {};
  }
  const size_t level = levels_.size();
  levels_.push_back({.pointer = reader.pointer(), .parent = parent, .depth = depth, .language = language});
  declare_states(*states, levels_[level]);
  levels_[level].start_given = start.has_value();
  if (start) {
    if (const auto found = resolve(*start, reader.at("StartAt"), level)) {
      levels_[level].start_at = *found;
    }
  }
  const std::vector<StateIndex> indexes = levels_[level].states;
  size_t position = 0;
  for (const auto& [name, json] : states->as_object()) {
    if (is_misplaced_language(name.as_string(), levels_[level])) continue;
    levels_[level].ends = levels_[level].ends || is_terminal(json);
    parse_state(json, indexes[position++], level);
  }
  return {levels_[level].start_at};
}

void DefinitionParser::declare_states(const Value& states, Level& level) {
  for (const auto& [key, json] : states.as_object()) {
    const std::string name(key.as_string());
    if (is_misplaced_language(name, level)) continue;
    const auto index = static_cast<StateIndex>(definition_->states_.size());
    State& declared = definition_->states_.emplace_back();
    referenced_.push_back(false);
    declared.index = index;
    declared.name = name;
    declared.pointer = join_pointer(level.pointer + "/States", name);
    if (name.empty() || characters(name) > kStateNameMax) {
      findings_.error("INVALID_STATE_NAME", declared.pointer,
                      "State name must be between 1 and 80 characters long");
    }
    if (!definition_->by_name_.emplace(name, index).second) {
      findings_.error(
          "DUPLICATE_STATE_NAME", declared.pointer, "Duplicate state name: " + name,
          "State names are unique in the whole definition, branches and item processors included.");
    }
    level.names.emplace(name, index);
    level.states.push_back(index);
  }
}

void DefinitionParser::parse_state(const Value& json, StateIndex index, size_t level) {
  State parsed;
  parsed.index = index;
  parsed.name = state(index).name;
  parsed.pointer = state(index).pointer;
  if (!json.is_object()) {
    findings_.schema(parsed.pointer, "Expected value of type Object");
    return;
  }
  Reader reader(json, parsed.pointer, findings_);
  reader.require({"Type"});
  const auto type_name = reader.take_string("Type");
  const auto type = type_name ? type_of(*type_name) : std::nullopt;
  if (!type) {
    if (type_name) {
      findings_.schema(
          reader.at("Type"),
          "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, "
          "Parallel, Map]");
    }
    return;
  }
  parsed.type = *type;
  parsed.language = language_of(reader, levels_[level].language, machine_language_ == QueryLanguage::Jsonata);
  const bool downgraded =
      machine_language_ == QueryLanguage::Jsonata && parsed.language == QueryLanguage::JsonPath;
  const size_t first = diagnostics_.size();
  parsed.comment = reader.take_string("Comment").value_or("");
  parse_type(reader, parsed, level);
  parse_common(reader, parsed, level);
  reader.finish();
  // That its language is refused is the whole answer about the fields of the other one.
  if (downgraded) drop_language_findings(parsed.pointer, first);
  note_variables(parsed);
  state(index) = std::move(parsed);
}

void DefinitionParser::drop_language_findings(const std::string& place, size_t first) {
  const auto about_language = [&](const Diagnostic& found) {
    return found.location == place && found.message.starts_with("The QueryLanguage is set to 'JSONPath'");
  };
  diagnostics_.erase(std::remove_if(diagnostics_.begin() + static_cast<std::ptrdiff_t>(first),
                                    diagnostics_.end(), about_language),
                     diagnostics_.end());
}

void DefinitionParser::parse_type(Reader& reader, State& state, size_t level) {
  switch (state.type) {
    case StateType::Task:
      return parse_task(reader, state);
    case StateType::Parallel:
      return parse_parallel(reader, state, level);
    case StateType::Map:
      return parse_map(reader, state, level);
    case StateType::Pass:
      return parse_pass(reader, state);
    case StateType::Wait:
      return parse_wait(reader, state);
    case StateType::Choice:
      return parse_choice(reader, state, level);
    case StateType::Succeed:
      state.fields = SucceedFields{};
      return;
    case StateType::Fail:
      return parse_fail(reader, state);
  }
}

std::optional<StateIndex> DefinitionParser::resolve(const std::string& name, const std::string& location,
                                                    size_t level) {
  const auto found = levels_[level].names.find(name);
  if (found != levels_[level].names.end()) {
    referenced_[static_cast<size_t>(found->second)] = true;
    return found->second;
  }
  // Hints cost a look at every name: the first findings get one, the thousandth does not need it.
  constexpr size_t kHintsMax = 20;
  std::vector<std::string_view> candidates;
  if (hints_given_++ >= kHintsMax) {
    findings_.error("MISSING_TRANSITION_TARGET", location, "Missing 'Next' target: " + name);
    return std::nullopt;
  }
  for (const auto& [candidate, index] : levels_[level].names) candidates.push_back(candidate);
  std::sort(candidates.begin(), candidates.end());
  const std::string meant = nearest(name, candidates);
  findings_.error("MISSING_TRANSITION_TARGET", location, "Missing 'Next' target: " + name,
                  !meant.empty()                           ? "Did you mean \"" + meant + "\"?"
                  : definition_->by_name_.count(name) != 0 ? "A transition cannot leave or enter a branch."
                                                           : "");
  return std::nullopt;
}

Expected<std::shared_ptr<const Definition>, std::vector<Diagnostic>> Definition::parse(std::string_view text,
                                                                                       ParseOptions options) {
  std::vector<Diagnostic> diagnostics;
  auto definition = DefinitionParser(options, diagnostics).parse(text);
  if (has_errors(diagnostics)) return Unexpected{std::move(diagnostics)};
  return definition;
}

std::vector<Diagnostic> Definition::validate(std::string_view text, ParseOptions options) {
  std::vector<Diagnostic> diagnostics;
  DefinitionParser(options, diagnostics).parse(text);
  return diagnostics;
}

const State* Definition::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : &state(found->second);
}

std::string invalid_definition_message(const std::vector<Diagnostic>& diagnostics) {
  std::string list;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Diagnostic::Severity::Error) continue;
    list += (list.empty() ? "" : ", ") + diagnostic.code + ": " + diagnostic.message;
    list += " at " + (diagnostic.location.empty() ? "null" : diagnostic.location);  // null: AWS's word
  }
  return "Invalid State Machine Definition: '" + list + "'";
}

}  // namespace statelang
