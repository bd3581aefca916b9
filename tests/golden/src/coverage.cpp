#include "coverage.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "language_table.h"

namespace golden {

using statelang::Definition;
using statelang::HistoryEvent;
using statelang::QueryLanguage;
using statelang::State;
using statelang::StateType;
using statelang::Value;

namespace {

constexpr std::string_view kTypes[] = {"Task", "Parallel", "Map",     "Pass",
                                       "Wait", "Choice",   "Succeed", "Fail"};

std::string_view language_name(QueryLanguage language) {
  return language == QueryLanguage::Jsonata ? "JSONata" : "JSONPath";
}

std::string entry(std::string_view type, std::string_view field, std::string_view language,
                  std::string_view outcome = {}) {
  std::string out = std::string(type) + ", " + std::string(field);
  if (!language.empty()) out += ", " + std::string(language);
  if (!outcome.empty()) out += ", " + std::string(outcome);
  return out;
}

bool has_language(In in, QueryLanguage language) {
  return in == In::Both || (in == In::Jsonata) == (language == QueryLanguage::Jsonata);
}

const std::set<std::string>& all_wanted() {
  static const std::set<std::string> wanted = [] {
    std::set<std::string> out;
    for (const EventRow& row : state_events()) {
      for (const std::string_view event : row.events) out.insert(entry(row.type, event, {}));
    }
    for (const QueryLanguage language : {QueryLanguage::JsonPath, QueryLanguage::Jsonata}) {
      for (const FieldRow& row : state_fields()) {
        if (!has_language(row.language, language)) continue;
        for (const StateType type : row.types) {
          for (const std::string_view outcome : {"success", "failure"}) {
            out.insert(entry(to_string(type), row.field, language_name(language), outcome));
          }
        }
      }
      for (const FieldRow& row : inner_fields()) {
        if (!has_language(row.language, language)) continue;
        for (const StateType type : row.types) {
          out.insert(entry(to_string(type), row.field, language_name(language)));
        }
      }
    }
    return out;
  }();
  return wanted;
}

// The state as written, by its JSON pointer (names in scripts need no escapes).
const Value* at_pointer(const Value& root, const std::string& pointer) {
  const Value* at = &root;
  for (size_t begin = 1; at && begin <= pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string token = pointer.substr(begin, end - begin);
    at = at->is_array() ? &(*at)[std::stoul(token)] : at->find(token);
    begin = end + 1;
  }
  return at;
}

// The type of the state that an event speaks of; empty: of none.
std::string_view type_of(const Definition& definition, const HistoryEvent& event) {
  if (event.type == statelang::EventType::EvaluationFailed) {
    const State* state = definition.find(event.name);
    return state ? to_string(state->type) : std::string_view();
  }
  const std::string_view name = to_string(event.type);
  if (name.starts_with("Activity") || name.starts_with("Lambda")) return "Task";
  for (const std::string_view type : kTypes) {
    if (name.starts_with(type)) return type;
  }
  return {};
}

bool failed(const HistoryEvent& event) {
  const std::string_view name = to_string(event.type);
  return name.ends_with("Failed") || name.ends_with("TimedOut");
}

struct Outcomes {
  bool success = false, failure = false;
};

// How the visits of each state ended, as far as the history tells.
std::map<std::string, Outcomes> outcomes_of(const Definition& definition,
                                            const statelang::test_runner::Result& result) {
  std::map<std::string, Outcomes> out;
  std::map<std::string, int> open;
  std::map<statelang::EventId, const HistoryEvent*> by_id;
  for (const HistoryEvent& event : result.events) by_id[event.id] = &event;
  for (const HistoryEvent& event : result.events) {
    const std::string_view name = to_string(event.type);
    if (name.ends_with("StateEntered")) ++open[event.name];
    if (!name.ends_with("StateExited")) continue;
    --open[event.name];
    const HistoryEvent& before = *by_id.at(event.previous_id);
    const State& state = *definition.find(event.name);
    // A state that works and leaves right after it was entered was caught before it worked.
    const bool idle = !state.catchers.empty() && before.name == event.name &&
                      std::string_view(to_string(before.type)).ends_with("StateEntered");
    (failed(before) || idle ? out[event.name].failure : out[event.name].success) = true;
  }
  for (const auto& [name, count] : open) {
    const State& state = *definition.find(name);
    const std::string& error = result.failure.error;
    const bool as_meant = state.type == StateType::Fail && error != statelang::errors::kRuntime &&
                          error != statelang::errors::kQueryEvaluationError;
    if (count > 0) (as_meant ? out[name].success : out[name].failure) = true;
  }
  return out;
}

// "Retry.MaxAttempts" of every object in a member's value, one level deep and in lists; the rules of a
// Choice are nested.
void inner_names(const std::string& member, const Value& value, std::set<std::string>& out) {
  if (value.is_array()) {
    for (const Value& item : value.as_array()) inner_names(member, item, out);
  }
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.as_object()) {
    out.insert(member + '.' + std::string(key.as_string()));
    if (member == "Choices") inner_names(member, inner, out);
  }
}

}  // namespace

