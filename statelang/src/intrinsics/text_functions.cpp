// Format, StringToJson, StringSplit, Base64, Hash, UUID.
#include <array>

#include <statelang/digest.h>
#include <statelang/encoding.h>
#include <statelang/utf8.h>

#include "intrinsics/call_content.h"

namespace statelang::intrinsics {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool fits(const Value& value) {
  return value.is_string() && utf16_units(value.as_string()) <= kTextLengthMax;
}

// How java.util.Map and List print themselves; texts without quotes.
void append_java(std::string& out, const Value& value) {
  if (value.is_string()) {
    out += value.as_string();
  } else if (value.is_object()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : value.as_object()) {
      if (!first) out += ", ";
      first = false;
      out.append(key.as_string()).append("=");
      append_java(out, member);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Value& item : value.as_array()) {
      if (!first) out += ", ";
      first = false;
      append_java(out, item);
    }
    out += ']';
  } else {
    append_json(out, value);
  }
}

// Decodes one code point and steps over it; a broken byte counts as one character.
std::string_view next_character(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return text.substr(at, end - at);
}

}  // namespace

Result format(std::string_view pattern, const Arguments& arguments) {
  std::string out;
  size_t used = 1;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i >= pattern.size()) return std::nullopt;  // open escape
      out += pattern[i];
    } else if (pattern.substr(i, 2) == "{}") {
      if (used >= arguments.size()) return std::nullopt;
      append_java(out, arguments[used++]);
      ++i;
    } else {
      out += pattern[i];
    }
  }
  if (used != arguments.size()) return std::nullopt;
  return Value(out);
}

Result string_to_json(const Arguments& arguments) {
  if (!arguments[0].is_string()) return std::nullopt;
  const std::string_view text = arguments[0].as_string();
  // AWS reads an empty text as null.
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return Value(nullptr);
  auto value = parse_json(text);
  if (!value) return std::nullopt;
  return std::move(*value);
}

Result string_split(const Arguments& arguments) {
  if (!arguments[0].is_string() || !arguments[1].is_string()) return std::nullopt;
  const std::string_view text = arguments[0].as_string(), delimiters = arguments[1].as_string();
  Array parts;
  size_t start = 0;
  const auto add = [&](size_t end) {
    if (end > start) parts.push_back(Value(text.substr(start, end - start)));
  };
  for (size_t i = 0; i < text.size();) {
    const std::string_view character = next_character(text, i);
    if (delimiters.find(character) != std::string_view::npos) {
      add(i);
      start = i + character.size();
    }
    i += character.size();
  }
  add(text.size());
  return Value(std::move(parts));
}

Result base64_encode(const Arguments& arguments) {
  if (!fits(arguments[0])) return std::nullopt;
  return Value(to_base64(arguments[0].as_string()));
}

Result base64_decode(const Arguments& arguments) {
  if (!fits(arguments[0])) return std::nullopt;
  std::string_view text = arguments[0].as_string();
  if (text.size() % 4 == 0) {
    for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    const size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return Value(repaired_utf8(out));
}

Result hash(const Arguments& arguments) {
  if (!fits(arguments[0]) || !arguments[1].is_string()) return std::nullopt;
  std::string digest = digest_hex(arguments[1].as_string(), arguments[0].as_string());
  if (digest.empty()) return std::nullopt;
  return Value(digest);
}

Result uuid(RandomSource* random) {
  if (!random) return std::nullopt;
  const uint64_t first = random->next();
  return Value(to_uuid(first, random->next()));
}

}  // namespace statelang::intrinsics
