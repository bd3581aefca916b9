#include "names.h"

#include <algorithm>

namespace engine::rest {
namespace {

constexpr size_t kCharactersMax = 80;
constexpr std::string_view kForbidden = " \t\n\v\f\r<>{}[]?*\"#%\\^|~`$&,;:/";

// U+0080 to U+009F, and U+FFFE, U+FFFF.
bool has_forbidden_sequence(std::string_view name) {
  for (size_t i = 0; i + 1 < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]), next = static_cast<unsigned char>(name[i + 1]);
    if (byte == 0xC2 && next < 0xA0) return true;
    if (byte == 0xEF && next == 0xBF && i + 2 < name.size() &&
        static_cast<unsigned char>(name[i + 2]) >= 0xBE) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string name_problem(std::string_view name) {
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto characters = static_cast<size_t>(std::count_if(name.begin(), name.end(), begins_character));
  if (characters == 0 || characters > kCharactersMax) return "must have 1 to 80 characters";
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (name.find_first_of(kForbidden) != std::string_view::npos || has_forbidden_sequence(name) ||
      std::any_of(name.begin(), name.end(), control)) {
    return "must not hold blanks, control characters or any of <>{}[]?*\"#%\\^|~`$&,;:/";
  }
  return {};
}

}  // namespace engine::rest
