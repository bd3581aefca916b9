// Warnings of ValidateStateMachineDefinition: paths and intrinsic calls that stay plain text because of where
// they stand.
#include <statelang/json_path/path.h>

#include "parser.h"

namespace statelang {
namespace {

bool looks_like_call(std::string_view text) {
  return text.starts_with("States.") && text.ends_with(")") && text.find('(') != std::string_view::npos;
}

bool looks_like_path(std::string_view text) {
  const bool begins = text == "$" || text == "$$" || text.starts_with("$.") || text.starts_with("$[") ||
                      text.starts_with("$$.") || text.starts_with("$$[");
  return begins && json_path::Path::parse(text).has_value();
}

}  // namespace

void DefinitionParser::warn_no_dollar(const Value& json, const std::string& pointer) {
  if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i) warn_no_dollar(json[i], pointer + "/" + std::to_string(i));
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.as_object()) {
    const std::string at = join_pointer(pointer, key.as_string());
    if (!value.is_string()) {
      warn_no_dollar(value, at);
      continue;
    }
    const std::string_view text = value.as_string();
    if (key.as_string().ends_with(".$") || (!looks_like_path(text) && !looks_like_call(text))) continue;
    const std::string name(key.as_string());
    findings_.warning("NO_DOLLAR", at,
                      "The value of '" + name +
                          "' looks like a JSONPath or an intrinsic function, but the "
                          "field's name does not end with '.$'",
                      "Name it \"" + name + ".$\" to have it evaluated.");
  }
}

void DefinitionParser::warn_static_result(const Value& json, const std::string& pointer) {
  const auto warn = [&](const std::string& at) {
    findings_.warning("PASS_RESULT_IS_STATIC", at,
                      "Result is static: paths and intrinsic functions in it are not evaluated",
                      "Use Parameters instead.");
  };
  if (json.is_string() && (looks_like_path(json.as_string()) || looks_like_call(json.as_string())))
    warn(pointer);
  if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i) warn_static_result(json[i], pointer + "/" + std::to_string(i));
  }
  if (!json.is_object()) return;
  for (const auto& [key, value] : json.as_object()) {
    const std::string at = join_pointer(pointer, key.as_string());
    if (key.as_string().ends_with(".$")) {
      warn(at);
    } else {
      warn_static_result(value, at);
    }
  }
}

void DefinitionParser::warn_no_path(std::string_view field, const std::string& text,
                                    const std::string& pointer) {
  if (!looks_like_path(text) && !looks_like_call(text)) return;
  const std::string name(field);
  findings_.warning(
      "NO_PATH", pointer,
      "The value of '" + name + "' looks like a path, but the field's name does not end with 'Path'",
      "Use \"" + name + "Path\" to have it evaluated.");
}

}  // namespace statelang
