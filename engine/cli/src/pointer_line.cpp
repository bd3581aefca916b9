#include "pointer_line.h"

#include <algorithm>

#include <statelang/payload.h>

namespace engine::cli {
namespace {

// Walks JSON text without building it, following one pointer. The text is valid JSON.
class PointerWalk {
 public:
  PointerWalk(std::string_view json, std::string_view pointer) : json_(json), pointer_(pointer) {}

  size_t find() {
    blanks();
    while (!pointer_.empty() && enter(next_token())) {
    }
    return at_;
  }

 private:
  void blanks() {
    while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos)
      ++at_;
  }
  std::string_view string() {
    const size_t begin = ++at_;
    while (at_ < json_.size() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2 : 1;
    return json_.substr(begin, at_++ - begin);
  }
  void value() {
    size_t depth = 0;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        string();
        if (depth == 0) return;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return;
        ++at_;
        if (--depth == 0) return;
        continue;
      }
      if (c == ',' && depth == 0) return;
      ++at_;
    }
  }
  std::string next_token() {
    pointer_.remove_prefix(1);
    std::string token(pointer_.substr(0, pointer_.find('/')));
    pointer_.remove_prefix(token.size());
    for (size_t i = token.find('~'); i != std::string::npos; i = token.find('~', i + 1)) {
      token.replace(i, 2, token.substr(i, 2) == "~1" ? "/" : "~");
    }
    return token;
  }
  // Goes to the child of the value at at_; false and no move when it has none of that name.
  bool enter(const std::string& token) {
    const size_t start = at_;
    if (at_ >= json_.size() || (json_[at_] != '{' && json_[at_] != '[')) return false;
    const bool object = json_[at_++] == '{';
    for (size_t index = 0;; ++index) {
      blanks();
      if (at_ >= json_.size() || json_[at_] == '}' || json_[at_] == ']') break;
      const size_t member = at_;
      std::string name = std::to_string(index);
      if (object) {
        name = string();
        blanks();
        ++at_;  // the colon
        blanks();
      }
      if (name == token) {
        if (object && pointer_.empty()) at_ = member;  // the line of the key
        return true;
      }
      value();
      blanks();
      if (at_ < json_.size() && json_[at_] == ',') ++at_;
    }
    at_ = start;
    return false;
  }

  std::string_view json_, pointer_;
  size_t at_ = 0;
};

}  // namespace

size_t line_of_pointer(std::string_view json, std::string_view pointer) {
  size_t at = 0;
  if (statelang::valid_json(json) && (pointer.empty() || pointer.front() == '/'))
    at = PointerWalk(json, pointer).find();
  return 1 +
         static_cast<size_t>(std::count(json.begin(), json.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

}  // namespace engine::cli
