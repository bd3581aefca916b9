// DefinitionParser: JSON text to Definition. One walk over the document, in order, with every finding noted;
// what needs the whole (transition targets, reachability, variable scopes) is checked afterwards.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "reader.h"

namespace statelang {

// Depth of Parallel and Map inside each other.
inline constexpr size_t kNestingMax = 50;
inline constexpr size_t kDefinitionBytesMax = 1048576;
inline constexpr size_t kStateNameMax = 80;
inline constexpr int64_t kSecondsMax = 99999999;

// The QueryLanguage field of a machine, branch or state; `inherited` when it has none.
QueryLanguage language_of(Reader& reader, QueryLanguage inherited, bool machine_is_jsonata);

class DefinitionParser {
 public:
  DefinitionParser(ParseOptions options, std::vector<Diagnostic>& diagnostics)
      : options_(options), diagnostics_(diagnostics), findings_(diagnostics) {}

  std::shared_ptr<const Definition> parse(std::string_view text);

 private:
  // One level: where its names are looked up, and the variables that its states assign.
  struct Level {
    std::string pointer;
    size_t parent = 0;  // index into levels_; the root is its own parent
    size_t depth = 0;
    std::unordered_map<std::string, StateIndex> names;
    std::vector<StateIndex> states;
    QueryLanguage language = QueryLanguage::JsonPath;  // of its states that name none
    StateIndex start_at{};
    bool start_given = false;                      // there is a StartAt, whatever it names
    bool ends = false;                             // some state is terminal
    std::vector<std::string> assigned;             // variables assigned directly in this level
    std::unordered_set<std::string> assigned_set;  // the same
  };

  // parser.cpp
  SubMachine parse_level(Reader& reader, size_t parent, size_t depth, QueryLanguage language);
  void read_misplaced_language(const Value& json);
  bool is_misplaced_language(std::string_view name, const Level& level) const {
    return misplaced_language_ && level.depth == 0 && name == "QueryLanguage";
  }
  void declare_states(const Value& states, Level& level);
  void parse_state(const Value& json, StateIndex index, size_t level);
  void drop_language_findings(const std::string& place, size_t first);
  void parse_type(Reader& reader, State& state, size_t level);
  std::optional<StateIndex> resolve(const std::string& name, const std::string& location, size_t level);

  // state_fields.cpp
  void parse_common(Reader& reader, State& state, size_t level);
  void parse_transition(Reader& reader, State& state, size_t level);
  std::optional<PathOrNull> parse_path(Reader& reader, std::string_view field, bool reference);
  // `access`: the members of $states that mean something in this field.
  std::optional<Template> parse_template(Reader& reader, std::string_view field, const State& state,
                                         bool must_be_object,
                                         templates::StatesAccess access = templates::StatesAccess::Input);
  std::optional<NumberField> parse_number(Reader& reader, const State& state, const std::string& field,
                                          int64_t min, int64_t max);
  std::optional<NumberField> parse_number_path(const Value& value, const std::string& pointer,
                                               const std::string& field);
  std::optional<TextField> parse_text_path(Reader& reader, const std::string& field);
  std::optional<TextField> parse_text(Reader& reader, const State& state, const std::string& field);
  // `noted`: the names count as assigned in this level, so that inner levels may not assign them.
  std::optional<Template> parse_assign(Reader& reader, const State& state, size_t level, bool noted,
                                       templates::StatesAccess access);
  void parse_retriers(Reader& reader, State& state);
  void parse_catchers(Reader& reader, State& state, size_t level);
  std::vector<std::string> parse_error_names(Reader& reader, bool last);
  void note_variables(State& state);

  // task_fields.cpp, map_fields.cpp, other_fields.cpp
  void parse_task(Reader& reader, State& state);
  void parse_resource_field(Reader& reader, TaskFields& task);
  void parse_parallel(Reader& reader, State& state, size_t level);
  void parse_map(Reader& reader, State& state, size_t level);
  void parse_distributed(Reader& reader, State& state, MapFields& map);
  MapFields parse_processor(Reader& reader, size_t level);
  std::optional<Template> parse_items(Reader& reader, const State& state);
  void check_reader_config(Reader& settings, bool objects);
  void parse_call_parameters(Reader& item, const State& state, std::optional<Template>& out);
  ItemReaderFields parse_item_reader(Reader& reader, const State& state);
  ItemBatcherFields parse_item_batcher(Reader& reader, const State& state);
  ResultWriterFields parse_result_writer(Reader& reader, const State& state);
  void parse_pass(Reader& reader, State& state);
  void parse_wait(Reader& reader, State& state);
  void parse_choice(Reader& reader, State& state, size_t level);
  ChoiceRule parse_rule(const Value& json, const std::string& pointer, const State& state, size_t level);
  void report_rule(const choice::CompileError& error, const std::string& pointer);
  void warn_operands(const Value& rule, const std::string& pointer);
  void refuse_comparisons(Reader& reader);
  void parse_fail(Reader& reader, State& state);

  // warnings.cpp: what the service accepts although it is hardly meant
  void warn_no_dollar(const Value& json, const std::string& pointer);
  void warn_static_result(const Value& json, const std::string& pointer);
  void warn_no_path(std::string_view field, const std::string& text, const std::string& pointer);

  // checks.cpp
  void check_transitions(const Level& level);
  void check_variable_scopes();

  State& state(StateIndex index) { return definition_->states_[static_cast<size_t>(index)]; }

  ParseOptions options_;
  std::vector<Diagnostic>& diagnostics_;
  Findings findings_;
  std::shared_ptr<Definition> definition_;
  std::vector<Level> levels_;
  std::unordered_set<std::string> labels_;
  std::vector<bool> referenced_;  // by state: something leads to it
  bool misplaced_language_ = false;
  size_t hints_given_ = 0;
  QueryLanguage machine_language_ = QueryLanguage::JsonPath;
};

}  // namespace statelang
