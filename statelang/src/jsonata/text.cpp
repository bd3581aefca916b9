#include "text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "json_escapes.h"
#include "unicode_case.h"

namespace statelang::jsonata {

void append_code_point(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

uint32_t next_code_point(std::string_view text, size_t& position) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(position++);
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
  if (more == 0 || position + static_cast<size_t>(more) > text.size()) return first;
  uint32_t code = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) code = (code << 6) | (byte(position++) & 0x3F);
  return code;
}

size_t code_point_count(std::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

size_t byte_offset(std::string_view text, size_t index) {
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (index-- == 0) return i;
  }
  return text.size();
}

bool has_lone_surrogate(std::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
  }
  return false;
}

namespace {

// True when letters come before but not behind: there a small sigma has its final form.
bool ends_word(std::string_view text, size_t start, size_t end) {
  const auto letter = [](uint32_t code) {
    return upper_case(code) != code || lower_case(code) != code || (code | 0x20) - 'a' < 26;
  };
  size_t before = start;
  while (before > 0 && (static_cast<unsigned char>(text[--before]) & 0xC0) == 0x80) {
  }
  size_t at = before;
  if (start == 0 || !letter(next_code_point(text, at))) return false;
  return end >= text.size() || !letter(next_code_point(text, end));
}

std::string mapped(std::string_view text, uint32_t (*map)(uint32_t), bool upper) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      const bool changes = upper ? first >= 'a' && first <= 'z' : first >= 'A' && first <= 'Z';
      out += static_cast<char>(changes ? first ^ 0x20 : first);
      ++i;
      continue;
    }
    const size_t start = i;
    const uint32_t code = next_code_point(text, i);
    if (upper && code == 0xDF) {
      out += "SS";
    } else if (!upper && code == 0x3A3 && ends_word(text, start, i)) {
      append_code_point(out, 0x3C2);
    } else if (const uint32_t other = map(code); other != code) {
      append_code_point(out, other);
    } else {
      out.append(text, start, i - start);
    }
  }
  return out;
}

}  // namespace

std::string to_upper(std::string_view text) {
  return mapped(text, upper_case, true);
}
std::string to_lower(std::string_view text) {
  return mapped(text, lower_case, false);
}

Value number_value(double number) {
  constexpr double kExact = 9007199254740992.0;
  if (number >= -kExact && number <= kExact) {
    const auto whole = static_cast<int64_t>(number);
    if (static_cast<double>(whole) == number) return Value(whole);
  }
  return Value(number);
}

double parse_double(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size()) return std::numeric_limits<double>::quiet_NaN();
  if (error == std::errc::result_out_of_range) {  // too large, or too small to tell from 0
    const size_t exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && text[exponent + 1] == '-';
    return tiny ? 0.0 : std::numeric_limits<double>::infinity();
  }
  return error == std::errc{} ? number : std::numeric_limits<double>::quiet_NaN();
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0";
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, std::fabs(number), std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  if (digits.size() > 1) digits.erase(1, 1);
  int exponent = 0;
  const size_t sign = text[e + 1] == '+' ? 2 : 1;
  std::from_chars(text.data() + e + sign, text.data() + text.size(), exponent);
  std::string out = number < 0 ? "-" : "";
  const int point = exponent + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  if (point > 21 || point < -5) {
    out += digits[0];
    if (count > 1) out.append(".").append(digits, 1);
    return out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  }
  if (point <= 0) return out.append("0.").append(static_cast<size_t>(-point), '0').append(digits);
  if (count <= point) return out.append(digits).append(static_cast<size_t>(point - count), '0');
  return out.append(digits, 0, static_cast<size_t>(point))
      .append(".")
      .append(digits, static_cast<size_t>(point));
}

double rounded_to_15_digits(double number) {
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific, 14).ptr;
  double out = number;
  std::from_chars(buffer, end, out);
  return out;
}

std::string fixed_text(double number, int digits) {
  char buffer[512];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed, digits);
  return error == std::errc{} ? std::string(buffer, end) : number_text(number);
}

namespace {

// JavaScript's escapes: short ones, lower-case \u00xx, lone surrogates as \udxxx.
void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  size_t start = 0;
  const auto flush = [&](size_t end) { out.append(text, start, end - start); };
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool surrogate =
        c == 0xED && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0;
    if (c >= 0x20 && c != '"' && c != '\\' && !surrogate) continue;
    flush(i);
    start = i + 1;
    out += '\\';
    if (const char letter = short_json_escape(c)) {
      out += letter;
    } else if (surrogate) {
      size_t position = i;
      const uint32_t code = next_code_point(text, position);
      out += 'u';
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15];
      i += 2;
      start = i + 1;
    } else {
      out.append("u00") += kHex[c >> 4], out += kHex[c & 15];
    }
  }
  flush(text.size());
  out += '"';
}

void append_container(std::string& out, const Value& value, int indent, int level) {
  const auto new_line = [&](int depth) {
    if (indent > 0) out.append("\n").append(static_cast<size_t>(indent * depth), ' ');
  };
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ',';
    first = false;
    new_line(level + 1);
  };
  if (value.is_array()) {
    out += '[';
    for (const Value& item : value.as_array()) {
      separate();
      append_string_json(out, item, indent, level + 1);
    }
  } else {
    out += '{';
    for (const auto& [key, item] : value.as_object()) {
      if (item.is_undefined()) continue;
      separate();
      append_quoted(out, key.as_string());
      out += indent > 0 ? ": " : ":";
      append_string_json(out, item, indent, level + 1);
    }
  }
  if (!first) new_line(level);
  out += value.is_array() ? ']' : '}';
}

}  // namespace

void append_string_json(std::string& out, const Value& value, int indent, int level) {
  switch (value.type()) {
    case Value::Type::Undefined:
    case Value::Type::Null:
      out += "null";
      break;
    case Value::Type::Boolean:
      out += value.as_boolean() ? "true" : "false";
      break;
    case Value::Type::Integer:
      if (value.as_integer() >= -9007199254740992 && value.as_integer() <= 9007199254740992) {
        out += std::to_string(value.as_integer());
        break;
      }
      [[fallthrough]];
    case Value::Type::Double: {
      const double number = value.as_double();
      if (!std::isfinite(number)) {
        out += "null";
      } else {
        out += number_text(number == std::floor(number) ? number : rounded_to_15_digits(number));
      }
      break;
    }
    case Value::Type::String:
      append_quoted(out, value.as_string());
      break;
    case Value::Type::Opaque:
      out += "\"\"";
      break;
    case Value::Type::Array:
    case Value::Type::Object:
      append_container(out, value, indent, level);
      break;
  }
}

std::string stringify_for_message(const Value& value) {
  if (value.is_number() && std::isfinite(value.as_double())) return number_text(value.as_double());
  std::string out;
  append_string_json(out, value, 0);
  return out;
}

}  // namespace statelang::jsonata
