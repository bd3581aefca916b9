// Items of a JSON text without holding it: the text of one element at a time is cut out and parsed.
#include <charconv>

#include "formats.h"

namespace statelang::map_run {
namespace {

constexpr uint64_t kPointerBytesMax = 16 * 1024 * 1024;  // AWS: ItemsPointer's value begins before this

// Finds where values begin and end. What is cut out is parsed; what is passed over is not.
class JsonScanner {
 public:
  explicit JsonScanner(TextInput& text) : text_(text) {}

  // The next byte that is no blank.
  int skip_blanks() {
    int byte = text_.peek();
    while (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') text_.get(), byte = text_.peek();
    return byte;
  }
  bool take(char wanted) {
    if (skip_blanks() != wanted) return false;
    text_.get();
    return true;
  }
  // Goes past one value. `out`: gets its text, up to kItemBytesMax. False: it is too large, or there is none.
  bool value(std::string* out) {
    const int first = skip_blanks();
    if (first == '"') return string(out);
    if (first == '{' || first == '[') return container(out);
    bool any = false;
    for (int byte = first; !ends_scalar(byte); byte = text_.peek()) any = add(out, text_.get());
    return any;
  }
  std::optional<std::string> key() {
    std::string text;
    if (skip_blanks() != '"' || !string(&text)) return std::nullopt;
    const auto name = parse_json(text);
    if (!name || !take(':')) return std::nullopt;
    return std::string(name->as_string());
  }

 private:
  static bool ends_scalar(int byte) {
    return byte == TextInput::kEnd || byte == ',' || byte == ']' || byte == '}' || byte == ' ' ||
           byte == '\n' || byte == '\r' || byte == '\t';
  }
  static bool add(std::string* out, int byte) {
    if (!out) return true;
    if (out->size() >= kItemBytesMax) return false;
    *out += static_cast<char>(byte);
    return true;
  }
  bool string(std::string* out) {
    if (!add(out, text_.get())) return false;
    for (int byte = text_.get(); byte != TextInput::kEnd; byte = text_.get()) {
      if (!add(out, byte)) return false;
      if (byte == '"') return true;
      if (byte == '\\' && !add(out, text_.get())) return false;
    }
    return false;
  }
  bool container(std::string* out) {
    size_t depth = 0;
    for (int byte = text_.peek(); byte != TextInput::kEnd; byte = text_.peek()) {
      if (byte == '"') {
        if (!string(out)) return false;
        continue;
      }
      if (!add(out, text_.get())) return false;
      if (byte == '{' || byte == '[') ++depth;
      if ((byte == '}' || byte == ']') && --depth == 0) return true;
    }
    return false;
  }

  TextInput& text_;
};

class JsonItems : public ItemSource {
 public:
  JsonItems(std::unique_ptr<TextInput> text, std::string pointer)
      : text_(std::move(text)), scanner_(*text_), pointer_(std::move(pointer)) {}

  Expected<std::optional<Value>, Failure> next() override {
    if (place_ == Place::Ended) return std::optional<Value>{};
    if (place_ == Place::Before) {
      if (auto found = find(); !found) return ended(std::move(found.error()));
      const int first = scanner_.skip_blanks();
      if (first == TextInput::kEnd) return ended(invalid("a value is missing"));
      if (first != '[' && first != '{') {
        return ended(reader_failed("Attempting to map over non-iterable node.").error);
      }
      close_ = first == '[' ? ']' : '}';
      text_->get();
      place_ = Place::First;
    }
    if (scanner_.take(close_)) return end();
    if (place_ == Place::Further && !scanner_.take(',')) return ended(invalid("',' is missing"));
    place_ = Place::Further;
    return item();
  }

 private:
  enum class Place { Before, First, Further, Ended };

  Unexpected<Failure> ended(Failure failure) {
    place_ = Place::Ended;
    return Unexpected{std::move(failure)};
  }
  Failure invalid(const std::string& reason) const {
    if (text_->error()) return reader_failed(*text_->error()).error;
    return reader_failed("The file is not valid JSON: " + reason + " at byte " +
                         std::to_string(text_->position()))
        .error;
  }
  Failure value_missing(const std::string& text) const {
    if (text.size() < kItemBytesMax) return invalid("a value is missing or does not end");
    return reader_failed("An item is larger than 8 MiB.").error;
  }

