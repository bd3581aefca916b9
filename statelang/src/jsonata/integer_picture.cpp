#include "integer_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "failure.h"
#include "functions.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

constexpr std::array<std::string_view, 20> kSmall{"Zero",    "One",     "Two",       "Three",    "Four",
                                                  "Five",    "Six",     "Seven",     "Eight",    "Nine",
                                                  "Ten",     "Eleven",  "Twelve",    "Thirteen", "Fourteen",
                                                  "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::array<std::string_view, 20> kOrdinals{
    "Zeroth",     "First",     "Second",    "Third",       "Fourth",     "Fifth",     "Sixth",
    "Seventh",    "Eighth",    "Ninth",     "Tenth",       "Eleventh",   "Twelfth",   "Thirteenth",
    "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::array<std::string_view, 9> kTens{"Twenty",  "Thirty", "Forty",  "Fifty",  "Sixty",
                                                "Seventy", "Eighty", "Ninety", "Hundred"};
constexpr std::array<std::string_view, 4> kMagnitudes{"Thousand", "Million", "Billion", "Trillion"};

std::string ieth(std::string_view word) {
  return std::string(word.substr(0, word.size() - 1)) + "ieth";
}

std::string words(double number, bool after, bool ordinal) {
  const auto rest_or_th = [&](double rest, std::string text) {
    if (rest > 0) return text + words(rest, true, ordinal);
    return ordinal ? text + "th" : text;
  };
  if (number < 20) {
    const auto i = static_cast<size_t>(number);
    return (after ? " and " : "") + std::string(ordinal ? kOrdinals[i] : kSmall[i]);
  }
  if (number < 100) {
    const std::string_view ten = kTens[static_cast<size_t>(number / 10) - 2];
    const double rest = std::fmod(number, 10);
    const std::string start = after ? " and " : "";
    if (rest > 0) return start + std::string(ten) + "-" + words(rest, false, ordinal);
    return start + (ordinal ? ieth(ten) : std::string(ten));
  }
  const std::string start = after ? ", " : "";
  if (number < 1000) {
    const auto hundreds = static_cast<size_t>(number / 100);
    return rest_or_th(std::fmod(number, 100), start + std::string(kSmall[hundreds]) + " Hundred");
  }
  const auto magnitude =
      std::min<size_t>(static_cast<size_t>(std::floor(std::log10(number) / 3)), kMagnitudes.size());
  const double factor = std::pow(10, static_cast<double>(magnitude) * 3);
  const double count = std::floor(number / factor);
  return rest_or_th(number - count * factor,
                    start + words(count, false, false) + " " + std::string(kMagnitudes[magnitude - 1]));
}

const std::map<std::string, double, std::less<>>& word_values() {
  static const auto kValues = [] {
    std::map<std::string, double, std::less<>> values;
    for (size_t i = 0; i < kSmall.size(); ++i) {
      values[to_lower(kSmall[i])] = values[to_lower(kOrdinals[i])] = static_cast<double>(i);
    }
    for (size_t i = 0; i < kTens.size(); ++i) {
      values[to_lower(kTens[i])] = values[to_lower(ieth(kTens[i]))] = static_cast<double>((i + 2) * 10);
    }
    values["hundredth"] = 100;
    for (size_t i = 0; i < kMagnitudes.size(); ++i) {
      const std::string word = to_lower(kMagnitudes[i]);
      values[word] = values[word + "th"] = std::pow(10, static_cast<double>(i + 1) * 3);
    }
    return values;
  }();
  return kValues;
}

// "one thousand, two hundred and thirty-four"
double words_to_number(std::string_view text) {
  std::vector<double> segments{0};
  bool any = false;
  for (size_t i = 0; i < text.size();) {
    const size_t end = std::min(text.find_first_of(" ,-\t\n", i), text.size());
    const std::string_view word = text.substr(i, end - i);
    i = end + 1;
    if (word.empty() || word == "and") continue;
    const auto found = word_values().find(word);
    if (found == word_values().end()) return std::numeric_limits<double>::quiet_NaN();
    any = true;
    const double value = found->second;
    if (value >= 100) {
      segments.back() *= value;
    } else if (segments.back() >= 1000) {
      segments.push_back(value);
    } else {
      segments.back() += value;
    }
  }
  double total = any ? 0 : std::numeric_limits<double>::quiet_NaN();
  for (const double segment : segments) total += segment;
  return total;
}

struct Numeral {
  int value;
  std::string_view text;
};
constexpr std::array<Numeral, 13> kNumerals{{{1000, "m"},
                                             {900, "cm"},
                                             {500, "d"},
                                             {400, "cd"},
                                             {100, "c"},
                                             {90, "xc"},
                                             {50, "l"},
                                             {40, "xl"},
                                             {10, "x"},
                                             {9, "ix"},
                                             {5, "v"},
                                             {4, "iv"},
                                             {1, "i"}}};

