#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include <statelang/map_run/item_parser.h>

namespace statelang::map_run {
namespace {

Unexpected<Failure> failed(std::string cause) {
  return Unexpected{Failure{std::string(errors::kItemReaderFailed), std::move(cause)}};
}

std::string text_of(const Value& config, std::string_view name, std::string_view otherwise) {
  const Value* value = config.find(name);
  return std::string(value && value->is_string() ? value->as_string() : otherwise);
}

bool full(const Array& items, int64_t items_max) {
  return items_max > 0 && static_cast<int64_t>(items.size()) >= items_max;
}

// One step of a JSON Pointer (RFC 6901).
const Value* member_at(const Value& from, std::string_view token) {
  if (from.is_array()) {
    size_t index = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), index);
    const bool whole = read.ec == std::errc() && read.ptr == token.data() + token.size();
    return whole && index < from.size() ? &from.as_array()[index] : nullptr;
  }
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool escaped = token[i] == '~' && i + 1 < token.size();
    name += escaped ? (token[++i] == '1' ? '/' : '~') : token[i];
  }
  return from.find(name);
}

const Value* at_pointer(const Value& root, std::string_view pointer) {
  const Value* at = &root;
  while (at && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    const size_t end = std::min(pointer.find('/', 1), pointer.size());
    at = member_at(*at, pointer.substr(1, end - 1));
    pointer.remove_prefix(end);
  }
  return at;
}

Expected<Array, Failure> parse_json_items(std::string_view bytes, const Value& config, int64_t items_max) {
  const auto json = parse_json(bytes);
  if (!json) return failed("The file is not valid JSON: " + json.error().message);
  const Value* root = at_pointer(*json, text_of(config, "ItemsPointer", ""));
  if (!root) return failed("ItemsPointer does not lead to a value.");
  if (!root->is_array() && !root->is_object()) return failed("Attempting to map over non-iterable node.");
  Array items;
  if (root->is_array()) {
    for (const Value& item : root->as_array()) {
      if (full(items, items_max)) break;
      items.push_back(item);
    }
    return items;
  }
  for (const auto& [key, value] : root->as_object()) {
    if (full(items, items_max)) break;
    items.push_back(Value::object({{"Key", key}, {"Value", value}}));
  }
  return items;
}

Expected<Array, Failure> parse_json_lines(std::string_view bytes, int64_t items_max) {
  Array items;
  size_t line = 0;
  while (!bytes.empty() && !full(items, items_max)) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    ++line;
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto item = parse_json(text);
    if (!item) return failed("Line " + std::to_string(line) + " is not valid JSON: " + item.error().message);
    items.push_back(std::move(*item));
  }
  return items;
}

std::optional<char> delimiter_of(const Value& config) {
  const std::string name = text_of(config, "CSVDelimiter", "COMMA");
  if (name == "COMMA") return ',';
  if (name == "PIPE") return '|';
  if (name == "SEMICOLON") return ';';
  if (name == "SPACE") return ' ';
  if (name == "TAB") return '\t';
  return std::nullopt;
}

// Records of a CSV file as AWS reads them: quotes are optional, "" inside them is a quote; a backslash
// escapes itself, a quote and the delimiter, and is dropped before anything else.
class CsvReader {
 public:
  CsvReader(std::string_view bytes, char delimiter) : bytes_(bytes), delimiter_(delimiter) {}

  // False at the end. Empty lines are passed over.
  bool next(std::vector<std::string>& fields) {
    while (at_ < bytes_.size() && (bytes_[at_] == '\n' || bytes_[at_] == '\r')) ++at_;
    if (at_ >= bytes_.size()) return false;
    fields.clear();
    fields.push_back(field());
    while (at_ < bytes_.size() && bytes_[at_] == delimiter_) {
      ++at_;
      fields.push_back(field());
    }
    if (at_ < bytes_.size() && bytes_[at_] == '\r') ++at_;
    if (at_ < bytes_.size() && bytes_[at_] == '\n') ++at_;
    return true;
  }

 private:
  bool ends(char c) const { return c == delimiter_ || c == '\n' || c == '\r'; }

  std::string field() {
    std::string out;
    bool quoted = false;
    for (; at_ < bytes_.size(); ++at_) {
      const char c = bytes_[at_];
      if (c == '"') {
        const bool doubled = quoted && at_ + 1 < bytes_.size() && bytes_[at_ + 1] == '"';
        if (doubled) {
          out += '"';
          ++at_;
        } else {
          quoted = !quoted;
        }
      } else if (c == '\\' && at_ + 1 < bytes_.size()) {
        const char escaped = bytes_[at_ + 1];
        if (escaped == '\\' || escaped == '"' || escaped == delimiter_) out += escaped, ++at_;
      } else if (!quoted && ends(c)) {
        break;
      } else {
        out += c;
      }
    }
    return out;
  }

  std::string_view bytes_;
  char delimiter_;
  size_t at_ = 0;
};

Expected<Array, Failure> parse_csv(std::string_view bytes, const Value& config, int64_t items_max) {
  const auto delimiter = delimiter_of(config);
  if (!delimiter) return failed("Unknown CSVDelimiter.");
  CsvReader reader(bytes, *delimiter);
  std::vector<std::string> headers, fields;
  if (text_of(config, "CSVHeaderLocation", "FIRST_ROW") == "GIVEN") {
    const Value* given = config.find("CSVHeaders");
    for (size_t i = 0; given && i < given->size(); ++i) {
      if ((*given)[i].is_string()) headers.emplace_back((*given)[i].as_string());
    }
  } else {
    reader.next(headers);
  }
  std::vector<std::string> sorted = headers;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return failed("CSV headers cannot contain duplicates.");
  }
  Array items;
  while (!full(items, items_max) && reader.next(fields)) {
    Object item;  // missing fields are "", extra ones are dropped
    for (size_t i = 0; i < headers.size(); ++i) {
      item.set(Value(headers[i]), i < fields.size() ? Value(fields[i]) : Value(""));
    }
    items.push_back(Value(std::move(item)));
  }
  return items;
}

}  // namespace

Expected<Array, Failure> parse_items(std::string_view bytes, const Value& config, int64_t items_max) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  const std::string type = text_of(config, "InputType", "JSON");
  if (type == "JSON") return parse_json_items(bytes, config, items_max);
  if (type == "JSONL") return parse_json_lines(bytes, items_max);
  if (type == "CSV") return parse_csv(bytes, config, items_max);
  return failed("InputType " + type + " cannot be read.");
}

}  // namespace statelang::map_run
