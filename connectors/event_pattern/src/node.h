// The compiled form of an event pattern.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <statelang/value.h>

namespace connectors::event_pattern {

// An address range; IPv4 stands in the last four bytes.
struct AddressRange {
  bool v6 = false;
  std::array<unsigned char, 16> address{};
  int bits = 0;
};

struct Matcher {
  enum class Kind { Equals, Prefix, Suffix, IgnoreCase, Wildcard, Numeric, Exists, Cidr, AnythingBut };
  Kind kind = Kind::Equals;
  statelang::Value value;                                   // Equals: any scalar; Exists: a boolean
  std::string text;                                         // Prefix, Suffix, IgnoreCase, Wildcard
  bool ignore_case = false;                                 // Prefix, Suffix
  std::vector<std::pair<std::string, double>> comparisons;  // Numeric: all hold
  AddressRange range;
  std::vector<Matcher> excluded;  // AnythingBut: none holds
};

struct Field;
struct Node {
  std::vector<Field> fields;                    // all
  std::vector<std::vector<Node>> alternatives;  // of each "$or", one
};
struct Field {
  std::string name;
  std::vector<Matcher> matchers;  // one of them, or
  std::unique_ptr<Node> nested;
};

bool matches(const Node& node, const statelang::Value& object);
bool wildcard_matches(std::string_view pattern, std::string_view text);
std::optional<AddressRange> parse_range(
    const std::string& text);  // "10.0.0.0/8", "2001:db8::/32", one address

}  // namespace connectors::event_pattern
