// JSON text in and out: nlohmann's SAX parser builds Values; the writer is ours for AWS's exact layout.
#include <charconv>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include <statelang/payload.h>
#include <statelang/plain_json.h>
#include <statelang/utf8.h>
#include <statelang/value.h>

#include "json_escapes.h"

namespace statelang {
namespace {

constexpr size_t kMessageBytesMax = 300;  // of an error

// Builds the Value bottom-up: open containers wait on a stack until their end is read.
class Builder {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit Builder(ParseLimits limits) : limits_(limits) {}

  bool null() { return add(Value(nullptr)); }
  bool boolean(bool b) { return add(Value(b)); }
  bool number_integer(number_integer_t i) { return add(Value(static_cast<int64_t>(i))); }
  bool number_unsigned(number_unsigned_t i) { return add(Value(static_cast<uint64_t>(i))); }
  bool number_float(number_float_t d, const string_t&) { return add(Value(d)); }
  bool string(string_t& text) { return add(Value(std::string_view(text))); }
  bool binary(binary_t&) { return false; }
  bool key(string_t& text) {
    Frame& frame = stack_.back();
    frame.key = Value(std::string_view(text));
    if (limits_.refuse_duplicate_keys && frame.object.contains(text)) {
      error_ = {0, "duplicate object key '" + text + "'"};
      return false;
    }
    return true;
  }
  bool start_object(size_t) { return open(true); }
  bool start_array(size_t) { return open(false); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    std::string message = error.what();
    const size_t start = message.find("parse error at ");  // drop nlohmann's exception name and id
    if (start != std::string::npos) message.erase(0, start);
    if (message.starts_with("[json.exception")) message.erase(0, message.find("] ") + 2);
    // It quotes the whole token, which may be megabytes of a number.
    if (message.size() > kMessageBytesMax) message.replace(kMessageBytesMax, std::string::npos, "...");
    // What it quotes may end within a character, or be no text at all.
    error_ = {position, repaired_utf8(message.empty() ? "unexpected " + token : message)};
    return false;
  }

  Value take() { return std::move(root_); }
  JsonError take_error() { return std::move(error_); }

 private:
  struct Frame {
    bool is_object = false;
    Value key;
    Object object;
    Array array;
  };

  bool open(bool is_object) {
    if (stack_.size() >= limits_.depth_max) {
      error_ = {0, "nested more than " + std::to_string(limits_.depth_max) + " levels deep"};
      return false;
    }
    stack_.emplace_back().is_object = is_object;
    return true;
  }
  bool close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    return add(frame.is_object ? Value(std::move(frame.object)) : Value(std::move(frame.array)));
  }
  bool add(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = stack_.back(); frame.is_object) {
      frame.object.set(std::move(frame.key), std::move(value));
    } else {
      frame.array.push_back(std::move(value));
    }
    return true;
  }

  ParseLimits limits_;
  std::vector<Frame> stack_;
  Value root_;
  JsonError error_;
};

void append_pretty(std::string& out, const Value& value, int indent, int level) {
  const auto new_line = [&](int depth) { out.append("\n").append(static_cast<size_t>(indent * depth), ' '); };
  if (value.is_array() && value.size() > 0) {
    out += '[';
    bool first = true;
    for (const Value& item : value.as_array()) {
      if (!first) out += ',';
      first = false;
      new_line(level + 1);
      append_pretty(out, item, indent, level + 1);
    }
    new_line(level);
    out += ']';
  } else if (value.is_object() && value.size() > 0) {
    out += '{';
    bool first = true;
    for (const auto& [key, item] : value.as_object()) {
      if (item.is_undefined() || item.is_opaque()) continue;
      if (!first) out += ',';
      first = false;
      new_line(level + 1);
      append_json_string(out, key.as_string());
      out += ": ";
      append_pretty(out, item, indent, level + 1);
    }
    new_line(level);
    out += '}';
  } else {
    append_json(out, value);
  }
}

}  // namespace

