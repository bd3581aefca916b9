// What grows with its input must cost in proportion to it: each benchmark runs at one size and at ten times
// the size, and `items_per_second` must stay of one order.
#include <string>

#include <benchmark/benchmark.h>

#include <statelang/definition/definition.h>
#include <statelang/jsonata/expression.h>
#include <statelang/test_runner/test_runner.h>

using namespace statelang;

namespace {

Value object_of(int64_t keys) {
  Object object;
  for (int64_t i = 0; i < keys; ++i) object.set("key" + std::to_string(i), Value(i));
  return Value(std::move(object));
}

Value array_of(int64_t items) {
  Array array;
  for (int64_t i = 0; i < items; ++i) {
    array.push_back(Value::object({{"id", (i * 7919) % items}, {"group", i % 100}}));
  }
  return Value(std::move(array));
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * state.range(0));
}

void evaluate(benchmark::State& state, const Value& input, const char* text) {
  const auto expression = jsonata::Expression::parse(text, jsonata::Dialect::Plain);
  if (!expression) return state.SkipWithError(expression.error().message.c_str());
  for (auto _ : state) {
    auto result = expression->evaluate(input, {}, {});
    if (!result) return state.SkipWithError(result.error().message.c_str());
    benchmark::DoNotOptimize(*result);
  }
  count(state);
}

void object_text(benchmark::State& state) {
  const std::string text = to_json(object_of(state.range(0)));
  for (auto _ : state) {
    auto parsed = parse_json(text);
    benchmark::DoNotOptimize(to_json(*parsed));
  }
  count(state);
}

template <const char* kText>
void jsonata_object(benchmark::State& state) {
  evaluate(state, object_of(state.range(0)), kText);
}
template <const char* kText>
void jsonata_array(benchmark::State& state) {
  evaluate(state, array_of(state.range(0)), kText);
}

constexpr char kEachKey[] = "$merge($each($, function($v, $k) { {$k: $v + 1} }))";
constexpr char kSift[] = "$count($keys($sift($, function($v) { $v % 2 = 0 })))";
constexpr char kSpread[] = "$merge($spread($))";
constexpr char kFilterSort[] = "$[group < 50]^(id).id";
constexpr char kMapReduce[] = "$reduce($map($, function($i) { $i.id }), function($a, $b) { $a + $b })";
constexpr char kGroup[] = "${$string(group): $sum(id)}";
constexpr char kAppend[] = "$count($append($.id, $reverse($.id)))";

// A definition of this many bytes: one chain of Pass states.
void definition(benchmark::State& state) {
  std::string text = R"({"StartAt":"S0","States":{)";
  for (int64_t i = 0; static_cast<int64_t>(text.size()) < state.range(0); ++i) {
    text += "\"S" + std::to_string(i) + R"(":{"Type":"Pass","Next":"S)" + std::to_string(i + 1) + R"("},)";
  }
  const std::string last = text.substr(text.rfind("\"Next\":\"") + 8);
  text += '"' + last.substr(0, last.find('"')) + R"(":{"Type":"Succeed"}}})";
  for (auto _ : state) {
    auto parsed = Definition::parse(text);
    if (!parsed) return state.SkipWithError(parsed.error().front().message.c_str());
  }
  count(state);
}

// A state that adds one member to its input, which has this many.
void state_over_object(benchmark::State& state) {
  const auto machine = Definition::parse(
      R"({"StartAt":"P","States":{"P":{"Type":"Pass","Result":1,"ResultPath":"$.more","End":true}}})");
  const Payload input = Payload::from_value(object_of(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(test_runner::run(**machine, Payload::from_text(input.text()), {}, {}));
  }
  count(state);
}

BENCHMARK(object_text)->Arg(3'000)->Arg(30'000);
BENCHMARK_TEMPLATE(jsonata_object, kEachKey)->Name("jsonata_each_merge")->Arg(3'000)->Arg(30'000);
BENCHMARK_TEMPLATE(jsonata_object, kSift)->Name("jsonata_sift_keys")->Arg(3'000)->Arg(30'000);
BENCHMARK_TEMPLATE(jsonata_object, kSpread)->Name("jsonata_spread_merge")->Arg(3'000)->Arg(30'000);
BENCHMARK_TEMPLATE(jsonata_array, kFilterSort)->Name("jsonata_filter_sort")->Arg(10'000)->Arg(100'000);
BENCHMARK_TEMPLATE(jsonata_array, kMapReduce)->Name("jsonata_map_reduce")->Arg(10'000)->Arg(100'000);
BENCHMARK_TEMPLATE(jsonata_array, kGroup)->Name("jsonata_group")->Arg(10'000)->Arg(100'000);
BENCHMARK_TEMPLATE(jsonata_array, kAppend)->Name("jsonata_append")->Arg(10'000)->Arg(100'000);
BENCHMARK(definition)->Arg(100'000)->Arg(1'000'000);
BENCHMARK(state_over_object)->Arg(1'000)->Arg(10'000);

}  // namespace

BENCHMARK_MAIN();
