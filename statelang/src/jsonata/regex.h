// Regular expressions: JavaScript's syntax translated to RE2's. RE2 takes time linear in the text, and knows
// neither look-around nor back-references: those are refused with S0303.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/value.h>

namespace re2 {
class RE2;
}

namespace statelang::jsonata {

class Evaluator;

class CompiledRegex {
 public:
  // Throws Raised S0303.
  static std::shared_ptr<const CompiledRegex> compile(std::string_view pattern, std::string_view flags,
                                                      size_t position);
  ~CompiledRegex();

  // Finds the first match at or behind byte `from`. `groups[0]` is the match; a group that took no part has a
  // null data().
  bool search(std::string_view text, size_t from, std::vector<std::string_view>& groups) const;
  const std::string& source() const { return source_; }

 private:
  CompiledRegex() = default;
  std::unique_ptr<re2::RE2> re2_;
  std::string source_;
};

// What calling a regular expression as a function gives: {match, start, end, groups, next}. `from` counts
// bytes for `is_next` (which also refuses a match of no characters, D1004) and code points otherwise.
Value match_object(Evaluator& evaluator, const std::shared_ptr<const CompiledRegex>& regex, const Value& text,
                   size_t from, bool is_next);

}  // namespace statelang::jsonata
