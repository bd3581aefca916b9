// $formatNumber: the picture strings of XPath 3.1's format-number (F&O 4.7), in the steps of that chapter.
#include <algorithm>
#include <cmath>

#include "failure.h"
#include "functions.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

using Text = std::u32string;

Text decode(std::string_view text) {
  Text out;
  for (size_t i = 0; i < text.size();) out += static_cast<char32_t>(next_code_point(text, i));
  return out;
}
std::string encode(const Text& text) {
  std::string out;
  for (const char32_t c : text) append_code_point(out, c);
  return out;
}

struct Symbols {
  char32_t decimal = '.', grouping = ',', exponent = 'e', digit = '#', pattern = ';', zero = '0';
  Text minus = U"-", percent = U"%", per_mille = U"\u2030";

  bool is_digit(char32_t c) const { return c >= zero && c < zero + 10; }
  bool is_active(char32_t c) const {
    return is_digit(c) || c == decimal || c == exponent || c == grouping || c == digit || c == pattern;
  }
};

Symbols read_symbols(const Value& options) {
  Symbols symbols;
  if (!options.is_object()) return symbols;
  const auto text = [&](const char* name, Text& out) {
    if (const Value* value = options.find(name); value && value->is_string())
      out = decode(value->as_string());
  };
  const auto character = [&](const char* name, char32_t& out) {
    Text value(1, out);
    text(name, value);
    if (!value.empty()) out = value[0];
  };
  character("decimal-separator", symbols.decimal);
  character("grouping-separator", symbols.grouping);
  character("exponent-separator", symbols.exponent);
  character("digit", symbols.digit);
  character("pattern-separator", symbols.pattern);
  character("zero-digit", symbols.zero);
  text("minus-sign", symbols.minus);
  text("percent", symbols.percent);
  text("per-mille", symbols.per_mille);
  return symbols;
}

// A sub-picture cut into its parts.
struct Parts {
  Text picture, prefix, suffix, active, mantissa, exponent, integer, fraction;
  bool has_exponent = false;
};

Parts cut(const Text& picture, const Symbols& symbols) {
  Parts parts;
  parts.picture = picture;
  const auto bounds = [&](char32_t c) { return symbols.is_active(c) && c != symbols.exponent; };
  const auto first = std::find_if(picture.begin(), picture.end(), bounds);
  const auto last = std::find_if(picture.rbegin(), picture.rend(), bounds);
  if (first != picture.end()) {
    parts.prefix.assign(picture.begin(), first);
    parts.suffix.assign(last.base(), picture.end());
  }
  parts.active =
      picture.substr(parts.prefix.size(), picture.size() - parts.prefix.size() - parts.suffix.size());
  // The place of the exponent is counted from the start of the picture, also when a prefix stands before the
  // active part, and it may be the suffix's first character: so it is in the reference.
  const size_t exponent = picture.find(symbols.exponent, parts.prefix.size());
  parts.has_exponent = exponent != Text::npos && exponent <= picture.size() - parts.suffix.size();
  parts.mantissa = parts.has_exponent ? parts.active.substr(0, exponent) : parts.active;
  if (parts.has_exponent) parts.exponent = parts.active.substr(std::min(exponent + 1, parts.active.size()));
  const size_t point = parts.mantissa.find(symbols.decimal);
  parts.integer = parts.mantissa.substr(0, point);
  if (point != Text::npos) parts.fraction = parts.mantissa.substr(point + 1);
  return parts;
}

bool contains(const Text& text, const Text& what) {
  return !what.empty() && text.find(what) != Text::npos;
}
bool repeats(const Text& text, const Text& what) {
  return contains(text, what) && text.find(what) != text.rfind(what);
}

