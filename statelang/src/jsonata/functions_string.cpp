#include <cmath>

#include <statelang/encoding.h>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {

Value to_string_value(Evaluator& evaluator, const Value& value, bool pretty) {
  if (value.is_string() || value.is_undefined()) return value;
  if (value.is_opaque()) return Value("");
  if (value.is_double() && !std::isfinite(value.as_double())) raise("D3001", value);
  const bool wrapped = value.is_array() && (value.as_array().tag & kOuterWrapper);
  std::string text;
  append_string_json(text, wrapped ? value.as_array()[0] : value, pretty ? 2 : 0);
  return evaluator.string(std::move(text));
}

namespace {

Value string(NativeCall& call) {
  return to_string_value(call.evaluator, call[0], call[1].is_boolean() && call[1].as_boolean());
}

// A position as Array.slice reads it: cut to a whole number, negative from the end, kept within the text.
size_t slice_position(double position, size_t size) {
  position = std::trunc(std::isnan(position) ? 0 : position);
  if (position < 0) position = std::max(0.0, static_cast<double>(size) + position);
  return static_cast<size_t>(std::min(position, static_cast<double>(size)));
}

Value substring(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view text = call[0].as_string();
  const size_t size = code_point_count(text);
  double start = call[1].is_number() ? call[1].as_double() : 0;
  if (static_cast<double>(size) + start < 0) start = 0;
  size_t end = size;
  if (call[2].is_number()) {
    const double length = call[2].as_double();
    if (length <= 0 || !call[1].is_number()) return Value("");  // nowhere to count from
    end = slice_position(start >= 0 ? start + length : static_cast<double>(size) + start + length, size);
  }
  const size_t from = slice_position(start, size);
  if (from >= end) return Value("");
  const size_t first = byte_offset(text, from);
  const std::string_view rest = text.substr(first);
  return call.evaluator.string(std::string(rest.substr(0, byte_offset(rest, end - from))));
}

Value substring_before(NativeCall& call) {
  if (!call[0].is_string() || !call[1].is_string()) return call[0];
  const size_t found = call[0].as_string().find(call[1].as_string());
  return found == std::string_view::npos ? call[0] : Value(call[0].as_string().substr(0, found));
}

Value substring_after(NativeCall& call) {
  if (!call[0].is_string() || !call[1].is_string()) return call[0];
  const size_t found = call[0].as_string().find(call[1].as_string());
  if (found == std::string_view::npos) return call[0];
  return Value(call[0].as_string().substr(found + call[1].as_string().size()));
}

Value lowercase(NativeCall& call) {
  return call[0].is_string() ? call.evaluator.string(to_lower(call[0].as_string())) : call[0];
}
Value uppercase(NativeCall& call) {
  return call[0].is_string() ? call.evaluator.string(to_upper(call[0].as_string())) : call[0];
}
Value length(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  return Value(static_cast<int64_t>(code_point_count(call[0].as_string())));
}

// Every run of white space becomes one space; none at the ends.
Value trim(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  std::string out;
  bool space = false;
  for (const char c : call[0].as_string()) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = true;
      continue;
    }
    if (space && !out.empty()) out += ' ';
    space = false;
    out += c;
  }
  return call.evaluator.string(std::move(out));
}

Value pad(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view text = call[0].as_string();
  const double width = call[1].is_number() ? std::trunc(call[1].as_double()) : 0;
  std::string_view fill = call[2].is_string() && !call[2].as_string().empty() ? call[2].as_string() : " ";
  const double missing = std::fabs(width) - static_cast<double>(code_point_count(text));
  if (!(missing > 0)) return call[0];  // also for a width that is not a number
  if (missing > static_cast<double>(call.evaluator.environment().limits.string_bytes_max)) {
    call.evaluator.count_string(static_cast<size_t>(std::min(missing, 1e18)));
  }
  std::string padding;
  size_t position = 0;
  for (auto left = static_cast<size_t>(missing); left > 0; --left) {
    if (position >= fill.size()) position = 0;
    const size_t from = position;
    next_code_point(fill, position);
    padding.append(fill, from, position - from);
  }
  std::string out = width > 0 ? std::string(text) + padding : padding + std::string(text);
  return call.evaluator.string(std::move(out));
}

Value join(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view separator = call[1].is_string() ? call[1].as_string() : std::string_view{};
  std::string out;
  bool first = true;
  for (const Value& item : call[0].as_array()) {
    if (!first) out += separator;
    first = false;
    if (item.is_string()) out += item.as_string();
    if (out.size() > call.evaluator.environment().limits.string_bytes_max)
      call.evaluator.count_string(out.size());
  }
  return call.evaluator.string(std::move(out));
}

