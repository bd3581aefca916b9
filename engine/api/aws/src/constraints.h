// The constraints of an action's input members, as the service model gives them, and the check that answers
// in the service's words: "2 validation errors detected: Value 'x' at 'member' failed to satisfy constraint:
// ...".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/value.h>

namespace engine::api::aws {

enum class MemberType : uint8_t { String, Integer, Float, Boolean, Structure, List };

struct Member {
  // Of a member of a structure: structure.member, after the structure itself. Of each element of a list:
  // list[].member, or list[] where the elements are no structures.
  std::string_view name;
  MemberType type = MemberType::String;
  bool required = false;
  int64_t min = -1;  // length of strings and lists, value of numbers; -1: no bound
  int64_t max = -1;
  std::string_view enumeration = {};    // "[A, B]": the set as the service writes it
  bool resource = false;                // an ARN of what the action acts on: callers must be allowed it
  std::string_view element_shape = {};  // lists of structures with bounds: what messages call an element
  std::string_view pattern = {};        // kVisible, kAscii, kAliasName
};
// The patterns of the service model that are checked here: they say which characters there may be, and of the
// last one that not all may be digits.
constexpr std::string_view kVisible = "[!-~]+", kAscii = R"(\p{ASCII}*)",
                           kAliasName = R"(^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$)";
bool matches(std::string_view pattern, std::string_view text);  // one of these

struct ConstraintError {
  std::string type;  // ValidationException or SerializationException
  std::string message;
};

// The member at a path of names; nullptr: it or a structure around it is absent.
const statelang::Value* find_member(const statelang::Value& input, std::string_view path);

// Members that are null count as not given, at any depth of structures and lists of them.
statelang::Value without_nulls(statelang::Value input);

// nullopt: the input is fine. Unknown members are ignored, as the service does.
std::optional<ConstraintError> check_constraints(const std::vector<Member>& members,
                                                 const statelang::Value& input);

}  // namespace engine::api::aws