// The rules for pictures; where several are broken the last one is named.
void validate(const Parts& parts, const Symbols& symbols) {
  const char* error = nullptr;
  const Text& picture = parts.picture;
  const auto digit = [&](char32_t c) { return symbols.is_digit(c); };
  const size_t point = picture.find(symbols.decimal);
  if (point != picture.rfind(symbols.decimal)) error = "D3081";
  if (repeats(picture, symbols.percent)) error = "D3082";
  if (repeats(picture, symbols.per_mille)) error = "D3083";
  const bool scaled = contains(picture, symbols.percent) || contains(picture, symbols.per_mille);
  if (contains(picture, symbols.percent) && contains(picture, symbols.per_mille)) error = "D3084";
  if (std::none_of(parts.mantissa.begin(), parts.mantissa.end(),
                   [&](char32_t c) { return digit(c) || c == symbols.digit; })) {
    error = "D3085";
  }
  if (std::any_of(parts.active.begin(), parts.active.end(),
                  [&](char32_t c) { return !symbols.is_active(c); })) {
    error = "D3086";
  }
  if (point != Text::npos) {
    const bool before = point > 0 && picture[point - 1] == symbols.grouping;
    if (before || (point + 1 < picture.size() && picture[point + 1] == symbols.grouping)) error = "D3087";
  } else if (!parts.integer.empty() && parts.integer.back() == symbols.grouping) {
    error = "D3088";
  }
  if (contains(picture, Text(2, symbols.grouping))) error = "D3089";
  const size_t optional = parts.integer.find(symbols.digit);
  if (optional != Text::npos &&
      std::any_of(parts.integer.begin(), parts.integer.begin() + static_cast<std::ptrdiff_t>(optional),
                  digit)) {
    error = "D3090";
  }
  const size_t last_optional = parts.fraction.rfind(symbols.digit);
  if (last_optional != Text::npos &&
      std::any_of(parts.fraction.begin() + static_cast<std::ptrdiff_t>(last_optional), parts.fraction.end(),
                  digit)) {
    error = "D3091";
  }
  if (parts.has_exponent && !parts.exponent.empty() && scaled) error = "D3092";
  if (parts.has_exponent &&
      (parts.exponent.empty() || !std::all_of(parts.exponent.begin(), parts.exponent.end(), digit))) {
    error = "D3093";
  }
  if (error) raise(error);
}

// What the parts of a valid sub-picture ask for.
struct Layout {
  Text prefix, suffix, picture;
  std::vector<size_t> integer_groups, fraction_groups;
  size_t regular_group = 0;  // 0: groups at integer_groups
  size_t integer_min = 0, fraction_min = 0, fraction_max = 0, exponent_min = 0, scale = 0;
};

size_t regular_interval(const std::vector<size_t>& positions) {
  if (positions.empty()) return 0;
  size_t factor = 0;
  for (const size_t position : positions) {
    size_t a = factor, b = position;
    while (b != 0) a = std::exchange(b, a % b);
    factor = a;
  }
  if (factor == 0) return 0;
  for (size_t i = 1; i <= positions.size(); ++i) {
    if (std::find(positions.begin(), positions.end(), i * factor) == positions.end()) return 0;
  }
  return factor;
}

Layout analyse(const Parts& parts, const Symbols& symbols) {
  const auto digits_in = [&](const Text& text, bool with_optional) {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [&](char32_t c) {
      return symbols.is_digit(c) || (with_optional && c == symbols.digit);
    }));
  };
  Layout layout{.prefix = parts.prefix, .suffix = parts.suffix, .picture = parts.picture};
  for (size_t at = parts.integer.find(symbols.grouping); at != Text::npos;
       at = parts.integer.find(symbols.grouping, at + 1)) {
    layout.integer_groups.push_back(digits_in(parts.integer.substr(at), true));
  }
  layout.regular_group = regular_interval(layout.integer_groups);
  // Behind the first one the reference goes on searching in the integer part.
  for (size_t at = parts.fraction.find(symbols.grouping); at != Text::npos;
       at = parts.integer.find(symbols.grouping, at + 1)) {
    layout.fraction_groups.push_back(digits_in(parts.fraction.substr(0, at), true));
  }
  layout.integer_min = layout.scale = digits_in(parts.integer, false);
  layout.fraction_min = digits_in(parts.fraction, false);
  layout.fraction_max = digits_in(parts.fraction, true);
  if (layout.integer_min == 0 && layout.fraction_max == 0) {
    if (parts.has_exponent) {
      layout.fraction_min = layout.fraction_max = 1;
    } else {
      layout.integer_min = 1;
    }
  }
  const bool optional_digit = parts.integer.find(symbols.digit) != Text::npos;
  if (parts.has_exponent && layout.integer_min == 0 && optional_digit) layout.integer_min = 1;
  if (layout.integer_min == 0 && layout.fraction_min == 0) layout.fraction_min = 1;
  if (parts.has_exponent) layout.exponent_min = digits_in(parts.exponent, false);
  return layout;
}

