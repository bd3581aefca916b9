// What paths, templates, calls and choices cost. Run: build/json_path_benchmarks
#include <benchmark/benchmark.h>

#include <statelang/choice/comparison.h>
#include <statelang/templates/payload_template.h>

namespace {

using statelang::Array;
using statelang::Object;
using statelang::Value;
using statelang::json_path::Path;
using statelang::json_path::Roots;

Value parsed(std::string_view text) {
  return *statelang::parse_json(text);
}

const Value& order() {
  static const Value value = parsed(
      R"json({"id":"o-1","a":{"b":5},"customer":{"name":"Ada","address":{"city":"London"}},"total":99.5,
              "items":[{"sku":"x","n":1},{"sku":"y","n":2}]})json");
  return value;
}

void evaluate(benchmark::State& state, const Path& path, const Value& input) {
  const Roots roots{&input, nullptr, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(path.evaluate(roots));
}

void definite_path(benchmark::State& state) {
  evaluate(state, *Path::parse("$.a.b"), order());
}
BENCHMARK(definite_path);

void definite_path_in_place(benchmark::State& state) {
  const Path path = *Path::parse("$.a.b");
  const Roots roots{&order(), nullptr, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(path.find(roots));
}
BENCHMARK(definite_path_in_place);

void key_among_many(benchmark::State& state) {
  Object wide;
  for (int i = 0; i < state.range(0); ++i) wide.set(Value("key" + std::to_string(i)), Value(i));
  const auto last = "$.key" + std::to_string(state.range(0) - 1);
  evaluate(state, *Path::parse(last), Value(std::move(wide)));
}
BENCHMARK(key_among_many)->Arg(10)->Arg(1'000)->Arg(30'000);

Value long_array(int64_t count) {
  Array items;
  for (int64_t i = 0; i < count; ++i) items.push_back(Value::object({{"id", i}, {"name", "item"}}));
  return Value(std::move(items));
}

void filter_over_items(benchmark::State& state) {
  evaluate(state, *Path::parse("$[?(@.id > 10 && @.name == 'item')]"), long_array(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(filter_over_items)->Arg(1'000)->Arg(100'000);

void descend_over_items(benchmark::State& state) {
  evaluate(state, *Path::parse("$..id"), long_array(state.range(0)));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(descend_over_items)->Arg(1'000)->Arg(100'000);

void payload_template(benchmark::State& state) {
  const auto compiled = *statelang::templates::PayloadTemplate::compile(parsed(
      R"json({"TableName":"orders","Item":{"id":{"S.$":"$.id"},"city":{"S.$":"$.customer.address.city"}},
                     "fixed":{"a":[1,2,3],"b":{"c":"d"}}})json"));
  const statelang::intrinsics::Environment environment{{&order(), nullptr, nullptr}, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(compiled.evaluate(environment));
}
BENCHMARK(payload_template);

void format_call(benchmark::State& state) {
  const auto call =
      *statelang::intrinsics::Call::parse("States.Format('s3://{}/{}.json', $.id, $.customer.name)");
  const statelang::intrinsics::Environment environment{{&order(), nullptr, nullptr}, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(call.evaluate(environment));
}
BENCHMARK(format_call);

void choice_rule(benchmark::State& state) {
  const auto rule =
      *statelang::choice::Rule::compile(parsed(R"json({"And":[{"Variable":"$.total","NumericGreaterThan":50},
                            {"Variable":"$.customer.name","StringEquals":"Ada"}],"Next":"N"})json"));
  const Roots roots{&order(), nullptr, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(rule.matches(roots));
}
BENCHMARK(choice_rule);

}  // namespace
