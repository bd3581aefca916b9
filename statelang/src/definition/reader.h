// Reader: takes one JSON object of a definition apart field by field, notes every finding, and at the end
// reports the fields nobody asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/definition/definition.h>

namespace statelang {

// Where findings go. Places are JSON pointers while a definition is read; finish() writes them as AWS does.
class Findings {
 public:
  explicit Findings(std::vector<Diagnostic>& out) : out_(out) {}
  void error(std::string_view code, std::string pointer, std::string message, std::string hint = "");
  void schema(std::string pointer, std::string message, std::string hint = "") {
    error("SCHEMA_VALIDATION_FAILED", std::move(pointer), std::move(message), std::move(hint));
  }
  // About one member of an object, where AWS names the object alone as the location.
  void member(const std::string& object, std::string_view name, std::string message, std::string hint = "",
              Diagnostic::Part part = Diagnostic::Part::Name);
  // Without a location, as AWS gives it; `pointer` still leads people to the place.
  void unlocated(std::string_view code, std::string pointer, std::string message, std::string hint = "");
  void warning(std::string_view code, std::string pointer, std::string message, std::string hint = "");
  size_t count() const { return out_.size(); }
  // Locations of all findings so far: /States/Pick/Choices[0]/Next. Costs the sum of their depths.
  void finish(const Value& json);

 private:
  std::vector<Diagnostic>& out_;
};

// Unicode characters of a text in UTF-8.
size_t characters(std::string_view text);
std::string join_pointer(const std::string& pointer, std::string_view key);
// The candidate that `word` most likely means, for hints; empty when none is near.
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

class Reader {
 public:
  Reader(const Value& json, std::string pointer, Findings& findings)
      : json_(json), pointer_(std::move(pointer)), findings_(findings), asked_(json.size(), false) {}

  const Value& json() const { return json_; }
  const std::string& pointer() const { return pointer_; }
  Findings& findings() const { return findings_; }
  std::string at(std::string_view field) const { return join_pointer(pointer_, field); }

  bool has(std::string_view field) const { return json_.find(field) != nullptr; }
  // Marks the field as known; nullptr when it is absent.
  const Value* take(std::string_view field);
  // The same with a type check; a wrong type is a finding and counts as absent.
  const Value* take_object(std::string_view field);
  const Value* take_array(std::string_view field, bool may_be_empty = true);
  std::optional<std::string> take_string(std::string_view field);
  std::optional<bool> take_boolean(std::string_view field);
  // An integer between the bounds.
  std::optional<int64_t> take_integer(std::string_view field, int64_t min, int64_t max);
  std::optional<double> take_number(std::string_view field, double min, double max);
  // Required fields that are missing become one finding, as AWS reports them.
  void require(const std::vector<std::string_view>& fields);
  // Refuses fields that only the other query language has.
  void refuse(const std::vector<std::string_view>& fields, QueryLanguage only_in, std::string_view hint = "");
  // Refuses known fields for another reason.
  void unsupported(const std::vector<std::string_view>& fields, std::string_view hint);
  // At most one of the fields; with `required` exactly one.
  void one_of(const std::vector<std::string_view>& fields, bool required);
  // The rest are unknown fields.
  void finish();

 private:
  const Value& json_;
  std::string pointer_;
  Findings& findings_;
  std::vector<bool> asked_;
  std::vector<std::string> known_;  // asked for, for hints; names may be made on the fly
};

}  // namespace statelang