  Expected<std::optional<Value>, Failure> end() {
    place_ = Place::Ended;
    if (pointer_.empty() && scanner_.skip_blanks() != TextInput::kEnd) {
      return Unexpected{invalid("something follows the value")};
    }
    if (text_->error()) return reader_failed(*text_->error());
    return std::optional<Value>{};
  }

  Expected<std::optional<Value>, Failure> item() {
    std::optional<std::string> key;
    if (close_ == '}' && !(key = scanner_.key())) return ended(invalid("a name is missing"));
    std::string text;
    if (!scanner_.value(&text)) return ended(value_missing(text));
    auto value = parse_json(text);
    if (!value) return ended(invalid(value.error().message));
    if (!key) return std::optional<Value>(std::move(*value));
    return std::optional<Value>(Value::object({{"Key", *key}, {"Value", std::move(*value)}}));
  }

  // Goes to where ItemsPointer (RFC 6901) leads.
  Expected<void, Failure> find() {
    const auto missing = [] { return reader_failed("ItemsPointer does not lead to a value."); };
    std::string_view rest = pointer_;
    while (!rest.empty()) {
      if (rest.front() != '/') return missing();
      const size_t end = std::min(rest.find('/', 1), rest.size());
      const std::string_view token = rest.substr(1, end - 1);
      rest.remove_prefix(end);
      const bool found = scanner_.skip_blanks() == '[' ? enter_array(token) : enter_object(unescaped(token));
      if (text_->error()) return reader_failed(*text_->error());
      if (!found) return missing();
    }
    if (!pointer_.empty() && text_->position() > kPointerBytesMax) {
      return reader_failed("The value of ItemsPointer must begin within the first 16 MB of the file.");
    }
    return {};
  }
  static std::string unescaped(std::string_view token) {
    std::string name;
    for (size_t i = 0; i < token.size(); ++i) {
      const bool escaped = token[i] == '~' && i + 1 < token.size();
      name += escaped ? (token[++i] == '1' ? '/' : '~') : token[i];
    }
    return name;
  }
  bool enter_array(std::string_view token) {
    size_t index = 0;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), index);
    if (read.ec != std::errc() || read.ptr != token.data() + token.size() || !scanner_.take('['))
      return false;
    for (size_t i = 0; i < index; ++i) {
      if (!scanner_.value(nullptr) || !scanner_.take(',')) return false;
    }
    return scanner_.skip_blanks() != ']';
  }
  bool enter_object(const std::string& name) {
    if (!scanner_.take('{')) return false;
    do {
      const auto key = scanner_.key();
      if (!key) return false;
      if (*key == name) return true;
    } while (scanner_.value(nullptr) && scanner_.take(','));
    return false;
  }

  std::unique_ptr<TextInput> text_;
  JsonScanner scanner_;
  std::string pointer_;
  Place place_ = Place::Before;
  char close_ = ']';
};

class JsonLineItems : public ItemSource {
 public:
  explicit JsonLineItems(std::unique_ptr<TextInput> text) : text_(std::move(text)) {}

  Expected<std::optional<Value>, Failure> next() override {
    std::string line;
    while (text_->peek() != TextInput::kEnd) {
      line.clear();
      ++number_;
      for (int byte = text_->get(); byte != '\n' && byte != TextInput::kEnd; byte = text_->get()) {
        if (line.size() >= kItemBytesMax) return reader_failed("An item is larger than 8 MiB.");
        line += static_cast<char>(byte);
      }
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      auto item = parse_json(line);
      if (item) return std::optional<Value>(std::move(*item));
      return reader_failed("Line " + std::to_string(number_) + " is not valid JSON: " + item.error().message);
    }
    if (text_->error()) return reader_failed(*text_->error());
    return std::optional<Value>{};
  }

 private:
  std::unique_ptr<TextInput> text_;
  uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<ItemSource> json_items(std::unique_ptr<TextInput> text, std::string pointer) {
  return std::make_unique<JsonItems>(std::move(text), std::move(pointer));
}

std::unique_ptr<ItemSource> json_line_items(std::unique_ptr<TextInput> text) {
  return std::make_unique<JsonLineItems>(std::move(text));
}

}  // namespace statelang::map_run
