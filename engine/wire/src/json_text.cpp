#include <engine/wire/json_text.h>
#include <statelang/value.h>

namespace engine::wire {

namespace {

size_t skip_blanks(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
    ++at;
  return at;
}

// End of the string that begins at `at`: the first quote behind an even number of backslashes.
size_t skip_string(std::string_view text, size_t at) {
  for (size_t quote = text.find('"', at + 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    size_t before = quote;
    while (text[before - 1] == '\\') --before;  // ends at the opening quote, if not earlier
    if ((quote - before) % 2 == 0) return quote + 1;
  }
  return text.size();
}

// End of the value that begins at `at`. The text is valid JSON, so only brackets and strings matter.
size_t skip_value(std::string_view text, size_t at) {
  size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = skip_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;  // the end of what holds a number or a word
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      return at;
    }
    ++at;
  }
  return at;
}

}  // namespace

std::vector<std::pair<std::string, std::string_view>> json_members(std::string_view object) {
  std::vector<std::pair<std::string, std::string_view>> members;
  size_t at = skip_blanks(object, skip_blanks(object, 0) + 1);
  while (at < object.size() && object[at] == '"') {
    const size_t key_end = skip_string(object, at);
    std::string key = json_string(object.substr(at, key_end - at)).value_or("");
    const size_t begin = skip_blanks(object, skip_blanks(object, key_end) + 1);
    const size_t end = skip_value(object, begin);
    members.emplace_back(std::move(key), object.substr(begin, end - begin));
    at = skip_blanks(object, skip_blanks(object, end) + 1);  // after the comma
  }
  return members;
}

std::vector<std::string_view> json_items(std::string_view array) {
  std::vector<std::string_view> items;
  size_t at = skip_blanks(array, skip_blanks(array, 0) + 1);
  while (at < array.size() && array[at] != ']') {
    const size_t end = skip_value(array, at);
    items.push_back(array.substr(at, end - at));
    at = skip_blanks(array, skip_blanks(array, end) + 1);
  }
  return items;
}

std::optional<std::string> json_string(std::string_view json) {
  if (json.size() < 2 || json.front() != '"') return std::nullopt;
  const std::string_view inner = json.substr(1, json.size() - 2);
  if (inner.find('\\') == std::string_view::npos) return std::string(inner);
  const auto parsed = statelang::parse_json(json);
  if (!parsed || !parsed->is_string()) return std::nullopt;
  return std::string(parsed->as_string());
}

}  // namespace engine::wire