// Digits of a number without its sign, in the digit family of the picture.
Text digits_of(double number, size_t places, const Symbols& symbols) {
  if (!std::isfinite(number)) return decode(number_text(std::fabs(number)));
  Text out;
  for (const char c : fixed_text(std::fabs(number), static_cast<int>(std::min<size_t>(places, 100)))) {
    out += c == '.' ? symbols.decimal : symbols.zero + static_cast<char32_t>(c - '0');
  }
  return out;
}

Text group_digits(Text text, const Layout& layout, const Symbols& symbols) {
  size_t point = text.find(symbols.decimal);
  if (layout.regular_group > 0) {
    const size_t groups = point == 0 ? 0 : (point - 1) / layout.regular_group;
    for (size_t group = 1; group <= groups; ++group) {
      text.insert(point - group * layout.regular_group, 1, symbols.grouping);
    }
  } else {
    for (const size_t position : layout.integer_groups) {
      // Left of all digits JavaScript's slice() counts from the end, and so the separator goes where it
      // should not.
      const size_t place =
          position <= point ? point - position : text.size() - std::min(position - point, text.size());
      text.insert(place, 1, symbols.grouping);
      ++point;
    }
  }
  point = text.find(symbols.decimal);
  for (const size_t position : layout.fraction_groups) {
    text.insert(std::min(position + point + 1, text.size()), 1, symbols.grouping);
  }
  return text;
}

Text render(double number, const Layout& layout, const Symbols& symbols) {
  if (contains(layout.picture, symbols.percent)) {
    number *= 100;
  } else if (contains(layout.picture, symbols.per_mille)) {
    number *= 1000;
  }
  double mantissa = number;
  int exponent = 0;
  if (layout.exponent_min > 0 && mantissa != 0 && std::isfinite(mantissa)) {
    const double most = std::pow(10, static_cast<double>(layout.scale));
    const double least = std::pow(10, static_cast<double>(layout.scale) - 1);
    for (; std::fabs(mantissa) < least; --exponent) mantissa *= 10;
    for (; std::fabs(mantissa) > most; ++exponent) mantissa /= 10;
  }
  const double rounded = round_half_even(mantissa, static_cast<int>(layout.fraction_max));
  Text text = digits_of(rounded, layout.fraction_max, symbols);
  if (text.find(symbols.decimal) == Text::npos) text += symbols.decimal;
  text.erase(0, std::min(text.find_first_not_of(symbols.zero), text.size()));
  while (!text.empty() && text.back() == symbols.zero) text.pop_back();
  const size_t point = text.find(symbols.decimal);
  const size_t fraction = text.size() - point - 1;
  if (point < layout.integer_min) text.insert(0, layout.integer_min - point, symbols.zero);
  if (fraction < layout.fraction_min) text.append(layout.fraction_min - fraction, symbols.zero);
  text = group_digits(std::move(text), layout, symbols);
  const bool no_point = layout.picture.find(symbols.decimal) == Text::npos;
  if (no_point || text.find(symbols.decimal) == text.size() - 1) text.pop_back();
  if (layout.exponent_min > 0) {
    Text digits = digits_of(exponent, 0, symbols);
    if (digits.size() < layout.exponent_min)
      digits.insert(0, layout.exponent_min - digits.size(), symbols.zero);
    text += symbols.exponent;
    if (exponent < 0) text += symbols.minus;
    text += digits;
  }
  return layout.prefix + text + layout.suffix;
}

}  // namespace

std::string format_number(double number, std::string_view picture, const Value& options) {
  const Symbols symbols = read_symbols(options);
  const Text whole = decode(picture);
  std::vector<Text> pictures;
  for (size_t start = 0; start <= whole.size();) {
    const size_t end = std::min(whole.find(symbols.pattern, start), whole.size());
    pictures.push_back(whole.substr(start, end - start));
    start = end + 1;
  }
  if (pictures.size() > 2) raise("D3080");
  std::vector<Parts> parts;
  for (const Text& sub : pictures) parts.push_back(cut(sub, symbols));
  for (const Parts& part : parts) validate(part, symbols);
  if (number >= 0 || parts.size() == 2)
    return encode(render(number, analyse(parts[number >= 0 ? 0 : 1], symbols), symbols));
  Layout negative = analyse(parts[0], symbols);
  negative.prefix = symbols.minus + negative.prefix;
  return encode(render(number, negative, symbols));
}

}  // namespace statelang::jsonata