void Coverage::add_events(const Definition& definition, const statelang::test_runner::Result& result) {
  std::map<statelang::EventId, const HistoryEvent*> by_id;
  for (const HistoryEvent& event : result.events) {
    by_id[event.id] = &event;
    const std::string_view name = to_string(event.type);
    if (name.starts_with("Execution")) shown_.insert(entry("Execution", name, {}));
    if (const auto type = type_of(definition, event); !type.empty()) shown_.insert(entry(type, name, {}));
    if (event.type != statelang::EventType::ExecutionFailed) continue;
    const auto before = by_id.find(event.previous_id);
    if (before == by_id.end()) continue;
    shown_.insert(entry(type_of(definition, *before->second), name, {}));
  }
}

void Coverage::add(const Definition& definition, const std::string& text,
                   const statelang::test_runner::Result& result) {
  add_events(definition, result);
  const auto json = statelang::parse_json(text);
  for (const auto& [name, outcomes] : outcomes_of(definition, result)) {
    const State& state = *definition.find(name);
    const Value* written = json ? at_pointer(*json, state.pointer) : nullptr;
    if (!written || !written->is_object()) continue;
    const std::string_view type = to_string(state.type), language = language_name(state.language);
    for (const auto& [key, value] : written->as_object()) {
      const std::string field(key.as_string());
      if (outcomes.success) shown_.insert(entry(type, field, language, "success"));
      if (outcomes.failure) shown_.insert(entry(type, field, language, "failure"));
      std::set<std::string> inner;
      inner_names(field, value, inner);
      for (const std::string& found : inner) shown_.insert(entry(type, found, language));
    }
  }
}

size_t Coverage::wanted() const {
  return all_wanted().size();
}

std::vector<std::string> Coverage::gaps() const {
  std::vector<std::string> out;
  std::set_difference(all_wanted().begin(), all_wanted().end(), shown_.begin(), shown_.end(),
                      std::back_inserter(out));
  return out;
}

std::vector<std::string> Coverage::table_errors() {
  std::vector<std::string> out;
  for (const QueryLanguage language : {QueryLanguage::JsonPath, QueryLanguage::Jsonata}) {
    for (const FieldRow& row : state_fields()) {
      for (const std::string_view type : kTypes) {
        // Only a Distributed Map has some of the fields.
        const bool processor = type == "Map" && row.field != "ItemProcessor" && row.field != "Iterator";
        const Value mode = Value::object({{"Mode", "DISTRIBUTED"}, {"ExecutionType", "STANDARD"}});
        Value state = Value::object();
        if (processor) state.set("ItemProcessor", Value::object({{"ProcessorConfig", mode}}));
        state.set(row.field, Value());
        state.set("Type", type);
        state.set("QueryLanguage", language_name(language));
        const auto found = Definition::validate(statelang::to_json(
            Value::object({{"StartAt", "S"}, {"States", Value::object({{"S", std::move(state)}})}})));
        const bool refused = std::any_of(found.begin(), found.end(), [&](const auto& diagnostic) {
          const std::string quoted = "ield '" + std::string(row.field) + "' is ";
          return diagnostic.message.find(quoted + "not supported") != std::string::npos ||
                 diagnostic.message.find(quoted + "only supported for") != std::string::npos;
        });
        const bool listed = has_language(row.language, language) &&
                            std::any_of(row.types.begin(), row.types.end(),
                                        [&](StateType one) { return to_string(one) == type; });
        if (listed == !refused) continue;
        out.push_back(entry(type, row.field, language_name(language)) +
                      (refused ? ": listed, but the parser refuses it" : ": accepted, but not listed"));
      }
    }
  }
  return out;
}

}  // namespace golden
