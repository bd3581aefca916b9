// Payload: an immutable JSON document held as text, as a Value, or both; each form is made from the other
// once, when first asked for. States pass payloads on by reference, so a document that is only handed through
// is never parsed, and is written as text once for the store, the history and the task.
// Thread rule: a Payload may be shared and read from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <statelang/value.h>

namespace statelang {

class Payload {
 public:
  Payload();  // {}
  // `text` must be valid JSON: check what comes from outside with valid_json() first.
  static Payload from_text(std::string text);
  static Payload from_value(Value value);

  const std::string& text() const;
  const Value& value() const;
  size_t size_bytes() const { return text().size(); }

  // True when both are the same document in memory (not a comparison of content).
  bool same_document(const Payload& other) const { return content_ == other.content_; }

 private:
  struct Content;
  explicit Payload(std::shared_ptr<const Content> content) : content_(std::move(content)) {}
  std::shared_ptr<const Content> content_;
};

// Checks without building anything.
bool valid_json(std::string_view text, size_t depth_max = 1000);

}  // namespace statelang
