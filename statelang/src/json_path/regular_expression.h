// Regular expressions of JSONPath filters (`=~ /a.*b/i`). Matches whole texts, as Jayway does, by simulating
// all alternatives at once: time grows with pattern times text, whatever the pattern. No look-around and no
// back-references.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace statelang::json_path {

class RegularExpression {
 public:
  // `flags`: i (ASCII letters alike in both cases), s (dot matches line ends), others are refused. Null when
  // the pattern is broken, too large or uses what is not supported.
  static std::shared_ptr<const RegularExpression> compile(std::string_view pattern, std::string_view flags);

  bool matches(std::string_view text) const;
  size_t size() const { return program_.size(); }

 private:
  friend class PatternParser;
  using Ranges = std::vector<std::pair<uint32_t, uint32_t>>;
  struct Instruction {
    enum class Kind : uint8_t { Set, Split, Start, End, WordEdge, NotWordEdge, Accept };
    Kind kind = Kind::Accept;
    bool negated = false;
    Ranges ranges;
    size_t next = 0, other = 0;
  };
  void follow(size_t at, std::vector<size_t>& list, std::vector<uint32_t>& mark, uint32_t generation,
              const std::vector<uint32_t>& text, size_t position) const;

  std::vector<Instruction> program_;
  size_t start_ = 0;
};

}  // namespace statelang::json_path
