#include "regex.h"

#include <cctype>

#include <re2/re2.h>

#include "callable.h"
#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

constexpr std::string_view kSpaces = R"(\s\v\x{a0}\x{feff}\p{Z})";

// One pass over the pattern; `fail` is set to the reason when RE2 has no counterpart.
class Translator {
 public:
  explicit Translator(std::string_view pattern) : in_(pattern) {}

  std::string run() {
    while (at_ < in_.size() && fail_.empty()) {
      const char c = in_[at_];
      if (c == '\\') {
        escape();
      } else if (in_class_) {
        class_character(c);
      } else if (c == '[') {
        open_class();
      } else if (c == '(') {
        group();
      } else {
        out_ += c;
        ++at_;
      }
    }
    return out_;
  }
  const std::string& fail() const { return fail_; }

 private:
  bool next_is(std::string_view text) const { return in_.substr(at_).starts_with(text); }

  void class_character(char c) {
    if (c == '[') out_ += '\\';
    if (c == ']') in_class_ = false;
    out_ += c;
    ++at_;
  }

  void open_class() {
    if (next_is("[^]")) {
      out_ += R"([\x00-\x{10FFFF}])";
      at_ += 3;
    } else if (next_is("[]")) {
      out_ += R"([^\x00-\x{10FFFF}])";
      at_ += 2;
    } else {
      in_class_ = true;
      out_ += '[';
      ++at_;
      if (at_ < in_.size() && in_[at_] == '^') out_ += '^', ++at_;
    }
  }

  void group() {
    if (next_is("(?=") || next_is("(?!")) {
      fail_ = "look-ahead";
    } else if (next_is("(?<=") || next_is("(?<!")) {
      fail_ = "look-behind";
    } else if (next_is("(?<")) {
      out_ += "(?P<";
      at_ += 3;
    } else {
      out_ += '(';
      ++at_;
    }
  }

  void hexadecimal(size_t digits) {
    const std::string_view text = in_.substr(at_ + 2, digits);
    bool good = text.size() == digits;
    for (const char c : text) good = good && std::isxdigit(static_cast<unsigned char>(c));
    if (!good) {  // without its digits the letter means itself
      out_ += in_[at_ + 1];
      at_ += 2;
      return;
    }
    out_.append("\\x{").append(text).append("}");
    at_ += 2 + digits;
  }

  void escape() {
    if (at_ + 1 >= in_.size()) {
      fail_ = "\\ at the end";
      return;
    }
    const char c = in_[at_ + 1];
    if (c == 'u') return hexadecimal(4);
    if (c == 'x') return hexadecimal(2);
    if (c >= '1' && c <= '9' && !in_class_) {
      fail_ = "back-reference";
    } else if (c == 'k' && in_.substr(at_ + 2).starts_with("<")) {
      fail_ = "back-reference";
    } else if (c == '0') {
      out_ += R"(\x00)";
    } else if (c == 's') {
      in_class_ ? out_.append(kSpaces) : out_.append("[").append(kSpaces).append("]");
    } else if (c == 'S' && !in_class_) {
      out_.append("[^").append(kSpaces).append("]");
    } else if (c == 'b' && in_class_) {
      out_ += R"(\x08)";
    } else if (std::string_view("dDwWSbBtnrfv").find(c) != std::string_view::npos ||
               !std::isalnum(static_cast<unsigned char>(c))) {
      out_ += '\\';
      out_ += c;
    } else {
      out_ += c;
    }
    at_ += 2;
  }

  std::string_view in_;
  std::string out_;
  std::string fail_;
  size_t at_ = 0;
  bool in_class_ = false;
};

}  // namespace

CompiledRegex::~CompiledRegex() = default;

std::shared_ptr<const CompiledRegex> CompiledRegex::compile(std::string_view pattern, std::string_view flags,
                                                            size_t position) {
  Translator translator(pattern);
  std::string translated = translator.run();
  std::string fail = translator.fail();
  auto regex = std::shared_ptr<CompiledRegex>(new CompiledRegex);
  regex->source_ = std::string(pattern);
  if (fail.empty()) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(flags.find('i') == std::string_view::npos);
    if (flags.find('m') != std::string_view::npos) translated.insert(0, "(?m)");
    regex->re2_ = std::make_unique<re2::RE2>(translated, options);
    if (!regex->re2_->ok()) fail = regex->re2_->error();
  }
  if (!fail.empty()) {
    throw Raised{.code = "S0303", .position = position, .message = fail + " in /" + regex->source_ + "/"};
  }
  return regex;
}

bool CompiledRegex::search(std::string_view text, size_t from, std::vector<std::string_view>& groups) const {
  const int count = re2_->NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> pieces(static_cast<size_t>(count));
  const re2::StringPiece all(text.data(), text.size());
  if (!re2_->Match(all, from, text.size(), re2::RE2::UNANCHORED, pieces.data(), count)) return false;
  groups.clear();
  for (const re2::StringPiece& piece : pieces) groups.emplace_back(piece.data(), piece.size());
  return true;
}

Value match_object(Evaluator& evaluator, const std::shared_ptr<const CompiledRegex>& regex, const Value& text,
                   size_t from, bool is_next) {
  const std::string_view all = text.as_string();
  if (!is_next) from = byte_offset(all, from);
  if (is_next && from >= all.size()) return Value::undefined();
  std::vector<std::string_view> groups;
  if (!regex->search(all, from, groups)) return Value::undefined();
  if (is_next && groups[0].empty()) raise("D1004", Value(regex->source()));
  evaluator.step();
  const auto start = static_cast<size_t>(groups[0].data() - all.data());
  const auto end = start + groups[0].size();
  Array parts;
  for (size_t i = 1; i < groups.size(); ++i) {
    parts.push_back(groups[i].data() ? Value(groups[i]) : Value::undefined());
  }
  const auto start_count = static_cast<int64_t>(code_point_count(all.substr(0, start)));
  const auto match_count = static_cast<int64_t>(code_point_count(groups[0]));
  return Value::object({{"match", Value(groups[0])},
                        {"start", Value(start_count)},
                        {"end", Value(start_count + match_count)},
                        {"groups", Value(std::move(parts))},
                        {"next", Value(new NextMatch(regex, text, end))}});
}

}  // namespace statelang::jsonata
