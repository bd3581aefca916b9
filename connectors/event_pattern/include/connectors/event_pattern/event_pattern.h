// EventPattern: an EventBridge event pattern (Amazon EventBridge User Guide, "Event pattern syntax"): which
// events a trigger takes. Every field of the pattern must match, one of a field's values suffices. A field of
// the event that is an array matches when one of its items does; an item that is an object must match all of
// the nested pattern by itself. Immutable; may be used from any thread.
#pragma once

#include <memory>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::event_pattern {

struct Node;

class EventPattern {
 public:
  // Everything that is wrong with the pattern, with JSON pointers from the pattern's root.
  static statelang::Expected<EventPattern, std::vector<statelang::Diagnostic>> compile(
      const statelang::Value& pattern);
  bool matches(const statelang::Value& event) const;

 private:
  explicit EventPattern(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

}  // namespace connectors::event_pattern
