// Items of a CSV text as AWS reads it: quotes are optional, "" inside them is a quote; a backslash escapes
// itself, a quote and the delimiter, and is dropped before anything else.
#include <algorithm>

#include <statelang/utf8.h>

#include "formats.h"

namespace statelang::map_run {
namespace {

constexpr size_t kHeaderBytesMax = 10 * 1024;  // AWS: all names together
// More names than that have too many bytes, or two of them none.
constexpr size_t kHeadersMax = kHeaderBytesMax + 2;

std::optional<char> delimiter_of(const Value& config) {
  const std::string name = text_of(config, "CSVDelimiter", "COMMA");
  if (name == "COMMA") return ',';
  if (name == "PIPE") return '|';
  if (name == "SEMICOLON") return ';';
  if (name == "SPACE") return ' ';
  if (name == "TAB") return '\t';
  return std::nullopt;
}

class CsvReader {
 public:
  CsvReader(std::unique_ptr<TextInput> text, char delimiter)
      : text_(std::move(text)), delimiter_(delimiter) {}

  // False at the end. Empty lines are passed over, and fields after the first `fields_max`.
  Expected<bool, Failure> next(std::vector<std::string>& fields, size_t fields_max) {
    while (text_->peek() == '\n' || text_->peek() == '\r') text_->get();
    fields.clear();
    bytes_ = 0;
    if (text_->peek() != TextInput::kEnd) {
      fields.push_back(field());
      while (text_->peek() == delimiter_ && bytes_ <= kItemBytesMax) {
        text_->get();
        ++bytes_;
        std::string next = field();
        if (fields.size() < fields_max) fields.push_back(std::move(next));
      }
    }
    if (text_->error()) return reader_failed(*text_->error());
    if (bytes_ > kItemBytesMax) return reader_failed("An item is larger than 8 MiB.");
    return !fields.empty();
  }

 private:
  std::string field() {
    std::string out;
    bool quoted = false;
    const auto add = [&](int byte) {
      ++bytes_;
      out += static_cast<char>(byte);
    };
    for (int byte = text_->peek(); byte != TextInput::kEnd && bytes_ <= kItemBytesMax; byte = text_->peek()) {
      if (!quoted && (byte == delimiter_ || byte == '\n' || byte == '\r')) break;
      text_->get();
      if (byte == '"') {
        if (quoted && text_->peek() == '"') {
          add(text_->get());
        } else {
          quoted = !quoted;
        }
      } else if (byte == '\\' && text_->peek() != TextInput::kEnd) {
        const int escaped = text_->peek();
        if (escaped == '\\' || escaped == '"' || escaped == delimiter_) add(text_->get());
      } else {
        add(byte);
      }
    }
    return repaired_utf8(out);
  }

  std::unique_ptr<TextInput> text_;
  char delimiter_;
  size_t bytes_ = 0;  // of the record
};

class CsvItems : public ItemSource {
 public:
  CsvItems(CsvReader reader, std::vector<std::string> headers)
      : reader_(std::move(reader)), headers_(std::move(headers)) {}

  Expected<std::optional<Value>, Failure> next() override {
    auto more = reader_.next(fields_, std::max<size_t>(1, headers_.size()));
    if (!more) return Unexpected{more.error()};
    if (!*more) return std::optional<Value>{};
    Object item;  // missing fields are "", extra ones are dropped
    for (size_t i = 0; i < headers_.size(); ++i) {
      item.set(Value(headers_[i]), i < fields_.size() ? Value(fields_[i]) : Value(""));
    }
    return std::optional<Value>(Value(std::move(item)));
  }

 private:
  CsvReader reader_;
  std::vector<std::string> headers_, fields_;
};

Expected<std::vector<std::string>, Failure> given_headers(const Value& config) {
  std::vector<std::string> headers;
  const Value* given = config.find("CSVHeaders");
  for (size_t i = 0; given && given->is_array() && i < given->size(); ++i) {
    if (!(*given)[i].is_string()) return reader_failed("CSVHeaders must be texts.");
    headers.emplace_back((*given)[i].as_string());
  }
  if (headers.empty()) return reader_failed("CSVHeaders are missing.");
  return headers;
}

}  // namespace

std::unique_ptr<ItemSource> csv_items(std::unique_ptr<TextInput> text, char delimiter,
                                      std::vector<std::string> headers) {
  return std::make_unique<CsvItems>(CsvReader(std::move(text), delimiter), std::move(headers));
}

Expected<std::unique_ptr<ItemSource>, Failure> csv_items(std::unique_ptr<TextInput> text,
                                                         const Value& config) {
  const auto delimiter = delimiter_of(config);
  if (!delimiter) return reader_failed("Unknown CSVDelimiter.");
  CsvReader reader(std::move(text), *delimiter);
  std::vector<std::string> headers;
  const std::string location = text_of(config, "CSVHeaderLocation", "FIRST_ROW");
  if (location == "GIVEN") {
    auto given = given_headers(config);
    if (!given) return Unexpected{given.error()};
    headers = std::move(*given);
  } else if (location == "FIRST_ROW") {
    if (auto first = reader.next(headers, kHeadersMax); !first) return Unexpected{first.error()};
  } else {
    return reader_failed("Unknown CSVHeaderLocation.");
  }
  size_t bytes = 0;
  for (const std::string& header : headers) bytes += header.size();
  if (bytes > kHeaderBytesMax) return reader_failed("CSV headers are longer than 10 KiB.");
  std::vector<std::string> sorted = headers;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return reader_failed("CSV headers cannot contain duplicates.");
  }
  return std::unique_ptr<ItemSource>(std::make_unique<CsvItems>(std::move(reader), std::move(headers)));
}

}  // namespace statelang::map_run