Expected<Value, JsonError> parse_json(std::string_view text, ParseLimits limits) {
  Builder builder(limits);
  if (nlohmann::json::sax_parse(text, &builder)) {
    // A byte of zero ends the text for nlohmann's parser, whatever follows.
    const size_t zero = text.find('\0');
    if (zero == std::string_view::npos) return builder.take();
    return Unexpected{JsonError{zero, "unexpected byte 0"}};
  }
  return Unexpected{builder.take_error()};
}

std::string java_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return std::signbit(number) ? "-0.0" : "0.0";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::scientific).ptr;
  // "-d.ddde±xx" → Java: plain for 1e-3 <= |x| < 1e7, otherwise d.dddE±x.
  std::string_view text(digits, static_cast<size_t>(end - digits));
  std::string out;
  if (text.front() == '-') {
    out = "-";
    text.remove_prefix(1);
  }
  const size_t e = text.find('e');
  std::string mantissa(text.substr(0, e));
  int exponent = 0;
  std::string_view exponent_text = text.substr(e + 1);
  if (exponent_text.front() == '+') exponent_text.remove_prefix(1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  if (mantissa.size() > 1) mantissa.erase(1, 1);  // digits only
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) {
      out.append("0.").append(static_cast<size_t>(-exponent - 1), '0').append(mantissa);
    } else {
      const auto whole = static_cast<size_t>(exponent) + 1;
      if (mantissa.size() < whole) mantissa.append(whole - mantissa.size(), '0');
      out.append(mantissa, 0, whole).append(".");
      out.append(mantissa.size() > whole ? mantissa.substr(whole) : "0");
    }
    return out;
  }
  out.append(mantissa, 0, 1).append(".").append(mantissa.size() > 1 ? mantissa.substr(1) : "0");
  return out.append("E").append(std::to_string(exponent));
}

size_t plain_json_prefix(std::string_view text) {
  const char* at = skip_plain(text.data(), text.data() + text.size());
  auto size = static_cast<size_t>(at - text.data());
  const auto plain = [](unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; };
  while (size < text.size() && plain(static_cast<unsigned char>(text[size]))) ++size;
  return size;
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += '"';
  size_t start = 0;
  for (size_t i = plain_json_prefix(text); i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    out += '\\';
    if (const char letter = short_json_escape(c)) {
      out += letter;
    } else {
      out.append("u00") += kHex[c >> 4], out += kHex[c & 15];
    }
  }
  out.append(text, start, text.size() - start);
  out += '"';
}

void append_json(std::string& out, const Value& value) {
  switch (value.type()) {
    case Value::Type::Undefined:
    case Value::Type::Opaque:
    case Value::Type::Null:
      out += "null";
      break;
    case Value::Type::Boolean:
      out += value.as_boolean() ? "true" : "false";
      break;
    case Value::Type::Integer: {
      char digits[24];
      out.append(digits, std::to_chars(digits, digits + sizeof digits, value.as_integer()).ptr);
      break;
    }
    case Value::Type::Double:
      out += java_number(value.as_double());
      break;
    case Value::Type::String:
      append_json_string(out, value.as_string());
      break;
    case Value::Type::Array: {
      out += '[';
      bool first = true;
      for (const Value& item : value.as_array()) {
        if (!first) out += ',';
        first = false;
        append_json(out, item);
      }
      out += ']';
      break;
    }
    case Value::Type::Object: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.as_object()) {
        if (item.is_undefined() || item.is_opaque()) continue;
        if (!first) out += ',';
        first = false;
        append_json_string(out, key.as_string());
        out += ':';
        append_json(out, item);
      }
      out += '}';
      break;
    }
  }
}

std::string to_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_pretty_json(const Value& value, int indent) {
  std::string out;
  append_pretty(out, value, indent, 0);
  return out;
}

}  // namespace statelang
