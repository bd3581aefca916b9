#include "reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <statelang/edit_distance.h>
#include <statelang/json_pointer.h>

namespace statelang {

namespace {

constexpr std::string_view kNoLocation = "\n";  // no JSON pointer: those begin with '/'

// As AWS writes places: names as they are, indexes of arrays in brackets.
std::string location_of(const Value& json, std::string_view pointer) {
  if (pointer.empty()) return "/";
  std::string out;
  const Value* at = &json;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    const std::string name = pointer_name(token);
    if (at && at->is_array()) {
      out.append("[").append(name).append("]");
      size_t index = 0;
      std::from_chars(name.data(), name.data() + name.size(), index);
      at = index < at->size() ? &(*at)[index] : nullptr;
    } else {
      out.append("/").append(name);
      at = at && at->is_object() ? at->find(name) : nullptr;
    }
  }
  return out;
}

}  // namespace

void Findings::error(std::string_view code, std::string pointer, std::string message, std::string hint) {
  out_.push_back({Diagnostic::Severity::Error, std::string(code), pointer, std::move(message),
                  std::move(hint), pointer, Diagnostic::Part::Value, std::nullopt});
}

void Findings::member(const std::string& object, std::string_view name, std::string message, std::string hint,
                      Diagnostic::Part part) {
  out_.push_back({Diagnostic::Severity::Error, "SCHEMA_VALIDATION_FAILED", object, std::move(message),
                  std::move(hint), join_pointer(object, name), part, std::nullopt});
}

void Findings::unlocated(std::string_view code, std::string pointer, std::string message, std::string hint) {
  error(code, std::move(pointer), std::move(message), std::move(hint));
  out_.back().location = std::string(kNoLocation);
}

void Findings::warning(std::string_view code, std::string pointer, std::string message, std::string hint) {
  error(code, std::move(pointer), std::move(message), std::move(hint));
  out_.back().severity = Diagnostic::Severity::Warning;
}

void Findings::finish(const Value& json) {
  for (Diagnostic& finding : out_) {
    finding.location = finding.location == kNoLocation ? "" : location_of(json, finding.location);
  }
}

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string join_pointer(const std::string& pointer, std::string_view key) {
  return pointer + "/" + pointer_token(key);
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  // Hints are for people; a machine with thousands of states is not worth a scan of them all for each typo.
  constexpr size_t kCandidatesMax = 2000;
  size_t best = std::max<size_t>(1, std::min<size_t>(3, word.size() / 3));
  std::string found;
  for (size_t i = 0; i < std::min(candidates.size(), kCandidatesMax); ++i) {
    const size_t d = edit_distance(word, candidates[i], best);
    if (d <= best && (found.empty() || d < best)) {
      best = d;
      found = candidates[i];
    }
  }
  return found;
}

const Value* Reader::take(std::string_view field) {
  known_.emplace_back(field);
  size_t index = 0;
  for (const auto& [key, value] : json_.as_object()) {
    if (key.as_string() == field) {
      asked_[index] = true;
      return &value;
    }
    ++index;
  }
  return nullptr;
}

const Value* Reader::take_object(std::string_view field) {
  const Value* value = take(field);
  if (!value || value->is_object()) return value;
  findings_.schema(at(field), "Expected value of type Object");
  return nullptr;
}

const Value* Reader::take_array(std::string_view field, bool may_be_empty) {
  const Value* value = take(field);
  if (!value) return nullptr;
  if (!value->is_array()) {
    findings_.schema(at(field), "Expected value of type Array");
    return nullptr;
  }
  if (!may_be_empty && value->size() == 0) {
    findings_.schema(at(field), "Value cannot be empty");
    return nullptr;
  }
  return value;
}

std::optional<std::string> Reader::take_string(std::string_view field) {
  const Value* value = take(field);
  if (!value) return std::nullopt;
  if (value->is_string()) return std::string(value->as_string());
  findings_.schema(at(field), "Expected value of type String");
  return std::nullopt;
}

