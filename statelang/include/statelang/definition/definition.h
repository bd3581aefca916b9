// Definition: a state machine, parsed, checked and compiled once. Immutable and shared by every execution
// that uses it; may be read from any thread. Source: States Language specification (states-language.net), AWS
// "State machine structure" and the page of each state type.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include <statelang/choice/comparison.h>
#include <statelang/definition/resource.h>
#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/json_path/path.h>
#include <statelang/templates/jsonata_template.h>
#include <statelang/templates/payload_template.h>
#include <statelang/value.h>

namespace statelang {

// A state of any nesting depth; stored with executions, so the numbering must not change: document order.
enum class StateIndex : uint32_t {};

enum class StateType : uint8_t { Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail };
std::string_view to_string(StateType type);

enum class QueryLanguage : uint8_t { JsonPath, Jsonata };

// InputPath, OutputPath, ResultPath: a path or null.
struct PathOrNull {
  bool is_null = false;
  json_path::Path path;
};

// A field that is a template in the state's query language.
using Template = std::variant<templates::PayloadTemplate, templates::JsonataTemplate>;

// A number given as a literal, by a path (field name + "Path") or by a JSONata expression.
struct NumberField {
  std::string name;  // as in the definition: TimeoutSeconds, TimeoutSecondsPath
  std::variant<double, json_path::Path, templates::JsonataTemplate> value;
  bool is_literal() const { return std::holds_alternative<double>(value); }
  double literal() const { return std::get<double>(value); }
};

// A text given as a literal, by a path or intrinsic call, or by a JSONata expression.
struct TextField {
  std::string name;
  std::variant<std::string, templates::Expression, templates::JsonataTemplate> value;
};

struct Retrier {
  std::vector<std::string> error_equals;
  int64_t interval_seconds = 1;
  int64_t max_attempts = 3;
  double backoff_rate = 2.0;
  std::optional<int64_t> max_delay_seconds;
  bool full_jitter = false;
};

struct Catcher {
  std::vector<std::string> error_equals;
  StateIndex next{};
  std::optional<PathOrNull> result_path;  // JSONPath
  std::optional<Template> output;         // JSONata
  std::optional<Template> assign;
};

// One level of states: the whole machine, a Parallel branch, a Map's item processor.
struct SubMachine {
  StateIndex start_at{};
};

struct TaskFields {
  Resource resource;
  std::optional<NumberField> timeout;
  std::optional<NumberField> heartbeat;
  std::optional<Template> credentials;
};
struct ParallelFields {
  std::vector<SubMachine> branches;
};
struct ItemReaderFields {
  std::string resource;
  std::optional<Template> parameters;  // Parameters or Arguments
  Value config;                        // ReaderConfig as written; {} when absent
  std::optional<NumberField> max_items;
};
struct ItemBatcherFields {
  std::optional<NumberField> max_items_per_batch;
  std::optional<NumberField> max_input_bytes_per_batch;
  std::optional<Template> batch_input;
};
struct ResultWriterFields {
  std::string resource;  // empty: WriterConfig alone
  std::optional<Template> parameters;
  Value config;  // WriterConfig as written; {} when absent
};
struct MapFields {
  SubMachine processor;
  bool distributed = false;
  bool express_children = false;
  std::optional<json_path::Path> items_path;
  std::optional<Template> items;  // JSONata
  std::optional<Template> item_selector;
  std::optional<NumberField> max_concurrency;
  std::optional<NumberField> tolerated_failure_count;
  std::optional<NumberField> tolerated_failure_percentage;
  std::string label;
  std::optional<ItemReaderFields> item_reader;
  std::optional<ItemBatcherFields> item_batcher;
  std::optional<ResultWriterFields> result_writer;
};
struct PassFields {
  std::optional<Value> result;
};
struct WaitFields {
  std::optional<NumberField> seconds;  // Seconds, SecondsPath
  std::optional<TextField> timestamp;  // Timestamp, TimestampPath
};
struct ChoiceRule {
  std::variant<choice::Rule, bool, templates::JsonataTemplate> condition;
  StateIndex next{};
  std::optional<Template> assign;
  std::optional<Template> output;
};
struct ChoiceFields {
  std::vector<ChoiceRule> rules;
  std::optional<StateIndex> otherwise;  // Default
};
struct SucceedFields {};
struct FailFields {
  std::optional<TextField> error;
  std::optional<TextField> cause;
};

struct State {
  StateIndex index{};
  std::string name;
  StateType type{};
  QueryLanguage language{};
  std::string pointer;  // JSON pointer: /States/Pick/Branches/0/States/Inner
  std::string comment;
  std::optional<StateIndex> next;  // absent: End, or a type without Next
  std::optional<PathOrNull> input_path;
  std::optional<PathOrNull> output_path;
  std::optional<PathOrNull> result_path;
  std::optional<Template> parameters;  // Parameters (JSONPath) or Arguments (JSONata)
  std::optional<Template> result_selector;
  std::optional<Template> output;
  std::optional<Template> assign;
  std::vector<Retrier> retriers;
  std::vector<Catcher> catchers;
  std::variant<TaskFields, ParallelFields, MapFields, PassFields, WaitFields, ChoiceFields, SucceedFields,
               FailFields>
      fields;
  std::vector<std::string> variable_references;  // variables read, sorted

  template <class Fields>
  const Fields& as() const {
    return std::get<Fields>(fields);
  }
  bool is_jsonata() const { return language == QueryLanguage::Jsonata; }
};

struct ParseOptions {
  bool express = false;
  bool strict = false;  // refuse our extensions: a bare queue name as Resource
};

class Definition {
 public:
  // All errors at once. Warnings (ValidateStateMachineDefinition) come with validate().
  static Expected<std::shared_ptr<const Definition>, std::vector<Diagnostic>> parse(
      std::string_view text, ParseOptions options = {});
  // Errors and warnings of `text`; empty: fine.
  static std::vector<Diagnostic> validate(std::string_view text, ParseOptions options = {});

  const SubMachine& root() const { return root_; }
  const State& state(StateIndex index) const { return states_[static_cast<size_t>(index)]; }
  const std::vector<State>& states() const { return states_; }
  const State* find(std::string_view name) const;
  QueryLanguage language() const { return language_; }
  const std::string& comment() const { return comment_; }
  std::optional<int64_t> timeout_seconds() const { return timeout_seconds_; }

 private:
  friend class DefinitionParser;
  SubMachine root_;
  std::vector<State> states_;
  std::unordered_map<std::string, StateIndex> by_name_;
  QueryLanguage language_ = QueryLanguage::JsonPath;
  std::string comment_;
  std::optional<int64_t> timeout_seconds_;
};

// The message of CreateStateMachine's InvalidDefinition: "Invalid State Machine Definition: 'CODE: text at
// /path, ...'".
std::string invalid_definition_message(const std::vector<Diagnostic>& diagnostics);

}  // namespace statelang
