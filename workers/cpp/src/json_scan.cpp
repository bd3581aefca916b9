#include "json_scan.h"

#include <charconv>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace stepstream_worker {
namespace {

constexpr int kDepthMax = 2000;

void skip_space(std::string_view text, size_t& at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t'))
    at++;
}

bool skip_string(std::string_view text, size_t& at) {
  for (at++; at < text.size(); at++) {
    if (text[at] == '\\') {
      at++;
    } else if (text[at] == '"') {
      at++;
      return true;
    }
  }
  return false;
}

// Leaves `at` behind the value. Brackets are counted, not matched: the text is JSON that the engine wrote.
bool skip_value(std::string_view text, size_t& at) {
  int depth = 0;
  while (at < text.size()) {
    char c = text[at];
    if (c == '"') {
      if (!skip_string(text, at)) return false;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax) return false;
      at++;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return true;  // the end of the container around
      depth--;
      at++;
    } else if (c == ',' && depth == 0) {
      return true;
    } else {
      at++;
      continue;
    }
    if (depth == 0) return true;
  }
  return depth == 0;
}

std::string_view trimmed(std::string_view text) {
  size_t end = text.find_last_not_of(" \n\r\t");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

bool walk(std::string_view text, char open, char close,
          const std::function<void(std::string_view, std::string_view)>& visit) {
  size_t at = 0;
  skip_space(text, at);
  if (at >= text.size() || text[at] != open) return false;
  at++;
  skip_space(text, at);
  if (at < text.size() && text[at] == close) return true;
  while (at < text.size()) {
    std::string_view key;
    if (open == '{') {
      size_t begin = at;
      if (text[at] != '"' || !skip_string(text, at)) return false;
      key = text.substr(begin + 1, at - begin - 2);
      skip_space(text, at);
      if (at >= text.size() || text[at] != ':') return false;
      at++;
      skip_space(text, at);
    }
    size_t begin = at;
    if (!skip_value(text, at) || at == begin) return false;
    visit(key, trimmed(text.substr(begin, at - begin)));
    skip_space(text, at);
    if (at >= text.size()) return false;
    if (text[at] == close) return true;
    if (text[at] != ',') return false;
    at++;
    skip_space(text, at);
  }
  return false;
}

}  // namespace

bool for_each_member(std::string_view object,
                     const std::function<void(std::string_view, std::string_view)>& visit) {
  return walk(object, '{', '}', visit);
}

bool for_each_item(std::string_view array, const std::function<void(std::string_view)>& visit) {
  return walk(array, '[', ']', [&](std::string_view, std::string_view item) { visit(item); });
}

std::optional<std::string> unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  if (value.find('\\') == std::string_view::npos) return std::string(value.substr(1, value.size() - 2));
  auto parsed = nlohmann::json::parse(value, nullptr, false);
  if (!parsed.is_string()) return std::nullopt;
  return parsed.get<std::string>();
}

int64_t integer_or(std::string_view value, int64_t otherwise) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() ? number : otherwise;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
      out += escaped;
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace stepstream_worker