std::string roman(double number) {
  if (number > 1e7) raise("D3130", Value("I"));  // would be tens of thousands of letters
  std::string out;
  for (const Numeral& numeral : kNumerals) {
    for (; number >= numeral.value; number -= numeral.value) out += numeral.text;
  }
  return out;
}

double roman_to_number(std::string_view text) {
  static const std::map<char, double> kLetters{{'M', 1000}, {'D', 500}, {'C', 100}, {'L', 50},
                                               {'X', 10},   {'V', 5},   {'I', 1}};
  double total = 0;
  double largest = 1;
  for (size_t i = text.size(); i-- > 0;) {
    const auto found = kLetters.find(text[i]);
    if (found == kLetters.end()) return std::numeric_limits<double>::quiet_NaN();
    if (found->second < largest) {
      total -= found->second;
    } else {
      largest = found->second;
      total += found->second;
    }
  }
  return total;
}

std::string letters(double number, char first) {
  std::string out;
  for (; number >= 1; number = std::floor((number - 1) / 26)) {
    out.insert(out.begin(), static_cast<char>(first + static_cast<int>(std::fmod(number - 1, 26))));
  }
  return out;
}

constexpr uint32_t kDigitGroups[] = {
    0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

// The zero of the digit family a code point belongs to; 0 when it is no digit.
uint32_t family_zero(uint32_t code) {
  for (const uint32_t zero : kDigitGroups) {
    if (code >= zero && code <= zero + 9) return zero;
  }
  return 0;
}

size_t regular_interval(const std::vector<IntegerPicture::Separator>& separators) {
  size_t factor = 0;
  for (const auto& separator : separators) {
    if (separator.character != separators[0].character) return 0;
    size_t a = factor, b = separator.position;
    while (b != 0) a = std::exchange(b, a % b);
    factor = a;
  }
  if (factor == 0) return 0;
  for (size_t i = 1; i <= separators.size(); ++i) {
    const bool there = std::any_of(separators.begin(), separators.end(),
                                   [&](const auto& separator) { return separator.position == i * factor; });
    if (!there) return 0;
  }
  return factor;
}

void analyse_digits(IntegerPicture& out, std::string_view picture) {
  std::vector<uint32_t> codes;
  for (size_t i = 0; i < picture.size();) codes.push_back(next_code_point(picture, i));
  uint32_t zero = 0;
  size_t position = 0;
  for (auto code = codes.rbegin(); code != codes.rend(); ++code) {
    if (const uint32_t family = family_zero(*code)) {
      if (zero != 0 && family != zero) raise("D3131");
      zero = family;
      ++out.mandatory_digits;
      ++position;
    } else if (*code == '#') {
      ++out.optional_digits;
      ++position;
    } else {
      out.separators.push_back({position, *code});
    }
  }
  if (out.mandatory_digits == 0) {
    out.form = IntegerPicture::Form::Sequence;
    return;
  }
  out.zero = zero;
  out.regular = regular_interval(out.separators);
}

// JavaScript's substr(position): a negative one counts from the end.
size_t from_end(ptrdiff_t position, size_t size) {
  const auto whole = static_cast<ptrdiff_t>(size);
  return static_cast<size_t>(position < 0 ? std::max<ptrdiff_t>(0, whole + position) : position);
}

void group(std::u32string& digits, const IntegerPicture& picture) {
  if (picture.regular > 0) {
    for (size_t count = (digits.size() - 1) / picture.regular; count > 0; --count) {
      digits.insert(digits.size() - count * picture.regular, 1, picture.separators[0].character);
    }
    return;
  }
  for (auto separator = picture.separators.rbegin(); separator != picture.separators.rend(); ++separator) {
    // A separator left of all digits hides some of them: the reference writes them so.
    const auto position = static_cast<ptrdiff_t>(digits.size()) - static_cast<ptrdiff_t>(separator->position);
    const std::u32string left = position > 0 ? digits.substr(0, static_cast<size_t>(position)) : U"";
    digits =
        left + static_cast<char32_t>(separator->character) + digits.substr(from_end(position, digits.size()));
  }
}

std::string ordinal_ending(std::u32string_view digits) {
  const bool teen = digits.size() > 1 && digits[digits.size() - 2] == '1';
  const char32_t last = digits.empty() ? '0' : digits.back();
  return teen ? "th" : last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th";
}

std::string decimal(const IntegerPicture& picture, double number) {
  std::string text = number_text(number);
  if (text.size() < picture.mandatory_digits) text.insert(0, picture.mandatory_digits - text.size(), '0');
  std::u32string digits;
  for (const char c : text) digits += picture.zero + static_cast<unsigned char>(c) - U'0';
  group(digits, picture);
  std::string out;
  for (const char32_t c : digits) append_code_point(out, c);
  return picture.ordinal ? out + ordinal_ending(digits) : out;
}

}  // namespace

