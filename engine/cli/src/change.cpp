#include "change.h"

namespace engine::cli {

using statelang::Value;

std::string describe_change(const Value& before, const Value& after) {
  if (before == after) return "unchanged";
  if (!before.is_object() || !after.is_object()) return statelang::to_json(after);
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : "  ") + part; };
  for (const auto& [key, value] : after.as_object()) {
    const std::string name(key.as_string());
    const Value* old = before.find(key.as_string());
    if (!old) {
      add("+" + name + ": " + statelang::to_json(value));
    } else if (!(*old == value)) {
      add("~" + name + ": " + statelang::to_json(*old) + " → " + statelang::to_json(value));
    }
  }
  for (const auto& [key, value] : before.as_object()) {
    if (!after.find(key.as_string())) add("-" + std::string(key.as_string()));
  }
  return out;
}

}  // namespace engine::cli
