#include "json_path/regular_expression.h"

#include <algorithm>
#include <optional>

namespace statelang::json_path {
namespace {

constexpr size_t kProgramMax = 4'000;  // instructions
constexpr size_t kGroupsMax = 50;      // nested
constexpr uint32_t kLastCodePoint = 0x10FFFF;

// UTF-8 to code points; a broken byte stands for itself.
std::vector<uint32_t> code_points(std::string_view text) {
  std::vector<uint32_t> points;
  points.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 1 || i + length > text.size()) {
      points.push_back(lead);
      ++i;
      continue;
    }
    uint32_t point = lead & (0xFFu >> (length + 1));
    for (size_t k = 1; k < length; ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    points.push_back(point);
    i += length;
  }
  return points;
}

bool is_word(uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

// Compiles while reading: each piece of the pattern becomes a list of instructions that ends by falling
// through.
class PatternParser {
 public:
  using Instruction = RegularExpression::Instruction;
  using Kind = Instruction::Kind;
  using Ranges = RegularExpression::Ranges;
  // A part of the program with open ends: `entry` and the instructions whose exits are to be connected.
  struct Piece {
    size_t entry = 0;
    std::vector<std::pair<size_t, bool>> exits;  // instruction, second exit?
  };

  PatternParser(std::string_view pattern, std::vector<Instruction>& program, bool ignore_case, bool dot_all)
      : pattern_(code_points(pattern)), program_(program), ignore_case_(ignore_case), dot_all_(dot_all) {}

  std::optional<size_t> run() {
    Piece all = alternatives();
    if (failed_ || at_ != pattern_.size()) return std::nullopt;
    connect(all, emit(Kind::Accept));
    if (failed_) return std::nullopt;
    return all.entry;
  }

 private:
  uint32_t peek() const { return at_ < pattern_.size() ? pattern_[at_] : 0; }
  bool take(uint32_t c) {
    if (at_ >= pattern_.size() || pattern_[at_] != c) return false;
    ++at_;
    return true;
  }
  size_t emit(Kind kind) {
    if (program_.size() >= kProgramMax) failed_ = true;
    if (!failed_) program_.emplace_back().kind = kind;
    return program_.empty() ? 0 : program_.size() - 1;
  }
  void connect(const Piece& piece, size_t target) {
    if (failed_) return;
    for (const auto& [at, second] : piece.exits) (second ? program_[at].other : program_[at].next) = target;
  }
  Piece single(Kind kind) {
    const size_t at = emit(kind);
    return {at, {{at, false}}};
  }
  Piece empty() {  // a split whose two ways are the same
    const size_t at = emit(Kind::Split);
    return {at, {{at, false}, {at, true}}};
  }

  Piece alternatives() {
    Piece left = sequence();
    while (!failed_ && take('|')) {
      const size_t split = emit(Kind::Split);
      Piece right = sequence();
      if (failed_) return left;
      program_[split].next = left.entry;
      program_[split].other = right.entry;
      left.entry = split;
      left.exits.insert(left.exits.end(), right.exits.begin(), right.exits.end());
    }
    return left;
  }

  Piece sequence() {
    Piece all = empty();
    while (!failed_ && at_ < pattern_.size() && peek() != '|' && peek() != ')') {
      Piece next = repeated();
      connect(all, next.entry);
      all.exits = std::move(next.exits);
    }
    return all;
  }

  Piece repeated() {
    const size_t start = at_;
    Piece piece = atom();
    while (!failed_ && (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{')) {
      size_t least = 0, most = kUnbounded;
      const size_t end = at_;
      if (!read_counts(least, most)) return fail();
      take('?');  // reluctant or not makes no difference to a whole match
      piece = repeat(start, end, std::move(piece), least, most);
    }
    return piece;
  }

  // Copies of an atom are made by reading it again.
  Piece repeat(size_t start, size_t end, Piece first, size_t least, size_t most) {
    const size_t after = at_;
    bool used = false;
    const auto copy = [&]() -> Piece {
      if (!std::exchange(used, true)) return first;
      const auto whole =
          std::exchange(pattern_, {pattern_.begin(), pattern_.begin() + static_cast<ptrdiff_t>(end)});
      at_ = start;
      Piece piece = repeated();
      pattern_ = whole;
      at_ = after;
      return piece;
    };
    Piece all = empty();
    const auto append = [&](Piece next) {
      connect(all, next.entry);
      all.exits = std::move(next.exits);
    };
    for (size_t i = 0; i < least && !failed_; ++i) append(copy());
    if (most == kUnbounded) {
      const size_t split = emit(Kind::Split);
      Piece body = copy();
      if (failed_) return all;
      program_[split].next = body.entry;
      connect(body, split);
      append({split, {{split, true}}});
      return all;
    }
    std::vector<std::pair<size_t, bool>> skips;
    for (size_t i = least; i < most && !failed_; ++i) {
      const size_t split = emit(Kind::Split);
      Piece body = copy();
      if (failed_) return all;
      program_[split].next = body.entry;
      skips.emplace_back(split, true);
      append({split, std::move(body.exits)});
    }
    all.exits.insert(all.exits.end(), skips.begin(), skips.end());
    return all;
  }

  bool read_counts(size_t& least, size_t& most) {
    if (take('*')) return true;
    if (take('+')) return least = 1, true;
    if (take('?')) return most = 1, true;
    take('{');
    if (!read_count(least)) return false;
    most = least;
    if (take(',')) {
      most = kUnbounded;
      if (peek() != '}' && !read_count(most)) return false;
    }
    return take('}') && least <= most;
  }

  bool read_count(size_t& count) {
    const size_t start = at_;
    count = 0;
    while (peek() >= '0' && peek() <= '9') {
      count = count * 10 + (pattern_[at_++] - '0');
      if (count > kProgramMax) return false;
    }
    return at_ > start;
  }

  Piece atom() {
    const uint32_t c = peek();
    ++at_;
    switch (c) {
      case '(':
        return group();
      case '[':
        return bracket();
      case '.':
        return dot_all_ ? set({}, true)
                        : set({{'\n', '\n'}, {'\r', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}, true);
      case '^':
        return single(Kind::Start);
      case '$':
        return single(Kind::End);
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
      case '{':
        return fail();
      default:
        return set({{c, c}}, false);
    }
  }

  Piece group() {
    if (++groups_ > kGroupsMax) return fail();
    if (take('?') && !take(':')) return fail();
    Piece inside = alternatives();
    --groups_;
    return take(')') ? inside : fail();
  }

  Piece escape() {
    if (at_ >= pattern_.size()) return fail();
    if (take('b')) return single(Kind::WordEdge);
    if (take('B')) return single(Kind::NotWordEdge);
    Ranges ranges;
    bool negated = false;
    if (!read_escape(ranges, negated)) return fail();
    return set(std::move(ranges), negated);
  }

  // After the backslash: a class such as \d or a single character.
  bool read_escape(Ranges& ranges, bool& negated) {
    const uint32_t c = peek();
    ++at_;
    switch (c) {
      case 'D':
        negated = true;
        [[fallthrough]];
      case 'd':
        ranges = {{'0', '9'}};
        return true;
      case 'W':
        negated = true;
        [[fallthrough]];
      case 'w':
        ranges = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
        return true;
      case 'S':
        negated = true;
        [[fallthrough]];
      case 's':
        ranges = {{'\t', '\r'}, {' ', ' '}};
        return true;
      case 'n':
        ranges = {{'\n', '\n'}};
        return true;
      case 'r':
        ranges = {{'\r', '\r'}};
        return true;
      case 't':
        ranges = {{'\t', '\t'}};
        return true;
      case 'f':
        ranges = {{'\f', '\f'}};
        return true;
      default:
        break;
    }
    if (is_word(c)) return false;  // back-references and what we do not know
    ranges = {{c, c}};
    return true;
  }

  Piece bracket() {
    const bool negated = take('^');
    Ranges ranges;
    bool first = true;
    while (at_ < pattern_.size() && (peek() != ']' || first)) {
      first = false;
      Ranges part{{peek(), peek()}};
      bool inverted = false;
      if (peek() == '[' || peek() == '&') return fail();  // Java's nested classes
      ++at_;
      if (part[0].first == '\\' && (at_ >= pattern_.size() || !read_escape(part, inverted))) return fail();
      if (inverted) part = complement(part);
      if (peek() == '-' && at_ + 1 < pattern_.size() && pattern_[at_ + 1] != ']' && part.size() == 1) {
        ++at_;
        Ranges upper{{peek(), peek()}};
        ++at_;
        if (upper[0].first == '\\' && (at_ >= pattern_.size() || !read_escape(upper, inverted)))
          return fail();
        if (upper.size() != 1 || part[0].first != part[0].second || upper[0].first < part[0].first)
          return fail();
        part[0].second = upper[0].first;
      }
      ranges.insert(ranges.end(), part.begin(), part.end());
    }
    return take(']') ? set(std::move(ranges), negated) : fail();
  }

  static Ranges complement(Ranges ranges) {
    std::sort(ranges.begin(), ranges.end());
    Ranges out;
    uint32_t from = 0;
    for (const auto& [first, last] : ranges) {
      if (first > from) out.emplace_back(from, first - 1);
      from = last + 1;
    }
    out.emplace_back(from, kLastCodePoint);
    return out;
  }

  Piece set(Ranges ranges, bool negated) {
    if (ignore_case_) {
      for (size_t i = 0, count = ranges.size(); i < count; ++i) {
        for (uint32_t c = 'a'; c <= 'z'; ++c) {
          const auto [first, last] = ranges[i];
          if (c >= first && c <= last) ranges.emplace_back(c - 32, c - 32);
          if (c - 32 >= first && c - 32 <= last) ranges.emplace_back(c, c);
        }
      }
    }
    const size_t at = emit(Kind::Set);
    if (failed_) return {};
    program_[at].ranges = std::move(ranges);
    program_[at].negated = negated;
    return {at, {{at, false}}};
  }

  Piece fail() {
    failed_ = true;
    return {};
  }

  static constexpr size_t kUnbounded = static_cast<size_t>(-1);
  std::vector<uint32_t> pattern_;
  std::vector<Instruction>& program_;
  bool ignore_case_, dot_all_;
  size_t at_ = 0, groups_ = 0;
  bool failed_ = false;
};

std::shared_ptr<const RegularExpression> RegularExpression::compile(std::string_view pattern,
                                                                    std::string_view flags) {
  bool ignore_case = false, dot_all = false;
  for (char flag : flags) {
    if (flag != 'i' && flag != 's') return nullptr;
    (flag == 'i' ? ignore_case : dot_all) = true;
  }
  auto expression = std::make_shared<RegularExpression>();
  const auto start = PatternParser(pattern, expression->program_, ignore_case, dot_all).run();
  if (!start) return nullptr;
  expression->start_ = *start;
  return expression;
}

// Adds `at` and all that is reached from it without reading a character.
void RegularExpression::follow(size_t at, std::vector<size_t>& list, std::vector<uint32_t>& mark,
                               uint32_t generation, const std::vector<uint32_t>& text,
                               size_t position) const {
  std::vector<size_t> open{at};
  while (!open.empty()) {
    const size_t here = open.back();
    open.pop_back();
    if (mark[here] == generation) continue;
    mark[here] = generation;
    const Instruction& instruction = program_[here];
    const bool before = position > 0 && is_word(text[position - 1]);
    const bool behind = position < text.size() && is_word(text[position]);
    switch (instruction.kind) {
      case Instruction::Kind::Split:
        open.push_back(instruction.other);
        open.push_back(instruction.next);
        break;
      case Instruction::Kind::Start:
        if (position == 0) open.push_back(instruction.next);
        break;
      case Instruction::Kind::End:
        if (position == text.size()) open.push_back(instruction.next);
        break;
      case Instruction::Kind::WordEdge:
        if (before != behind) open.push_back(instruction.next);
        break;
      case Instruction::Kind::NotWordEdge:
        if (before == behind) open.push_back(instruction.next);
        break;
      default:
        list.push_back(here);
    }
  }
}

bool RegularExpression::matches(std::string_view utf8) const {
  const std::vector<uint32_t> text = code_points(utf8);
  std::vector<uint32_t> mark(program_.size(), 0);
  std::vector<size_t> now, next;
  uint32_t generation = 1;
  follow(start_, now, mark, generation, text, 0);
  for (size_t i = 0; i < text.size() && !now.empty(); ++i) {
    next.clear();
    ++generation;
    for (size_t at : now) {
      const Instruction& instruction = program_[at];
      if (instruction.kind != Instruction::Kind::Set) continue;
      const bool inside =
          std::any_of(instruction.ranges.begin(), instruction.ranges.end(),
                      [&](const auto& range) { return text[i] >= range.first && text[i] <= range.second; });
      if (inside != instruction.negated) follow(instruction.next, next, mark, generation, text, i + 1);
    }
    now.swap(next);
  }
  return std::any_of(now.begin(), now.end(),
                     [&](size_t at) { return program_[at].kind == Instruction::Kind::Accept; });
}

}  // namespace statelang::json_path
