// Trigger: a JSON document that says which events start which state machine, and with which input
// (docs/formats/trigger.md). Immutable once read; shared between threads by pointer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/templates/payload_template.h>
#include <statelang/value.h>

namespace connectors::triggers {

struct Trigger {
  std::string name;
  std::string kind;           // "webhook", "schedule", "kafka"
  std::string state_machine;  // name or ARN
  bool enabled = true;
  std::optional<statelang::templates::PayloadTemplate> input;  // absent: the event itself
  statelang::Value settings;                                   // the member named like the kind
  statelang::Value document;                                   // as given
  int64_t created_ms = 0;
  int64_t updated_ms = 0;  // the last change of the document
};
using TriggerPtr = std::shared_ptr<const Trigger>;

// What a trigger has done since this process started; `next_due_ms` is a schedule's.
struct TriggerStatus {
  uint64_t fired = 0;
  uint64_t failed = 0;
  uint64_t duplicates = 0;  // events that came again
  int64_t last_fired_ms = 0;
  std::string last_execution_arn;
  int64_t last_failed_ms = 0;
  std::string last_error;
  int64_t next_due_ms = 0;
};

// One way for events to come in. Implemented by each connector; called by the registry, one call at a time.
class TriggerKind {
 public:
  virtual ~TriggerKind() = default;
  virtual std::string_view name() const = 0;
  // Adds everything that is wrong with `settings`, which stand at /<name> of the document.
  virtual void check(const statelang::Value& settings,
                     std::vector<statelang::Diagnostic>& findings) const = 0;
  // The trigger is new or has changed; it has passed check().
  virtual void put(TriggerPtr trigger) = 0;
  virtual void erase(const std::string& name) = 0;
  virtual int64_t next_due_ms(const std::string&) const { return 0; }
  // Adds what is of this kind alone to the trigger's status. Any thread.
  virtual void add_figures(const std::string& /*name*/, statelang::Value& /*status*/) const {}
};

// Names become part of execution names and of URLs: 1 to 40 of A-Z a-z 0-9 _ -
bool valid_trigger_name(std::string_view name);

// Reads a document. `name` is from the URL or the file name; a "name" member must agree with it.
statelang::Expected<Trigger, std::vector<statelang::Diagnostic>> read_trigger(
    const std::string& name, std::string_view json, const std::vector<TriggerKind*>& kinds);

}  // namespace connectors::triggers