std::optional<bool> Reader::take_boolean(std::string_view field) {
  const Value* value = take(field);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->as_boolean();
  findings_.schema(at(field), "Expected value of type Boolean");
  return std::nullopt;
}

std::optional<int64_t> Reader::take_integer(std::string_view field, int64_t min, int64_t max) {
  const Value* value = take(field);
  if (!value) return std::nullopt;
  if (!value->is_integer() && !(value->is_double() && std::floor(value->as_double()) == value->as_double())) {
    findings_.schema(at(field), "Expected value of type Integer");
    return std::nullopt;
  }
  // Bounds are compared as doubles first: a cast of 1e300 would be undefined.
  const double given = value->as_double();
  const auto number = given < -9.2e18 ? INT64_MIN : given > 9.2e18 ? INT64_MAX : static_cast<int64_t>(given);
  if (number < min || number > max) {
    findings_.schema(at(field), number < min ? "Minimum value is " + std::to_string(min)
                                             : "Maximum value is " + std::to_string(max));
    return std::nullopt;
  }
  return number;
}

std::optional<double> Reader::take_number(std::string_view field, double min, double max) {
  const Value* value = take(field);
  if (!value) return std::nullopt;
  if (!value->is_number()) {
    findings_.schema(at(field), "Expected value of type Number");
    return std::nullopt;
  }
  const double number = value->as_double();
  if (number < min || number > max) {
    findings_.schema(at(field), number < min ? "Minimum value is " + java_number(min)
                                             : "Maximum value is " + java_number(max));
    return std::nullopt;
  }
  return number;
}

void Reader::require(const std::vector<std::string_view>& fields) {
  std::string missing;
  for (const std::string_view field : fields) {
    if (has(field)) continue;
    missing += (missing.empty() ? "" : ", ") + std::string(field);
  }
  if (missing.empty()) return;
  findings_.schema(pointer_, "These fields are required: [" + missing + "]");
}

void Reader::refuse(const std::vector<std::string_view>& fields, QueryLanguage only_in,
                    std::string_view hint) {
  const bool jsonata = only_in == QueryLanguage::Jsonata;
  for (const std::string_view field : fields) {
    if (take(field)) {
      findings_.member(pointer_, field,
                       std::string("The QueryLanguage is set to '") + (jsonata ? "JSONPath" : "JSONata") +
                           "', but field '" + std::string(field) + "' is only supported for the '" +
                           (jsonata ? "JSONata" : "JSONPath") + "' QueryLanguage",
                       std::string(hint));
    }
    known_.pop_back();
  }
}

void Reader::unsupported(const std::vector<std::string_view>& fields, std::string_view hint) {
  for (const std::string_view field : fields) {
    if (take(field)) {
      findings_.member(pointer_, field, "Field '" + std::string(field) + "' is not supported",
                       std::string(hint));
    }
    known_.pop_back();
  }
}

void Reader::one_of(const std::vector<std::string_view>& fields, bool required) {
  std::string list;
  std::string_view last;
  size_t given = 0;
  for (const std::string_view field : fields) {
    list += (list.empty() ? "" : ", ") + std::string(field);
    if (!has(field)) continue;
    ++given;
    last = field;
  }
  if (given > 1) {
    findings_.member(pointer_, last, "There should only be one of the following fields: [" + list + "]");
  } else if (given == 0 && required) {
    findings_.schema(pointer_, "There should be one of the following fields: [" + list + "]");
  }
}

void Reader::finish() {
  size_t index = 0;
  for (const auto& [key, value] : json_.as_object()) {
    if (!asked_[index++]) {
      const std::string name(key.as_string());
      const std::string meant = nearest(name, {known_.begin(), known_.end()});
      findings_.member(pointer_, name, "Field '" + name + "' is not supported",
                       meant.empty() ? "" : "Did you mean \"" + meant + "\"?");
    }
  }
}

}  // namespace statelang
