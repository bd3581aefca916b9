// Fields that several state types share: data flow, transitions, Assign, Retry, Catch.
#include <algorithm>
#include <set>

#include <statelang/timestamps/timestamp.h>

#include "identifier.h"
#include "parser.h"

namespace statelang {
namespace {

constexpr std::string_view kJsonPathOnly = "Use Arguments, Output and {% %} expressions.";
constexpr std::string_view kJsonataOnly = "Set QueryLanguage to JSONata in this state.";

constexpr std::string_view kReferencePathHint =
    "A Reference Path starts with '$' and names one place: $.a.b[0].";

std::string not_a_reference_path(std::string_view text, const std::string& why) {
  return "Value is not a Reference Path: " +
         (text.starts_with("$") ? why : std::string("Reference path didn't start with '$'"));
}

// The intrinsic functions that ErrorPath and CausePath may call.
bool gives_text(std::string_view call) {
  static constexpr std::string_view kFunctions[] = {
      "States.Format",       "States.JsonToString", "States.ArrayGetItem", "States.Base64Encode",
      "States.Base64Decode", "States.Hash",         "States.UUID"};
  const std::string_view name = call.substr(0, call.find('('));
  return std::find(std::begin(kFunctions), std::end(kFunctions), name) != std::end(kFunctions);
}

bool allows(StateType type, std::initializer_list<StateType> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

constexpr int64_t kMaxDelayMax = 31622400;

// Fields of the other query language, where this type of state has them in it; elsewhere they are unknown.
void refuse_where_known(Reader& reader, StateType type, bool jsonata) {
  using enum StateType;
  const bool works = allows(type, {Task, Parallel, Map});
  std::vector<std::string_view> fields;
  if (jsonata) {
    if (type != Fail) fields = {"InputPath", "OutputPath"};
    if (works || type == Pass) fields.insert(fields.end(), {"Parameters", "ResultPath"});
    if (works) fields.push_back("ResultSelector");
    reader.refuse(fields, QueryLanguage::JsonPath, kJsonPathOnly);
  } else {
    if (type != Fail) fields.push_back("Output");
    if (allows(type, {Task, Parallel})) fields.push_back("Arguments");
    reader.refuse(fields, QueryLanguage::Jsonata, kJsonataOnly);
  }
}

void append_template_variables(const Template& field, std::set<std::string>& out) {
  std::visit(
      [&](const auto& compiled) { out.insert(compiled.variables().begin(), compiled.variables().end()); },
      field);
}

void append_number_variables(const NumberField& field, std::set<std::string>& out) {
  if (const auto* path = std::get_if<json_path::Path>(&field.value)) {
    for (auto& name : path->variables()) out.insert(name);
  } else if (const auto* expression = std::get_if<templates::JsonataTemplate>(&field.value)) {
    out.insert(expression->variables().begin(), expression->variables().end());
  }
}

void append_text_variables(const TextField& field, std::set<std::string>& out) {
  if (const auto* path = std::get_if<templates::Expression>(&field.value)) {
    for (auto& name : path->variables()) out.insert(name);
  } else if (const auto* expression = std::get_if<templates::JsonataTemplate>(&field.value)) {
    out.insert(expression->variables().begin(), expression->variables().end());
  }
}

// A field's place in its state, as AWS writes it: "Choices[1]/Condition", "ItemReader/Arguments".
std::string place_in_state(const Reader& reader, const State& state, std::string_view field) {
  std::string out;
  std::string_view rest = std::string_view(reader.pointer()).substr(state.pointer.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view name = rest.substr(0, rest.find('/'));
    rest.remove_prefix(name.size());
    const bool index = name.find_first_not_of("0123456789") == std::string_view::npos;
    if (!index && !out.empty()) out += '/';
    out += index ? "[" + std::string(name) + "]" : std::string(name);
  }
  return (out.empty() ? "" : out + "/") + std::string(field);
}

}  // namespace

std::optional<PathOrNull> DefinitionParser::parse_path(Reader& reader, std::string_view field,
                                                       bool reference) {
  const Value* value = reader.take(field);
  if (!value) return std::nullopt;
  if (value->is_null()) return PathOrNull{true, {}};
  if (!value->is_string()) {
    findings_.schema(reader.at(field), "Expected value of type String or null");
    return std::nullopt;
  }
  auto path = json_path::Path::parse(value->as_string());
  if (!path) {
    if (reference) {
      findings_.schema(reader.at(field), not_a_reference_path(value->as_string(), path.error().text),
                       std::string(kReferencePathHint));
    } else {
      findings_.schema(reader.at(field), "Value must be a valid JSONPath.", path.error().text);
    }
    return std::nullopt;
  }
  if (reference && (!path->is_reference_path() || path->root() != json_path::Root::Input)) {
    findings_.schema(reader.at(field), "Value is not a Reference Path", std::string(kReferencePathHint));
    return std::nullopt;
  }
  return PathOrNull{false, std::move(*path)};
}

std::optional<Template> DefinitionParser::parse_template(Reader& reader, std::string_view field,
                                                         const State& state, bool must_be_object,
                                                         templates::StatesAccess access) {
  const Value* value = must_be_object && !state.is_jsonata() ? reader.take_object(field) : reader.take(field);
  if (!value) return std::nullopt;
  if (state.is_jsonata()) {
    auto compiled = templates::JsonataTemplate::compile(*value, place_in_state(reader, state, field), access);
    if (compiled) return Template(std::move(*compiled));
    for (auto& error : compiled.error())
      findings_.error(error.code, reader.at(field) + error.pointer, error.message, error.hint);
    return std::nullopt;
  }
  warn_no_dollar(*value, reader.at(field));
  auto compiled = templates::PayloadTemplate::compile(*value);
  if (compiled) return Template(std::move(*compiled));
  for (auto& error : compiled.error()) {
    findings_.member(reader.at(field) + error.pointer, error.field, error.message, "",
                     Diagnostic::Part::Value);
  }
  return std::nullopt;
}

std::optional<NumberField> DefinitionParser::parse_number_path(const Value& value, const std::string& pointer,
                                                               const std::string& field) {
  if (!value.is_string()) {
    findings_.schema(pointer, "Expected value of type String");
    return std::nullopt;
  }
  auto path = json_path::Path::parse(value.as_string());
  if (!path) {
    findings_.schema(pointer, not_a_reference_path(value.as_string(), path.error().text),
                     std::string(kReferencePathHint));
    return std::nullopt;
  }
  // The Context Object is refused by all fields of a Map; Task and Wait may read it.
  const bool context = path->root() == json_path::Root::Context;
  const bool may_be_context =
      field.starts_with("Timeout") || field.starts_with("Heartbeat") || field.starts_with("Seconds");
  if (!path->is_reference_path() || (context && !may_be_context)) {
    findings_.schema(pointer, "Value is not a Reference Path", std::string(kReferencePathHint));
    return std::nullopt;
  }
  return NumberField{field, std::move(*path)};
}

std::optional<TextField> DefinitionParser::parse_text_path(Reader& reader, const std::string& field) {
  const auto text = reader.take_string(field);
  if (!text) return std::nullopt;
  auto expression = templates::Expression::parse(*text);
  if (!expression) {
    findings_.schema(reader.at(field), not_a_reference_path(*text, expression.error()),
                     std::string(kReferencePathHint));
    return std::nullopt;
  }
  if (expression->is_call() && (field == "TimestampPath" || !gives_text(*text))) {
    findings_.schema(reader.at(field), "Value is not a Reference Path",
                     field == "TimestampPath" ? std::string(kReferencePathHint)
                                              : "A function here must give a string: States.Format, "
                                                "States.JsonToString, States.ArrayGetItem, "
                                                "States.Base64Encode, States.Base64Decode, States.Hash, "
                                                "States.UUID.");
    return std::nullopt;
  }
  if (!expression->is_call() && !expression->path()->is_reference_path()) {
    findings_.schema(reader.at(field), "Value is not a Reference Path", std::string(kReferencePathHint));
    return std::nullopt;
  }
  return TextField{field, std::move(*expression)};
}

std::optional<NumberField> DefinitionParser::parse_number(Reader& reader, const State& state,
                                                          const std::string& field, int64_t min,
                                                          int64_t max) {
  const std::string path_field = field + "Path";
  if (state.is_jsonata()) {
    reader.refuse({path_field}, QueryLanguage::JsonPath, "Give \"" + field + "\" an expression: {% ... %}.");
  } else {
    if (field != "Seconds") reader.one_of({field, path_field}, false);  // Wait has four forms
    if (const Value* path = reader.take(path_field)) {
      reader.take(field);
      return parse_number_path(*path, reader.at(path_field), path_field);
    }
  }
  if (state.is_jsonata()) {
    const Value* value = reader.json().find(field);
    if (value && value->is_string()) {
      auto compiled = parse_template(reader, field, state, false);
      if (!compiled) return std::nullopt;
      if (!templates::JsonataTemplate::is_expression(value->as_string())) {
        const char* type = field == "ToleratedFailurePercentage" ? "Number" : "Integer";
        findings_.schema(reader.at(field), std::string("Expected value of type ") + type,
                         "Or an expression: {% ... %}.");
        return std::nullopt;
      }
      return NumberField{field, std::get<templates::JsonataTemplate>(*compiled)};
    }
  }
  if (field == "ToleratedFailurePercentage") {  // the only one with a fraction
    const auto percentage = reader.take_number(field, static_cast<double>(min), static_cast<double>(max));
    return percentage ? std::optional(NumberField{field, *percentage}) : std::nullopt;
  }
  const auto number = reader.take_integer(field, min, max);
  if (!number) return std::nullopt;
  return NumberField{field, static_cast<double>(*number)};
}

std::optional<TextField> DefinitionParser::parse_text(Reader& reader, const State& state,
                                                      const std::string& field) {
  const std::string path_field = field + "Path";
  if (state.is_jsonata()) {
    reader.refuse({path_field}, QueryLanguage::JsonPath, "Give \"" + field + "\" an expression: {% ... %}.");
  } else {
    if (field != "Timestamp") reader.one_of({field, path_field}, false);  // Wait has four forms
    if (reader.has(path_field)) {
      reader.take(field);
      return parse_text_path(reader, path_field);
    }
  }
  const auto text = reader.take_string(field);
  if (!text) return std::nullopt;
  if (!state.is_jsonata()) warn_no_path(field, *text, reader.at(field));
  if (state.is_jsonata() && templates::JsonataTemplate::is_expression(*text)) {
    auto compiled = parse_template(reader, field, state, false);
    if (!compiled) return std::nullopt;
    return TextField{field, std::get<templates::JsonataTemplate>(*compiled)};
  }
  return TextField{field, *text};
}

std::optional<Template> DefinitionParser::parse_assign(Reader& reader, const State& state, size_t level,
                                                       bool noted, templates::StatesAccess access) {
  const Value* value = reader.take_object("Assign");
  if (!value) return std::nullopt;
  for (const auto& [key, unused] : value->as_object()) {
    std::string name(key.as_string());
    if (!state.is_jsonata() && name.size() > 2 && name.ends_with(".$")) name.resize(name.size() - 2);
    if (!is_variable_name(name)) {
      findings_.member(
          reader.at("Assign"), key.as_string(), "Variable name '" + name + "' is not valid",
          "Letters, digits and '_', at most 80 characters, starting with a letter, not 'states'.");
      continue;
    }
    if (noted && levels_[level].assigned_set.insert(name).second)
      levels_[level].assigned.push_back(std::move(name));
  }
  return parse_template(reader, "Assign", state, true, access);
}

void DefinitionParser::parse_transition(Reader& reader, State& state, size_t level) {
  const auto next = reader.take_string("Next");
  const auto end = reader.take_boolean("End");
  if (!reader.has("Next") && !end.value_or(false)) {
    findings_.schema(state.pointer, "There should be one of the following fields: [Next, End]",
                     "Add \"Next\": \"<state>\" or \"End\": true.");
  } else if (end.value_or(false)) {
    reader.one_of({"Next", "End"}, false);
  }
  if (next) state.next = resolve(*next, reader.at("Next"), level);
}

void DefinitionParser::parse_common(Reader& reader, State& state, size_t level) {
  using enum StateType;
  const bool jsonata = state.is_jsonata();
  const bool flows = state.type != Fail;
  const bool works = allows(state.type, {Task, Parallel, Map});
  const auto access = works ? templates::StatesAccess::Result : templates::StatesAccess::Input;
  if (jsonata) {
    refuse_where_known(reader, state.type, jsonata);
    if (flows) state.output = parse_template(reader, "Output", state, false, access);
    if (allows(state.type, {Task, Parallel}))
      state.parameters = parse_template(reader, "Arguments", state, false);
  } else {
    refuse_where_known(reader, state.type, jsonata);
    if (flows) {
      state.input_path = parse_path(reader, "InputPath", false);
      state.output_path = parse_path(reader, "OutputPath", false);
    }
    if (works || state.type == Pass) {
      if (state.type != Map) state.parameters = parse_template(reader, "Parameters", state, false);
      state.result_path = parse_path(reader, "ResultPath", true);
    }
    if (works) state.result_selector = parse_template(reader, "ResultSelector", state, true);
  }
  if (!allows(state.type, {Succeed, Fail})) state.assign = parse_assign(reader, state, level, true, access);
  if (!allows(state.type, {Choice, Succeed, Fail})) parse_transition(reader, state, level);
  if (works) {
    parse_retriers(reader, state);
    parse_catchers(reader, state, level);
  }
}

std::vector<std::string> DefinitionParser::parse_error_names(Reader& reader, bool last) {
  std::vector<std::string> names;
  const Value* list = reader.take_array("ErrorEquals", false);
  if (!list) return names;
  bool all = false;
  for (const Value& name : list->as_array()) {
    if (!name.is_string()) {
      findings_.schema(reader.at("ErrorEquals"), "Expected value of type String");
      continue;
    }
    names.emplace_back(name.as_string());
    all = all || names.back() == errors::kAll;
  }
  if (all && (list->size() > 1 || !last)) {
    findings_.schema(reader.at("ErrorEquals"),
                     "States.ALL must appear alone and in the last object of the array");
  }
  return names;
}

void DefinitionParser::parse_retriers(Reader& reader, State& state) {
  const Value* list = reader.take_array("Retry");
  if (!list) return;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = reader.at("Retry") + "/" + std::to_string(i);
    const Value& json = (*list)[i];
    if (!json.is_object()) {
      findings_.schema(pointer, "Expected value of type Object");
      continue;
    }
    Reader item(json, pointer, findings_);
    item.require({"ErrorEquals"});
    Retrier retrier;
    retrier.error_equals = parse_error_names(item, i + 1 == list->size());
    item.take_string("Comment");
    retrier.interval_seconds = item.take_integer("IntervalSeconds", 1, kSecondsMax).value_or(1);
    retrier.max_attempts = item.take_integer("MaxAttempts", 0, kSecondsMax).value_or(3);
    retrier.backoff_rate = item.take_number("BackoffRate", 1.0, 1e9).value_or(2.0);
    retrier.max_delay_seconds = item.take_integer("MaxDelaySeconds", 1, kMaxDelayMax);
    if (retrier.max_delay_seconds && *retrier.max_delay_seconds <= retrier.interval_seconds &&
        item.has("IntervalSeconds")) {
      findings_.schema(pointer, "MaxDelaySeconds must be greater than IntervalSeconds");
    }
    if (const auto jitter = item.take_string("JitterStrategy")) {
      retrier.full_jitter = *jitter == "FULL";
      if (*jitter != "FULL" && *jitter != "NONE") {
        findings_.schema(item.at("JitterStrategy"), "Value should be one of the following: [FULL, NONE]");
      }
    }
    item.finish();
    state.retriers.push_back(std::move(retrier));
  }
}

void DefinitionParser::parse_catchers(Reader& reader, State& state, size_t level) {
  const Value* list = reader.take_array("Catch");
  if (!list) return;
  for (size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = reader.at("Catch") + "/" + std::to_string(i);
    const Value& json = (*list)[i];
    if (!json.is_object()) {
      findings_.schema(pointer, "Expected value of type Object");
      continue;
    }
    Reader item(json, pointer, findings_);
    item.require({"ErrorEquals", "Next"});
    Catcher catcher;
    catcher.error_equals = parse_error_names(item, i + 1 == list->size());
    item.take_string("Comment");
    if (const auto next = item.take_string("Next")) {
      if (const auto found = resolve(*next, item.at("Next"), level)) catcher.next = *found;
    }
    if (state.is_jsonata()) {
      item.refuse({"ResultPath"}, QueryLanguage::JsonPath, kJsonPathOnly);
      catcher.output = parse_template(item, "Output", state, false, templates::StatesAccess::ErrorOutput);
    } else {
      item.refuse({"Output"}, QueryLanguage::Jsonata, kJsonataOnly);
      catcher.result_path = parse_path(item, "ResultPath", true);
    }
    // The service lets a branch assign what its Parallel's catcher assigns, too.
    catcher.assign = parse_assign(item, state, level, false, templates::StatesAccess::ErrorOutput);
    item.finish();
    state.catchers.push_back(std::move(catcher));
  }
}

void DefinitionParser::note_variables(State& state) {
  std::set<std::string> names;
  const auto path = [&](const std::optional<PathOrNull>& field) {
    if (!field) return;
    for (auto& name : field->path.variables()) names.insert(name);
  };
  const auto field = [&](const std::optional<Template>& compiled) {
    if (compiled) append_template_variables(*compiled, names);
  };
  const auto number = [&](const std::optional<NumberField>& compiled) {
    if (compiled) append_number_variables(*compiled, names);
  };
  const auto text = [&](const std::optional<TextField>& compiled) {
    if (compiled) append_text_variables(*compiled, names);
  };
  path(state.input_path), path(state.output_path);
  field(state.parameters), field(state.result_selector), field(state.output), field(state.assign);
  for (const Catcher& catcher : state.catchers) field(catcher.output), field(catcher.assign);
  if (const auto* task = std::get_if<TaskFields>(&state.fields)) {
    number(task->timeout), number(task->heartbeat), field(task->credentials);
  } else if (const auto* map = std::get_if<MapFields>(&state.fields)) {
    if (map->items_path) path(PathOrNull{false, *map->items_path});
    field(map->items), field(map->item_selector), number(map->max_concurrency);
    number(map->tolerated_failure_count), number(map->tolerated_failure_percentage);
    if (map->item_reader) field(map->item_reader->parameters), number(map->item_reader->max_items);
    if (const auto& batcher = map->item_batcher) {
      number(batcher->max_items_per_batch), number(batcher->max_input_bytes_per_batch);
      field(batcher->batch_input);
    }
    if (map->result_writer) field(map->result_writer->parameters);
  } else if (const auto* wait = std::get_if<WaitFields>(&state.fields)) {
    number(wait->seconds), text(wait->timestamp);
  } else if (const auto* fail = std::get_if<FailFields>(&state.fields)) {
    text(fail->error), text(fail->cause);
  } else if (const auto* choice = std::get_if<ChoiceFields>(&state.fields)) {
    for (const ChoiceRule& rule : choice->rules) {
      if (const auto* test = std::get_if<choice::Rule>(&rule.condition)) {
        names.insert(test->variables().begin(), test->variables().end());
      } else if (const auto* condition = std::get_if<templates::JsonataTemplate>(&rule.condition)) {
        names.insert(condition->variables().begin(), condition->variables().end());
      }
      field(rule.assign), field(rule.output);
    }
  }
  state.variable_references.assign(names.begin(), names.end());
}

}  // namespace statelang