// ------------------------------------------------------------------------------------------ encodings

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Each character is one byte: the low byte of its code, as JSONata has it.
Value base64_encode(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view text = call[0].as_string();
  std::string bytes;
  for (size_t i = 0; i < text.size();) {
    const uint32_t code = next_code_point(text, i);
    if (code >= 0x10000) {  // two UTF-16 units
      bytes += static_cast<char>((0xD800 + ((code - 0x10000) >> 10)) & 0xFF);
      bytes += static_cast<char>((0xDC00 + ((code - 0x10000) & 0x3FF)) & 0xFF);
    } else {
      bytes += static_cast<char>(code & 0xFF);
    }
  }
  return call.evaluator.string(to_base64(bytes));
}

Value base64_decode(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : call[0].as_string()) {
    if (c == '=') break;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const size_t found = kBase64.find(c);
    if (found == std::string_view::npos) continue;
    bits = bits << 6 | static_cast<uint32_t>(found);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    append_code_point(out, (bits >> count) & 0xFF);
  }
  return call.evaluator.string(std::move(out));
}

constexpr std::string_view kUnreserved = "-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Value url_encode(NativeCall& call, std::string_view name, std::string_view kept) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view text = call[0].as_string();
  if (has_lone_surrogate(text)) throw Raised{.code = "D3140", .value = call[0], .token = std::string(name)};
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || kUnreserved.find(c) != std::string_view::npos ||
        kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return call.evaluator.string(std::move(out));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The byte that %XX at `position` stands for; -1 when there is none.
int percent_byte(std::string_view text, size_t position) {
  if (position + 2 >= text.size() || text[position] != '%') return -1;
  const int high = hex_digit(text[position + 1]);
  const int low = hex_digit(text[position + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Bytes of a well-formed UTF-8 sequence that starts with `first`; 0 = none starts so.
size_t utf8_length(int first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

Value url_decode(NativeCall& call, std::string_view name, std::string_view kept) {
  if (call[0].is_undefined()) return call[0];
  const std::string_view text = call[0].as_string();
  const auto refuse = [&]() { throw Raised{.code = "D3140", .value = call[0], .token = std::string(name)}; };
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '%') {
      out += text[i++];
      continue;
    }
    const size_t start = i;
    const int first = percent_byte(text, i);
    const size_t length = first < 0 ? 0 : utf8_length(first);
    if (length == 0) refuse();
    std::string sequence;
    for (size_t n = 0; n < length; ++n, i += 3) {
      const int byte = percent_byte(text, i);
      if (byte < 0 || (n > 0 && (byte & 0xC0) != 0x80)) refuse();
      sequence += static_cast<char>(byte);
    }
    if (has_lone_surrogate(sequence)) refuse();
    if (length == 1 && kept.find(sequence[0]) != std::string_view::npos) {
      out.append(text, start, i - start);
    } else {
      out += sequence;
    }
  }
  return call.evaluator.string(std::move(out));
}

Value encode_url_component(NativeCall& call) {
  return url_encode(call, "encodeUrlComponent", "");
}
Value encode_url(NativeCall& call) {
  return url_encode(call, "encodeUrl", kReserved);
}
Value decode_url_component(NativeCall& call) {
  return url_decode(call, "decodeUrlComponent", "");
}
Value decode_url(NativeCall& call) {
  return url_decode(call, "decodeUrl", kReserved);
}

// Undefined input means the context, as in $eval(text).
Value eval_text(NativeCall& call) {
  if (call[0].is_undefined()) return call[0];
  return call.evaluator.evaluate_text(call[0].as_string(), call[1].is_undefined() ? call.input : call[1],
                                      call.frame);
}

constexpr Builtin kFunctions[] = {
    {"string", "<x-b?:s>", string, 1},
    {"substring", "<s-nn?:s>", substring, 3},
    {"substringBefore", "<s-s:s>", substring_before, 2},
    {"substringAfter", "<s-s:s>", substring_after, 2},
    {"lowercase", "<s-:s>", lowercase, 1},
    {"uppercase", "<s-:s>", uppercase, 1},
    {"length", "<s-:n>", length, 1},
    {"trim", "<s-:s>", trim, 1},
    {"pad", "<s-ns?:s>", pad, 3},
    {"join", "<a<s>s?:s>", join, 2},
    {"base64encode", "<s-:s>", base64_encode, 1},
    {"base64decode", "<s-:s>", base64_decode, 1},
    {"encodeUrlComponent", "<s-:s>", encode_url_component, 1},
    {"encodeUrl", "<s-:s>", encode_url, 1},
    {"decodeUrlComponent", "<s-:s>", decode_url_component, 1},
    {"decodeUrl", "<s-:s>", decode_url, 1},
    {"eval", "<sx?:x>", eval_text, 2, Builtin::Where::PlainOnly},
};

}  // namespace

std::span<const Builtin> string_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
