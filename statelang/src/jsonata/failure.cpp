#include "failure.h"

#include <algorithm>
#include <array>

#include "text.h"

namespace statelang::jsonata {
namespace {

struct Message {
  std::string_view code;
  std::string_view text;
};

// JSONata's messages; {name} is written as JSON, {name!} as it is.
constexpr std::array kMessages{
    Message{"S0101", "String literal must be terminated by a matching quote"},
    Message{"S0102", "Number out of range: {token}"},
    Message{"S0103", "Unsupported escape sequence: \\{token}"},
    Message{"S0104", "The escape sequence \\u must be followed by 4 hex digits"},
    Message{"S0105", "Quoted property name must be terminated with a backquote (`)"},
    Message{"S0106", "Comment has no closing tag"},
    Message{"S0201", "Syntax error: {value}"},
    Message{"S0202", "Expected {value}, got {value2}"},
    Message{"S0203", "Expected {value} before end of expression"},
    Message{"S0204", "Unknown operator: {token}"},
    Message{"S0205", "Unexpected token: {token}"},
    Message{"S0206", "Unknown expression type: {token}"},
    Message{"S0207", "Unexpected end of expression"},
    Message{"S0208", "Parameter {value} of function definition must be a variable name (start with $)"},
    Message{"S0209", "A predicate cannot follow a grouping expression in a step"},
    Message{"S0210", "Each step can only have one grouping expression"},
    Message{"S0211", "The symbol {token} cannot be used as a unary operator"},
    Message{"S0212", "The left side of := must be a variable name (start with $)"},
    Message{"S0213", "The literal value {value} cannot be used as a step within a path expression"},
    Message{"S0214", "The right side of {token} must be a variable name (start with $)"},
    Message{"S0215", "A context variable binding must precede any predicates on a step"},
    Message{"S0216", "A context variable binding must precede the 'order-by' clause on a step"},
    Message{"S0217", "The object representing the 'parent' cannot be derived from this expression"},
    Message{"S0301", "Empty regular expressions are not allowed"},
    Message{"S0302", "No terminating / in regular expression"},
    Message{"S0303", "Regular expression is not supported: {message!}"},
    Message{"S0402", "Choice groups containing parameterized types are not supported"},
    Message{"S0401", "Type parameters can only be applied to functions and arrays"},
    Message{"S0500", "Attempted to evaluate an expression containing syntax error(s)"},
    Message{"S0600", "The expression is nested too deeply"},
    Message{"T0410", "Argument {index} of function {token} does not match function signature"},
    Message{"T0411", "Context value is not a compatible type with argument {index} of function {token}"},
    Message{"T0412", "Argument {index} of function {token} must be an array of {type}"},
    Message{"D1001", "Number out of range: {value}"},
    Message{"D1002", "Cannot negate a non-numeric value: {value}"},
    Message{"T1003", "Key in object structure must evaluate to a string; got: {value}"},
    Message{"D1004", "Regular expression matches zero length string"},
    Message{"T1005", "Attempted to invoke a non-function. Did you mean ${token!}?"},
    Message{"T1006", "Attempted to invoke a non-function"},
    Message{"T1007", "Attempted to partially apply a non-function. Did you mean ${token!}?"},
    Message{"T1008", "Attempted to partially apply a non-function"},
    Message{"D1009", "Multiple key definitions evaluate to same key: {value}"},
    Message{"T1010",
            "The matcher function argument passed to function {token} does not return the correct object "
            "structure"},
    Message{"D1011",
            "Stack overflow. Check for non-terminating recursive function.  Consider rewriting as "
            "tail-recursive"},
    Message{"D1012", "Evaluation timeout after {value} milliseconds. Check for infinite loop"},
    Message{"T2001", "The left side of the {token} operator must evaluate to a number"},
    Message{"T2002", "The right side of the {token} operator must evaluate to a number"},
    Message{"T2003", "The left side of the range operator (..) must evaluate to an integer"},
    Message{"T2004", "The right side of the range operator (..) must evaluate to an integer"},
    Message{"T2006", "The right side of the function application operator ~> must be a function"},
    Message{"T2007", "Type mismatch when comparing values {value} and {value2} in order-by clause"},
    Message{"T2008", "The expressions within an order-by clause must evaluate to numeric or string values"},
    Message{"T2009",
            "The values {value} and {value2} either side of operator {token} must be of the same data type"},
    Message{"T2010",
            "The expressions either side of operator {token} must evaluate to numeric or string values"},
    Message{"T2011",
            "The insert/update clause of the transform expression must evaluate to an object: {value}"},
    Message{"T2012",
            "The delete clause of the transform expression must evaluate to a string or array of strings: "
            "{value}"},
    Message{"T2013",
            "The transform expression clones the input object using the $clone() function.  This has been "
            "overridden "
            "in the current scope by a non-function."},
    Message{
        "D2014",
        "The size of the sequence allocated by the range operator (..) must not exceed 1e7.  Attempted to "
        "allocate {value}."},
    Message{"D2015", "The maximum sequence length of {value} was exceeded."},
    Message{"D3001", "Attempting to invoke string function on Infinity or NaN"},
    Message{"D3010", "Second argument of replace function cannot be an empty string"},
    Message{"D3011", "Fourth argument of replace function must evaluate to a positive number"},
    Message{"D3012", "Attempted to replace a matched string with a non-string value"},
    Message{"D3020", "Third argument of split function must evaluate to a positive number"},
    Message{"D3030", "Unable to cast value to a number: {value}"},
    Message{"D3040", "Third argument of match function must evaluate to a positive number"},
    Message{"D3050", "The second argument of reduce function must be a function with at least two arguments"},
    Message{"D3060", "The sqrt function cannot be applied to a negative number: {value}"},
    Message{"D3061",
            "The power function has resulted in a value that cannot be represented as a JSON number: "
            "base={value}, "
            "exponent={value2}"},
    Message{"D3070",
            "The single argument form of the sort function can only be applied to an array of strings or an "
            "array of "
            "numbers.  Use the second argument to specify a comparison function"},
    Message{"D3080", "The picture string must only contain a maximum of two sub-pictures"},
    Message{"D3081",
            "The sub-picture must not contain more than one instance of the 'decimal-separator' character"},
    Message{"D3082", "The sub-picture must not contain more than one instance of the 'percent' character"},
    Message{"D3083", "The sub-picture must not contain more than one instance of the 'per-mille' character"},
    Message{"D3084", "The sub-picture must not contain both a 'percent' and a 'per-mille' character"},
    Message{"D3085",
            "The mantissa part of a sub-picture must contain at least one character that is either an "
            "'optional digit "
            "character' or a member of the 'decimal digit family'"},
    Message{"D3086",
            "The sub-picture must not contain a passive character that is preceded by an active character "
            "and that is "
            "followed by another active character"},
    Message{"D3087",
            "The sub-picture must not contain a 'grouping-separator' character that appears adjacent to a "
            "'decimal-separator' character"},
    Message{"D3088",
            "The sub-picture must not contain a 'grouping-separator' at the end of the integer part"},
    Message{"D3089",
            "The sub-picture must not contain two adjacent instances of the 'grouping-separator' character"},
    Message{
        "D3090",
        "The integer part of the sub-picture must not contain a member of the 'decimal digit family' that is "
        "followed by an instance of the 'optional digit character'"},
    Message{"D3091",
            "The fractional part of the sub-picture must not contain an instance of the 'optional digit "
            "character' "
            "that is followed by a member of the 'decimal digit family'"},
    Message{"D3092",
            "A sub-picture that contains a 'percent' or 'per-mille' character must not contain a character "
            "treated as "
            "an 'exponent-separator'"},
    Message{"D3093",
            "The exponent part of the sub-picture must comprise only of one or more characters that are "
            "members of "
            "the 'decimal digit family'"},
    Message{"D3100", "The radix of the formatBase function must be between 2 and 36.  It was given {value}"},
    Message{"D3110",
            "The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given {value}"},
    Message{"D3120", "Syntax error in expression passed to function eval: {value}"},
    Message{"D3121", "Dynamic error evaluating the expression passed to function eval: {value}"},
    Message{"D3130",
            "Formatting or parsing an integer as a sequence starting with {value} is not supported by this "
            "implementation"},
    Message{"D3131", "In a decimal digit pattern, all digits must be from the same decimal group"},
    Message{"D3132", "Unknown component specifier {value} in date/time picture string"},
    Message{"D3133",
            "The 'name' modifier can only be applied to months and days in the date/time picture string, not "
            "{value}"},
    Message{"D3134", "The timezone integer format specifier cannot have more than four digits"},
    Message{"D3135", "No matching closing bracket ']' in date/time picture string"},
    Message{"D3136", "The date/time picture string is missing specifiers required to parse the timestamp"},
    Message{"D3137", "{message!}"},
    Message{"D3138", "The $single() function expected exactly 1 matching result.  Instead it matched more."},
    Message{"D3139", "The $single() function expected exactly 1 matching result.  Instead it matched 0."},
    Message{"D3140", "Malformed URL passed to ${token!}(): {value}"},
    Message{"D3141", "{message!}"},
    Message{"D3161", "The step of a range must not be zero"},
    Message{"D3162", "Unknown hash algorithm: {value}"},
    Message{"D3163", "The string is not valid JSON: {value}"},
};

std::string insert(const Raised& raised, std::string_view name, bool plain) {
  const auto text_of = [&](const Value& value) {
    if (plain && value.is_string()) return std::string(value.as_string());
    return value.is_undefined() ? std::string("undefined") : stringify_for_message(value);
  };
  if (name == "token")
    return raised.token.empty() && !plain ? std::string("undefined") : text_of(Value(raised.token));
  if (name == "message") return raised.message;
  if (name == "value") return text_of(raised.value);
  if (name == "value2") return text_of(raised.value2);
  if (name == "type") return text_of(Value(raised.type));
  return std::to_string(raised.index);
}

std::string fill(std::string_view text, const Raised& raised) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t end = text[i] == '{' ? text.find('}', i) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[i++];
      continue;
    }
    std::string_view name = text.substr(i + 1, end - i - 1);
    const bool plain = !name.empty() && name.back() == '!';
    if (plain) name.remove_suffix(1);
    out += insert(raised, name, plain);
    i = end + 1;
  }
  return out;
}

}  // namespace

void raise(const char* code) {
  throw Raised{.code = code};
}

void raise(const char* code, Value value, Value value2) {
  throw Raised{.code = code, .value = std::move(value), .value2 = std::move(value2)};
}

void raise_at(const char* code, size_t position, std::string token, Value value) {
  throw Raised{.code = code, .position = position, .value = std::move(value), .token = std::move(token)};
}

Error to_error(const Raised& raised) {
  Error error{.code = raised.code, .message = raised.message, .position = raised.position};
  if (error.position == Raised::kNoPosition) error.position = 0;
  const auto found = std::find_if(kMessages.begin(), kMessages.end(),
                                  [&](const Message& message) { return message.code == raised.code; });
  if (found != kMessages.end()) error.message = fill(found->text, raised);
  return error;
}

}  // namespace statelang::jsonata
