#include <algorithm>
#include <cstdlib>

#include <arpa/inet.h>

#include <connectors/event_pattern/event_pattern.h>

#include "node.h"

namespace connectors::event_pattern {

using statelang::Value;

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_text(std::string_view a, std::string_view b, bool ignore_case) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) {
           return ignore_case ? lower(x) == lower(y) : x == y;
         });
}

bool in_range(const AddressRange& range, const std::string& text) {
  auto address = parse_range(text);
  if (!address || address->v6 != range.v6) return false;
  const int first = range.v6 ? 0 : 96;
  for (int bit = first; bit < first + range.bits; bit++) {
    const int mask = 0x80 >> (bit % 8);
    const auto byte = static_cast<size_t>(bit / 8);
    if ((address->address[byte] & mask) != (range.address[byte] & mask)) return false;
  }
  return true;
}

bool compares(const Matcher& matcher, double number) {
  return std::all_of(matcher.comparisons.begin(), matcher.comparisons.end(), [&](const auto& comparison) {
    const auto& [sign, bound] = comparison;
    if (sign == "<") return number < bound;
    if (sign == "<=") return number <= bound;
    if (sign == ">") return number > bound;
    if (sign == ">=") return number >= bound;
    return !(number < bound) && !(number > bound);
  });
}

bool matches_text(const Matcher& matcher, std::string_view text) {
  const size_t size = matcher.text.size();
  switch (matcher.kind) {
    case Matcher::Kind::Prefix:
      return text.size() >= size && same_text(text.substr(0, size), matcher.text, matcher.ignore_case);
    case Matcher::Kind::Suffix:
      return text.size() >= size &&
             same_text(text.substr(text.size() - size), matcher.text, matcher.ignore_case);
    case Matcher::Kind::IgnoreCase:
      return same_text(text, matcher.text, true);
    case Matcher::Kind::Wildcard:
      return wildcard_matches(matcher.text, text);
    case Matcher::Kind::Cidr:
      return text.find('/') == std::string_view::npos && in_range(matcher.range, std::string(text));
    default:
      return false;
  }
}

// `value` is a scalar of the event.
bool matches_scalar(const Matcher& matcher, const Value& value) {
  switch (matcher.kind) {
    case Matcher::Kind::Equals:
      return matcher.value == value;
    case Matcher::Kind::Numeric:
      return value.is_number() && compares(matcher, value.as_double());
    case Matcher::Kind::Exists:
      return matcher.value.as_boolean();
    case Matcher::Kind::AnythingBut:
      return std::none_of(matcher.excluded.begin(), matcher.excluded.end(),
                          [&](const Matcher& excluded) { return matches_scalar(excluded, value); });
    default:
      return value.is_string() && matches_text(matcher, value.as_string());
  }
}

// Absent for a pattern: no member, or one that holds no scalar.
bool has_leaf(const Value* value) {
  if (value == nullptr || value->is_object()) return false;
  if (!value->is_array()) return true;
  return std::any_of(value->as_array().begin(), value->as_array().end(),
                     [](const Value& item) { return has_leaf(&item); });
}

bool matches_leaf(const Matcher& matcher, const Value& value) {
  if (value.is_object()) return false;
  if (!value.is_array()) return matches_scalar(matcher, value);
  return std::any_of(value.as_array().begin(), value.as_array().end(),
                     [&](const Value& item) { return matches_leaf(matcher, item); });
}

bool matches_nested(const Node& node, const Value* value) {
  if (value != nullptr && value->is_array() && value->size() > 0) {
    return std::any_of(value->as_array().begin(), value->as_array().end(),
                       [&](const Value& item) { return matches_nested(node, &item); });
  }
  // Without an object there is still {"exists": false} to match.
  return matches(node, value != nullptr && value->is_object() ? *value : Value::object());
}

bool matches_field(const Field& field, const Value* value) {
  if (field.nested != nullptr) return matches_nested(*field.nested, value);
  return std::any_of(field.matchers.begin(), field.matchers.end(), [&](const Matcher& matcher) {
    if (matcher.kind == Matcher::Kind::Exists) return matcher.value.as_boolean() == has_leaf(value);
    return value != nullptr && matches_leaf(matcher, *value);
  });
}

}  // namespace

bool matches(const Node& node, const Value& object) {
  for (const Field& field : node.fields) {
    if (!matches_field(field, object.find(field.name))) return false;
  }
  return std::all_of(node.alternatives.begin(), node.alternatives.end(), [&](const auto& choices) {
    return std::any_of(choices.begin(), choices.end(),
                       [&](const Node& choice) { return matches(choice, object); });
  });
}

// Greedy with one place to go back to, so that no pattern takes more than |pattern| * |text| steps.
bool wildcard_matches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p + (escaped ? 1 : 0)] == text[t]) {
      p += escaped ? 2 : 1;
      t++;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star + 1;
    t = ++resume;
  }
  while (p < pattern.size() && pattern[p] == '*') p++;
  return p == pattern.size();
}

std::optional<AddressRange> parse_range(const std::string& text) {
  AddressRange range;
  const size_t slash = text.find('/');
  const std::string address = text.substr(0, slash);
  range.v6 = address.find(':') != std::string::npos;
  unsigned char* into = range.address.data() + (range.v6 ? 0 : 12);
  if (inet_pton(range.v6 ? AF_INET6 : AF_INET, address.c_str(), into) != 1) return std::nullopt;
  range.bits = range.v6 ? 128 : 32;
  if (slash == std::string::npos) return range;
  const std::string bits = text.substr(slash + 1);
  if (bits.empty() || bits.size() > 3 || bits.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  if (std::atoi(bits.c_str()) > range.bits) return std::nullopt;
  range.bits = std::atoi(bits.c_str());
  return range;
}

bool EventPattern::matches(const Value& event) const {
  return event.is_object() && event_pattern::matches(*root_, event);
}

}  // namespace connectors::event_pattern
