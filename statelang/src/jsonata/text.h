// Text of numbers and strings as JSONata sees them: numbers are doubles written in JavaScript's shortest
// form, strings are counted in code points although stored as UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <statelang/value.h>

namespace statelang::jsonata {

void append_code_point(std::string& out, uint32_t code);
// Reads the code point at `position` and moves behind it; a byte that is not UTF-8 counts as itself.
uint32_t next_code_point(std::string_view text, size_t& position);
size_t code_point_count(std::string_view text);
// Byte offset of the code point number `index` (text.size() when there are fewer).
size_t byte_offset(std::string_view text, size_t index);
// True when a lone surrogate (in three bytes) is inside.
bool has_lone_surrogate(std::string_view text);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);

// Whole numbers up to 2^53 become Integers.
Value number_value(double number);
// NaN when the text is not a number of the form the language reads.
double parse_double(std::string_view text);
// JavaScript's String(number).
std::string number_text(double number);
// The nearest double of 15 significant digits: hides the last bits of binary fractions, as $string does.
double rounded_to_15_digits(double number);
// number.toFixed(digits), `digits` up to 100, for |number| < 1e21.
std::string fixed_text(double number, int digits);

// JSON as $string writes it: functions are "", undefined members are left out; false when a number is
// infinite.
void append_string_json(std::string& out, const Value& value, int indent, int level = 0);
std::string stringify_for_message(const Value& value);

}  // namespace statelang::jsonata
