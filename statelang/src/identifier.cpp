#include "identifier.h"

#include <algorithm>

#include <re2/re2.h>

namespace statelang {
namespace {

// The classes that UAX #31 derives ID_Start and ID_Continue from, with Other_ID_Start and Other_ID_Continue.
constexpr char kIdentifier[] =
    R"([\p{L}\p{Nl}\x{1885}\x{1886}\x{2118}\x{212E}\x{309B}\x{309C}])"
    R"([\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc})"
    R"(\x{1885}\x{1886}\x{2118}\x{212E}\x{309B}\x{309C}\x{B7}\x{387}\x{1369}-\x{1371}\x{19DA}]*)";

constexpr std::string_view kVerticalTilde = "\xE2\xB8\xAF";  // U+2E2F: a letter, but Pattern_Syntax

bool is_plain(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

bool is_variable_name(std::string_view name) {
  if (name.empty() || name == "states" || name.size() > 4 * kVariableNameMax) return false;
  const auto characters = std::count_if(
      name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (static_cast<size_t>(characters) > kVariableNameMax) return false;
  if (is_plain(name)) return true;
  static const RE2 identifier(kIdentifier);
  return RE2::FullMatch(re2::StringPiece(name.data(), name.size()), identifier) &&
         name.find(kVerticalTilde) == std::string_view::npos;
}

}  // namespace statelang
