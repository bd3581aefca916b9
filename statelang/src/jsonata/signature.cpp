#include "signature.h"

#include <statelang/jsonata/expression.h>

#include "failure.h"
#include "sequence.h"

namespace statelang::jsonata {
namespace {

constexpr std::string_view kSymbols = "asnblfom";
constexpr uint16_t kMissing = 1 << 7;
constexpr size_t kNoMatch = static_cast<size_t>(-1);

uint16_t bit(char symbol) {
  const size_t found = kSymbols.find(symbol);
  return found == std::string_view::npos ? 0 : static_cast<uint16_t>(1u << found);
}

uint16_t bits(std::string_view symbols) {
  uint16_t all = 0;
  for (const char symbol : symbols) all |= bit(symbol);
  return all;
}

uint16_t symbol_of(const Value& value) {
  switch (value.type()) {
    case Value::Type::String:
      return bit('s');
    case Value::Type::Integer:
    case Value::Type::Double:
      return bit('n');
    case Value::Type::Boolean:
      return bit('b');
    case Value::Type::Null:
      return bit('l');
    case Value::Type::Array:
      return bit('a');
    case Value::Type::Object:
      return bit('o');
    case Value::Type::Opaque:
      return bit('f');
    case Value::Type::Undefined:
      break;
  }
  return kMissing;
}

// The closing bracket that balances the one at `start`.
size_t closing(std::string_view text, size_t start, char open, char close) {
  int depth = 1;
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == open) ++depth;
    if (text[i] == close && --depth == 0) return i;
  }
  return text.size();
}

std::string plural(std::string_view subtype) {
  if (subtype == "a") return "arrays";
  if (subtype == "b") return "booleans";
  if (subtype == "f") return "functions";
  if (subtype == "n") return "numbers";
  if (subtype == "o") return "objects";
  if (subtype == "s") return "strings";
  return std::string(subtype);
}

}  // namespace

std::shared_ptr<const Signature> Signature::parse(std::string_view text) {
  auto signature = std::make_shared<Signature>();
  auto& parameters = signature->parameters_;
  for (size_t i = 1; i < text.size() && text[i] != ':'; ++i) {
    const char symbol = text[i];
    const auto add = [&](std::string_view types) {
      parameters.push_back({.types = bits(types), .type = symbol});
    };
    switch (symbol) {
      case 's':
      case 'n':
      case 'b':
      case 'l':
      case 'o':
        add(std::string{symbol, 'm'});
        break;
      case 'a':
      case 'x':
        add("asnblfom");
        break;
      case 'f':
        add("f");
        break;
      case 'j':
        add("asnblom");
        break;
      case '-':
        if (!parameters.empty()) parameters.back().context = parameters.back().optional = true;
        break;
      case '?':
        if (!parameters.empty()) parameters.back().optional = true;
        break;
      case '+':
        if (!parameters.empty()) parameters.back().repeated = true;
        break;
      case '(': {
        const size_t end = closing(text, i, '(', ')');
        const std::string_view choice = text.substr(i + 1, end - i - 1);
        if (choice.find('<') != std::string_view::npos) raise_at("S0402", i, {}, Value(choice));
        add(std::string(choice) + "m");
        i = end;
        break;
      }
      case '<': {
        if (parameters.empty() || (parameters.back().type != 'a' && parameters.back().type != 'f')) {
          raise_at("S0401", i, {},
                   parameters.empty() ? Value() : Value(std::string(1, parameters.back().type)));
        }
        const size_t end = closing(text, i, '<', '>');
        parameters.back().subtype = std::string(text.substr(i + 1, end - i - 1));
        i = end;
        break;
      }
      default:
        break;
    }
  }
  return signature;
}

