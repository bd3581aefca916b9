// Times the evaluation of expressions: reads one JSON request per line ({"id", "expression", "input",
// "bindings"}) and prints {"id", "ns"} for each: the time of one evaluation of the parsed expression, or
// {"id", "error"}.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

#include <statelang/jsonata/expression.h>

namespace {

using statelang::Value;
namespace jsonata = statelang::jsonata;

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t round_ns(const jsonata::Expression& expression, const Value& input, const jsonata::Bindings& bindings,
                 int64_t count) {
  const jsonata::Environment environment;
  const int64_t start = now_ns();
  for (int64_t i = 0; i < count; ++i) {
    const auto result = expression.evaluate(input, bindings, environment);
    if (result.has_value() && result->is_opaque()) continue;  // keeps the result in use
  }
  return now_ns() - start;
}

// The best of some rounds, each of so many evaluations that it can be timed.
double measure(const jsonata::Expression& expression, const Value& input, const jsonata::Bindings& bindings) {
  constexpr int64_t kLongEnoughNs = 3'000'000;
  constexpr int kRounds = 5;
  int64_t count = 1;
  int64_t best = round_ns(expression, input, bindings, count);
  while (best < kLongEnoughNs) best = round_ns(expression, input, bindings, count *= 2);
  for (int i = 1; i < kRounds; ++i) best = std::min(best, round_ns(expression, input, bindings, count));
  return static_cast<double>(best) / static_cast<double>(count);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto request = statelang::parse_json(line);
    if (!request) {
      std::cout << R"({"error":"not JSON"})" << std::endl;
      continue;
    }
    const auto expression =
        jsonata::Expression::parse(request->find("expression")->as_string(), jsonata::Dialect::Plain);
    if (!expression) {
      std::cout << statelang::to_json(
                       Value::object({{"id", *request->find("id")}, {"error", expression.error().code}}))
                << std::endl;
      continue;
    }
    const Value* input = request->find("input");
    jsonata::Bindings bindings;
    if (const Value* given = request->find("bindings")) bindings.values = given->as_object();
    const double ns = measure(*expression, input ? *input : Value::undefined(), bindings);
    std::cout << statelang::to_json(Value::object({{"id", *request->find("id")}, {"ns", Value(ns)}}))
              << std::endl;
  }
  return 0;
}
