// Small builders for the tests of paths and of what is made of them.
#pragma once

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include <statelang/json_path/path.h>

namespace statelang::json_path {

inline Value json(std::string_view text) {
  auto value = parse_json(text);
  if (!value) throw std::runtime_error("not JSON: " + std::string(text));
  return *value;
}

class Scopes : public VariableLookup {
 public:
  std::map<std::string, Value, std::less<>> values;
  const Value* find(std::string_view name) const override {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
};

// An input, a Context Object and variables in one place.
struct World {
  Value input = Value::object();
  Value context = Value::object();
  Scopes scopes;
  Roots roots() const { return {&input, &context, &scopes}; }
};

inline Path path(std::string_view text) {
  auto parsed = Path::parse(text);
  if (!parsed) throw std::runtime_error(std::string(text) + ": " + parsed.error().text);
  return *parsed;
}

// The result as JSON, or "error: " and the text.
inline std::string at(const World& world, std::string_view text) {
  auto value = path(text).evaluate(world.roots());
  return value ? to_json(*value) : "error: " + value.error().text;
}
inline std::string at(std::string_view input, std::string_view text) {
  World world;
  world.input = json(input);
  return at(world, text);
}

}  // namespace statelang::json_path