IntegerPicture IntegerPicture::analyse(std::string_view picture) {
  IntegerPicture out;
  const size_t semicolon = picture.rfind(';');
  std::string_view primary = picture;
  if (semicolon != std::string_view::npos) {
    primary = picture.substr(0, semicolon);
    out.ordinal = picture.substr(semicolon + 1).starts_with("o");
  }
  out.token = std::string(primary);
  if (primary == "A" || primary == "I" || primary == "W") out.letter_case = LetterCase::Upper;
  if (primary == "Ww") out.letter_case = LetterCase::Title;
  if (primary == "A" || primary == "a") {
    out.form = Form::Letters;
  } else if (primary == "I" || primary == "i") {
    out.form = Form::Roman;
  } else if (primary == "W" || primary == "w" || primary == "Ww") {
    out.form = Form::Words;
  } else {
    analyse_digits(out, primary);
  }
  return out;
}

std::string IntegerPicture::format(double number) const {
  const double size = std::fabs(number);
  // Letters and words of infinity have no end, and "not a number" has no word.
  const bool spelt = form == Form::Words || form == Form::Letters || form == Form::Roman;
  if (spelt && !std::isfinite(number)) raise("D1001", Value(number));
  std::string out;
  switch (form) {
    case Form::Letters:
      out = letters(size, letter_case == LetterCase::Upper ? 'A' : 'a');
      break;
    case Form::Roman:
      out = roman(size);
      if (letter_case == LetterCase::Upper) out = to_upper(out);
      break;
    case Form::Words:
      out = words(size, false, ordinal);
      if (letter_case == LetterCase::Upper) out = to_upper(out);
      if (letter_case == LetterCase::Lower) out = to_lower(out);
      break;
    case Form::Decimal:
      out = decimal(*this, size);
      break;
    case Form::Sequence:
      raise("D3130", Value(token));
  }
  return number < 0 ? "-" + out : out;
}

std::string IntegerPicture::regex() const {
  switch (form) {
    case Form::Letters:
      return letter_case == LetterCase::Upper ? "[A-Z]+" : "[a-z]+";
    case Form::Roman:
      return letter_case == LetterCase::Upper ? "[MDCLXVI]+" : "[mdclxvi]+";
    case Form::Words: {
      std::string out = "(?:";
      for (const auto& [word, value] : word_values()) out += word + "|";
      return out + "and|[\\-, ])+";
    }
    case Form::Decimal: {
      std::string out = "[0-9]";
      out += parse_width > 0 ? "{" + std::to_string(parse_width) + "}" : "+";
      return ordinal ? out + "(?:th|st|nd|rd)" : out;
    }
    case Form::Sequence:
      raise("D3130", Value(token));
  }
  return {};
}

double IntegerPicture::parse(std::string_view text) const {
  switch (form) {
    case Form::Letters: {
      const char first = letter_case == LetterCase::Upper ? 'A' : 'a';
      double number = 0;
      for (size_t i = 0; i < text.size();) number = number * 26 + next_code_point(text, i) - first + 1;
      return number;
    }
    case Form::Roman:
      return roman_to_number(letter_case == LetterCase::Upper ? std::string(text) : to_upper(text));
    case Form::Words:
      return words_to_number(to_lower(text));
    case Form::Sequence:
      raise("D3130", Value(token));
    case Form::Decimal:
      break;
  }
  if (ordinal && text.size() >= 2) text.remove_suffix(2);
  double number = 0;
  bool any = false;
  bool negative = false;
  for (size_t i = 0; i < text.size();) {
    const uint32_t code = next_code_point(text, i);
    // Regular separators are read as commas, whatever the picture has.
    const bool separator = regular > 0 ? code == ','
                                       : std::any_of(separators.begin(), separators.end(),
                                                     [&](const Separator& s) { return s.character == code; });
    if (separator) continue;
    if (!any && code == '-') {
      negative = true;
      continue;
    }
    if (code < zero || code > zero + 9) break;
    number = number * 10 + (code - zero);
    any = true;
  }
  if (!any) return std::numeric_limits<double>::quiet_NaN();
  return negative ? -number : number;
}

std::string format_integer(double number, std::string_view picture) {
  return IntegerPicture::analyse(picture).format(number);
}

Value parse_integer(std::string_view text, std::string_view picture) {
  return number_value(IntegerPicture::analyse(picture).parse(text));
}

}  // namespace statelang::jsonata
