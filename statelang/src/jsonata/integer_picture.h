// Integer pictures (F&O 4.6): decimal digits with groups, letters, Roman numerals and English words; used by
// $formatInteger, $parseInteger and the components of date pictures.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace statelang::jsonata {

enum class LetterCase : uint8_t { Upper, Lower, Title };

struct IntegerPicture {
  enum class Form : uint8_t { Decimal, Letters, Roman, Words, Sequence };
  struct Separator {
    size_t position;  // digits to the right
    uint32_t character;
  };
  Form form = Form::Decimal;
  LetterCase letter_case = LetterCase::Lower;
  bool ordinal = false;
  uint32_t zero = '0';
  size_t mandatory_digits = 0;
  size_t optional_digits = 0;
  size_t parse_width = 0;             // exact digits to read; 0 = as many as there are
  size_t regular = 0;                 // a separator every so many digits; 0 = where `separators` says
  std::vector<Separator> separators;  // from the right
  std::string token;                  // the picture, for messages

  static IntegerPicture analyse(std::string_view picture);  // throws Raised D3131
  std::string format(double number) const;                  // throws Raised D3130
  // A regular expression for what parse() reads, and the number; NaN when it is none.
  std::string regex() const;
  double parse(std::string_view text) const;
};

}  // namespace statelang::jsonata