// Greedy with backtracking, as the regular expression a signature stands for would match. Gives the end of
// the match of the first `parameters` parameters, or kNoMatch; counts[i] = arguments taken by parameter i.
size_t Signature::match(const std::vector<uint16_t>& symbols, size_t parameter, size_t position,
                        size_t parameters, bool whole, std::vector<size_t>& counts) const {
  if (parameter == parameters) return !whole || position == symbols.size() ? position : kNoMatch;
  const Parameter& p = parameters_[parameter];
  size_t most = 0;
  const size_t bound = p.repeated ? symbols.size() - position : 1;
  while (most < bound && position + most < symbols.size() && (symbols[position + most] & p.types)) ++most;
  const size_t least = p.optional ? 0 : 1;
  for (size_t count = most + 1; count-- > least;) {
    counts[parameter] = count;
    const size_t end = match(symbols, parameter + 1, position + count, parameters, whole, counts);
    if (end != kNoMatch) return end;
  }
  return kNoMatch;
}

void Signature::refuse(const std::vector<Value>& arguments, const std::vector<uint16_t>& symbols) const {
  std::vector<size_t> counts(parameters_.size());
  size_t good = 0;
  for (size_t n = 1; n <= parameters_.size(); ++n) {
    const size_t end = match(symbols, 0, 0, n, false, counts);
    if (end == kNoMatch) break;
    good = end;
  }
  throw Raised{.code = "T0410",
               .value = good < arguments.size() ? arguments[good] : Value::undefined(),
               .index = static_cast<int64_t>(good) + 1};
}

void Signature::check_array(const Parameter& parameter, Value& argument, size_t matched, uint16_t symbol,
                            size_t index) const {
  if (symbol == kMissing) return;
  const bool is_array = symbol == bit('a');
  bool fits = true;
  if (!parameter.subtype.empty()) {
    if (!is_array) {
      fits = matched == 1 && parameter.subtype.size() == 1 && symbol == bit(parameter.subtype[0]);
    } else if (argument.size() > 0) {
      const uint16_t wanted = bit(parameter.subtype[0]);
      for (const Value& item : argument.as_array()) fits = fits && symbol_of(item) == wanted;
    }
  }
  if (!fits) {
    throw Raised{.code = "T0412",
                 .value = argument,
                 .index = static_cast<int64_t>(index) + 1,
                 .type = plural(parameter.subtype)};
  }
  if (!is_array) argument = sealed(Array({argument}));
}

// The common case: as many arguments as parameters, each of its type. Only arrays need more work.
bool Signature::apply_one_to_one(std::vector<Value>& arguments) const {
  if (arguments.size() != parameters_.size()) return false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!(symbol_of(arguments[i]) & parameters_[i].types)) return false;
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (parameters_[i].type == 'a') check_array(parameters_[i], arguments[i], 1, symbol_of(arguments[i]), i);
  }
  return true;
}

void Signature::apply(std::vector<Value>& arguments, const Value& context) const {
  if (apply_one_to_one(arguments)) return;
  std::vector<uint16_t> symbols(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) symbols[i] = symbol_of(arguments[i]);
  std::vector<size_t> counts(parameters_.size());
  if (match(symbols, 0, 0, parameters_.size(), true, counts) == kNoMatch) refuse(arguments, symbols);
  size_t taken = 0;  // arguments of the caller used up
  size_t made = 0;   // arguments handed on
  for (size_t p = 0; p < parameters_.size(); ++p) {
    const Parameter& parameter = parameters_[p];
    if (counts[p] == 0) {
      if (!parameter.context) {
        // Holds its place with the next argument, which is undefined where this rule is met in practice.
        if (taken < arguments.size()) ++made, ++taken;
        continue;
      }
      if (!(symbol_of(context) & parameter.types)) {
        throw Raised{.code = "T0411", .value = context, .index = static_cast<int64_t>(taken) + 1};
      }
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(made), context);
      symbols.insert(symbols.begin() + static_cast<std::ptrdiff_t>(made), symbol_of(context));
      ++made, ++taken;
      continue;
    }
    for (size_t i = 0; i < counts[p]; ++i, ++made, ++taken) {
      if (parameter.type == 'a' && made < arguments.size())
        check_array(parameter, arguments[made], counts[p], symbols[made], made);
    }
  }
}

}  // namespace statelang::jsonata
