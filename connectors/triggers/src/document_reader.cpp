#include <algorithm>

#include <connectors/triggers/document_reader.h>
#include <statelang/json_pointer.h>
#include <statelang/value.h>

namespace connectors::triggers {

using statelang::Value;

DocumentReader::DocumentReader(const Value& value, std::string pointer,
                               std::vector<statelang::Diagnostic>& findings)
    : object_(value.is_object() ? &value : nullptr), pointer_(std::move(pointer)), findings_(findings) {
  if (object_ == nullptr) complain("", "must be an object");
}

std::string DocumentReader::pointer_to(std::string_view key) const {
  if (key.empty()) return pointer_;
  return pointer_ + "/" + statelang::pointer_token(key);
}

void DocumentReader::complain(std::string_view key, std::string message, std::string hint) {
  statelang::Diagnostic finding;
  finding.code = "INVALID_TRIGGER";
  finding.location = pointer_to(key);
  finding.message = std::move(message);
  finding.hint = std::move(hint);
  findings_.push_back(std::move(finding));
}

bool DocumentReader::has(std::string_view key) const {
  return object_ != nullptr && object_->find(key) != nullptr;
}

const Value* DocumentReader::any(std::string_view key) {
  known_.emplace_back(key);
  return object_ == nullptr ? nullptr : object_->find(key);
}

std::optional<std::string> DocumentReader::text(std::string_view key) {
  const Value* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && !value->as_string().empty()) return std::string(value->as_string());
  complain(key, "must be a string that is not empty");
  return std::nullopt;
}

std::optional<bool> DocumentReader::flag(std::string_view key) {
  const Value* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->as_boolean();
  complain(key, "must be true or false");
  return std::nullopt;
}

std::optional<int64_t> DocumentReader::number(std::string_view key, int64_t min, int64_t max) {
  const Value* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_integer() && value->as_integer() >= min && value->as_integer() <= max)
    return value->as_integer();
  complain(key, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::string> DocumentReader::one_of(std::string_view key,
                                                  std::initializer_list<std::string_view> choices) {
  const Value* value = any(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string() && std::find(choices.begin(), choices.end(), value->as_string()) != choices.end()) {
    return std::string(value->as_string());
  }
  std::string list;
  for (std::string_view choice : choices) list += (list.empty() ? "\"" : ", \"") + std::string(choice) + "\"";
  complain(key, "must be one of " + list);
  return std::nullopt;
}

const Value* DocumentReader::object(std::string_view key) {
  const Value* value = any(key);
  if (value == nullptr || value->is_object()) return value;
  complain(key, "must be an object");
  return nullptr;
}

const Value* DocumentReader::array(std::string_view key) {
  const Value* value = any(key);
  if (value == nullptr || value->is_array()) return value;
  complain(key, "must be an array");
  return nullptr;
}

void DocumentReader::require(std::string_view key) {
  if (object_ != nullptr && !has(key)) complain(key, "is missing");
}

void DocumentReader::refuse_unknown() {
  if (object_ == nullptr) return;
  std::string list;
  for (const auto& key : known_) list += (list.empty() ? "" : ", ") + key;
  for (const auto& [key, value] : object_->as_object()) {
    if (std::find(known_.begin(), known_.end(), key.as_string()) == known_.end()) {
      complain(key.as_string(), "is not known here", "known: " + list);
    }
  }
}

statelang::Expected<Value, std::vector<statelang::Diagnostic>> read_document(std::string_view json) {
  constexpr uint32_t kDepthMax = 100;
  auto document = statelang::parse_json(json, {.depth_max = kDepthMax, .refuse_duplicate_keys = true});
  if (document) return std::move(*document);
  statelang::Diagnostic finding;
  finding.code = "INVALID_JSON";
  finding.message =
      "not JSON: " + document.error().message + " at byte " + std::to_string(document.error().offset);
  return statelang::Unexpected<std::vector<statelang::Diagnostic>>{{finding}};
}

std::string sentence(const std::vector<statelang::Diagnostic>& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += (text.empty() ? "" : "; ") + (finding.location.empty() ? "" : finding.location + ": ") +
            finding.message;
  }
  return text;
}

}  // namespace connectors::triggers
