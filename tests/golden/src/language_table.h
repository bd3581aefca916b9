// What the language has, as rows: the fields of each state type and the events each can leave in a history.
// The coverage of golden scripts is measured by it; the rows of fields are checked against the parser.
#pragma once

#include <string_view>
#include <vector>

#include <statelang/definition/definition.h>

namespace golden {

enum class In : uint8_t { Both, JsonPath, Jsonata };

struct FieldRow {
  std::string_view field;
  In language;
  std::vector<statelang::StateType> types;
};
// Members of a state.
const std::vector<FieldRow>& state_fields();
// Members below a state's: "Retry.MaxAttempts". Wanted once for each type and language, without an outcome.
const std::vector<FieldRow>& inner_fields();

struct EventRow {
  std::string_view type;  // of the state, or "Execution"
  std::vector<std::string_view> events;
};
const std::vector<EventRow>& state_events();

}  // namespace golden
