// valid_json(): the same verdict as parse_json(), in one pass that builds nothing. Everything that comes from
// outside goes through it, payloads above all, so the bytes of strings are looked at eight at a time.
#include <cstring>

#include <nlohmann/json.hpp>

#include <statelang/payload.h>
#include <statelang/plain_json.h>

namespace statelang {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

int hex_digit(char c) {
  if (digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Check {
 public:
  Check(std::string_view text, size_t depth_max)
      : at_(text.data()), end_(text.data() + text.size()), depth_left_(depth_max) {}

  bool document() {
    if (end_ - at_ >= 3 && std::memcmp(at_, "\xEF\xBB\xBF", 3) == 0) at_ += 3;
    blanks();
    if (!value()) return false;
    blanks();
    return at_ == end_;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool word(std::string_view expected) {
    if (static_cast<size_t>(end_ - at_) < expected.size()) return false;
    if (std::memcmp(at_, expected.data(), expected.size()) != 0) return false;
    at_ += expected.size();
    return true;
  }

  bool value() {  // recursive: the depth is limited
    if (at_ == end_) return false;
    switch (*at_) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object() {
    if (depth_left_ == 0) return false;
    --depth_left_;
    ++at_;
    blanks();
    if (!take('}')) {
      do {
        blanks();
        if (at_ == end_ || *at_ != '"' || !string()) return false;
        blanks();
        if (!take(':')) return false;
        blanks();
        if (!value()) return false;
        blanks();
      } while (take(','));
      if (!take('}')) return false;
    }
    ++depth_left_;
    return true;
  }

  bool array() {
    if (depth_left_ == 0) return false;
    --depth_left_;
    ++at_;
    blanks();
    if (!take(']')) {
      do {
        blanks();
        if (!value()) return false;
        blanks();
      } while (take(','));
      if (!take(']')) return false;
    }
    ++depth_left_;
    return true;
  }

  bool string() {
    ++at_;
    for (;;) {
      at_ = skip_plain(at_, end_);
      if (at_ == end_) return false;
      const auto c = static_cast<unsigned char>(*at_);
      if (c == '"') return ++at_, true;
      if (c == '\\') {
        if (!escape()) return false;
      } else if (c < 0x20) {
        return false;
      } else if (c < 0x80) {
        ++at_;
      } else if (!long_character(c)) {
        return false;
      }
    }
  }

  bool escape() {
    if (end_ - at_ < 2) return false;
    const char c = at_[1];
    if (c == 'u') {
      const int first = code_unit();
      if (first < 0 || (first >= 0xDC00 && first <= 0xDFFF)) return false;
      if (first < 0xD800 || first > 0xDBFF) return true;
      const int second = code_unit();
      return second >= 0xDC00 && second <= 0xDFFF;
    }
    at_ += 2;
    return c == '"' || c == '\\' || c == '/' || c == 'b' || c == 'f' || c == 'n' || c == 'r' || c == 't';
  }

  // The number of the \uXXXX that follows; -1: there is none.
  int code_unit() {
    if (end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') return -1;
    int number = 0;
    for (int i = 2; i < 6; ++i) {
      const int hex = hex_digit(at_[i]);
      if (hex < 0) return -1;
      number = number << 4 | hex;
    }
    at_ += 6;
    return number;
  }

  // A character of UTF-8 of more than one byte: no overlong form, no surrogate, nothing above U+10FFFF.
  bool long_character(unsigned char lead) {
    if (lead < 0xC2 || lead > 0xF4) return false;
    const int following = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (end_ - at_ <= following) return false;
    const auto second = static_cast<unsigned char>(at_[1]);
    const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < least || second > most) return false;
    for (int i = 2; i <= following; ++i) {
      if ((static_cast<unsigned char>(at_[i]) & 0xC0) != 0x80) return false;
    }
    at_ += following + 1;
    return true;
  }

  bool number() {
    const char* const begin = at_;
    if (*at_ == '-') ++at_;
    if (at_ == end_ || !digit(*at_)) return false;
    if (*at_ == '0') {
      ++at_;
    } else {
      digits();
    }
    const bool large = at_ - begin > 300;
    if (at_ != end_ && *at_ == '.' && (++at_, !digits())) return false;
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      return digits() && finite(begin);
    }
    return !large || finite(begin);
  }
  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && digit(*at_)) ++at_;
    return at_ != begin;
  }
  // A number too large for a double is refused, as by the parser: the parser says so itself.
  bool finite(const char* begin) const { return nlohmann::json::accept(begin, at_); }

  const char* at_;
  const char* const end_;
  size_t depth_left_;
};

}  // namespace

bool valid_json(std::string_view text, size_t depth_max) {
  return Check(text, depth_max).document();
}

}  // namespace statelang
