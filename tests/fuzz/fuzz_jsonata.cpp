// Input: an expression, optionally a NUL byte and a JSON document. No text may crash the parser or the
// evaluator, evaluation keeps its budgets, the same arguments give the same result, and a result without
// functions can be written as JSON and read back.
#include <cstdlib>

#include <statelang/jsonata/expression.h>

namespace {

using statelang::Value;
using statelang::jsonata::Environment;
using statelang::jsonata::Expression;

std::string outcome(const statelang::Expected<Value, statelang::jsonata::Error>& result) {
  if (!result) return result.error().code;
  return result->is_undefined() ? "undefined" : statelang::to_json(*result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t nul = bytes.find('\0');
  Value input = *statelang::parse_json(R"({"a":{"b":[1,2.5,"x",null,true]},"l":[{"k":1},{"k":2,"s":"ab"}]})");
  if (nul != std::string_view::npos) {
    if (auto own = statelang::parse_json(bytes.substr(nul + 1), {.depth_max = 100})) input = std::move(*own);
  }
  Environment environment;
  environment.now_ms = 1'767'225'600'000;
  environment.random_seed = 7;
  environment.limits = {.steps_max = 20'000,
                        .depth_max = 200,
                        .sequence_items_max = 20'000,
                        .string_bytes_max = 1 << 16,
                        .memory_bytes_max = 1 << 22};
  statelang::jsonata::Bindings bindings;
  bindings.values.set("states", Value::object({{"input", input}}));
  bindings.values.set("v", 5);
  for (const auto dialect : {statelang::jsonata::Dialect::Plain, statelang::jsonata::Dialect::Aws}) {
    const auto expression = Expression::parse(bytes.substr(0, nul), dialect);
    if (!expression) {
      if (expression.error().code.empty()) std::abort();
      continue;
    }
    const auto result = expression->evaluate(input, bindings, environment);
    if (outcome(result) != outcome(expression->evaluate(input, bindings, environment))) std::abort();
    if (!result || result->is_undefined() || statelang::jsonata::contains_function(*result)) continue;
    // Broken UTF-8 in the expression itself stays broken in the result; anything else reads back.
    bool ascii = true;
    for (const char c : bytes) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii && !statelang::parse_json(statelang::to_json(*result), {.depth_max = 5000})) std::abort();
  }
  return 0;
}
