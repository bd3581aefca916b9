#include <catch2/catch.hpp>

#include "evaluation.h"

using statelang::Value;
using statelang::jsonata::Dialect;
using statelang::jsonata::Environment;
using statelang::jsonata::Expression;
using statelang::jsonata::Limits;
using statelang::jsonata::testing::run;

namespace {

Environment aws() {
  Environment environment;
  environment.limits = Limits::aws();
  return environment;
}
std::string run_aws(std::string_view text) {
  return run(text, {}, Dialect::Aws, aws());
}

std::string sum_of(int terms) {
  std::string text = "1";
  for (int i = 1; i < terms; ++i) text += "+1";
  return text;
}

}  // namespace

TEST_CASE("limits: recursion ends with D1011, never with the native stack") {
  CHECK(run("($f := function($x){1 + $f($x)}; $f(1))") == "D1011");
  CHECK(run("($f := function($x){$map([$x], $f)}; $f(1))") == "D1011");
  CHECK(run("($f := function($x){$replace('a', /a/, function(){$f(1)})}; $f(1))") == "D1011");
  CHECK(run("($f := function($x){$sort([1,2], function($a,$b){$f(1)})}; $f(1))") == "D1011");
  CHECK(run("($f := function($n){$n = 0 ? 0 : 1 + $f($n - 1)}; $f(300))") == "300");
  CHECK(run("($f := function(){$eval('$f()') + 1}; $f())").substr(0, 1) == "D");
}

TEST_CASE("limits: tail calls do not nest") {
  CHECK(run("($f := function($n){$n = 0 ? 'done' : $f($n - 1)}; $f(100000))") == R"("done")");
  CHECK(run("($even := function($n){$n = 0 ? true : $odd($n - 1)}; $odd := function($n){$n = 0 ? false : "
            "$even($n - 1)};"
            "$even(50001))") == "false");
  Environment environment;
  environment.limits.steps_max = 100'000;
  CHECK(run("($f := function(){$f()}; $f())", {}, Dialect::Plain, environment) == "D1012");
}

TEST_CASE("limits: a clock of the caller ends an evaluation") {
  Environment environment;
  int64_t now = 0;
  environment.time_limit_ms = 50;
  environment.clock_ms = [&] { return now += 10; };
  CHECK(run("($f := function(){$f()}; $f())", {}, Dialect::Plain, environment) == "D1012");
}

TEST_CASE("limits: nesting and sharing of what is built are bounded") {
  CHECK(run("($f := function($n,$a){$n = 0 ? $a : $f($n - 1, [[$a]])}; $f(100000, 1))") == "D1011");
  CHECK(run("$reduce([1..100000], function($a){$reverse([[$a], 1])})").substr(0, 1) == "D");
  CHECK(run("($f := function($n,$a){$n = 0 ? $a : $f($n - 1, {'l':$a,'r':$a})}; $f(64, 'x'))") == "D2015");
}

TEST_CASE("limits: deep texts are refused") {
  CHECK(run(std::string(100'000, '(')) == "S0600");
  CHECK(run(std::string(100'000, '[')) == "S0600");
  CHECK(run(std::string(100'000, '-') + "1") == "S0600");
  CHECK(run(sum_of(100'000)) == "S0600");
  CHECK(run(sum_of(800)) == "800");
}

TEST_CASE("limits: those measured on Step Functions hold") {
  CHECK(run_aws("$count([1..873782])") == "873782");
  CHECK(run_aws("$count([1..873783])") == "D2015");
  CHECK(run_aws("$length($pad('x', 4194304))") == "4194304");
  CHECK(run_aws("$length($pad('x', 8388608))") == "D2015");
  CHECK(run_aws("($f := function($s,$n){$n = 0 ? $s : $f($s & $s, $n - 1)}; $length($f('x', 22)))") ==
        "4194304");
  CHECK(run_aws("($f := function($s,$n){$n = 0 ? $s : $f($s & $s, $n - 1)}; $length($f('x', 23)))") ==
        "D2015");
  CHECK(run_aws(sum_of(150)) == "150");
  CHECK(run_aws(sum_of(200)) == "S0600");
  CHECK(run_aws("($f := function($x){1 + $f($x)}; $f(1))") == "D1011");
}

TEST_CASE("aws: six functions more, $eval and later operators less") {
  CHECK(run_aws("$partition([1,2,3,4,5], 2.9)") == "[[1,2],[3,4],[5]]");
  CHECK(run_aws("$range(1, 9, 4)") == "[1,5,9]");
  CHECK(run_aws("$range(3, 1, -1)") == "[3,2,1]");
  CHECK(run_aws("$hash('abc', 'SHA-256')") ==
        R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")");
  CHECK(run_aws("$hash('abc', 'CRC')") == "D3162");
  CHECK(run_aws("$hash('abc', 'sha-256')") == "D3162");
  CHECK(run_aws("$parse('{\"a\":[1]}').a") == "[1]");
  CHECK(run_aws("$parse('{')") == "D3163");
  CHECK(run_aws("$random(7) = $random(7)") == "true");
  CHECK(run_aws("$random() = $random()") == "false");
  CHECK(run_aws("$length($uuid())") == "36");
  CHECK(run_aws("$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) ~> "
                "$count") == "1");
  CHECK(run_aws("$eval('1')") == "T1006");
  CHECK(run_aws("1 ?: 2") == "S0211");
  CHECK(run_aws("1 ?? 2") == "S0211");
  CHECK(run("$uuid()") == "T1006");
}

TEST_CASE("aws: what the six functions can make nothing of gives nothing") {
  for (const char* nothing :
       {"$partition([1,2], 0)", "$partition([1,2], 0.9)", "$partition([1,2], -1)", "$partition([], 2)",
        "$range(1, 3)", "$range(1, 3, -1)", "$range(3, 1, 1)", "$hash('abc')", "$parse($none)"}) {
    INFO(nothing);
    CHECK(run_aws(nothing) == "undefined");
  }
  CHECK(run_aws("$partition([1,2], 5)") == "[[1,2]]");
  CHECK(run_aws("$range(-1.7, 2.9, 1.5)") == "[-1,0,1,2]");
  CHECK(run_aws("$range(4, 4, 1)") == "4");
  CHECK(run_aws("$range(4, 5, 9)") == "4");
  CHECK(run_aws("$range(1, 2, 0.5)") == "D3161");
  CHECK(run_aws("$count($range(1, 360145, 1))") == "360145");
  CHECK(run_aws("$range(1, 360146, 1)") == "D2015");
}

TEST_CASE("aws: numbers that JSON cannot hold are named in the result") {
  CHECK(run_aws("1/0") == R"("Infinity")");
  CHECK(run_aws("{'a': [-1/0]}") == R"({"a":["-Infinity"]})");
  CHECK(run_aws("$parseInteger('abc', '0')") == R"("NaN")");
  CHECK(run("1/0") == "null");
}

TEST_CASE("aws: no context at the top level") {
  const auto refused = [](std::string_view text) {
    const auto expression = Expression::parse(text, Dialect::Aws);
    return expression ? std::string() : expression.error().message;
  };
  CHECK(refused("total") == "Reference to 'total' at the top level is not supported");
  CHECK(refused("1 + $.a") == "Reference to '$' at the top level is not supported");
  CHECK(refused("{'a': $$.b}") == "Reference to '$$' is not supported.");
  CHECK(refused("$x.items[price > $$.limit]") == "Reference to '$$' is not supported.");
  CHECK(refused("$map($x, function($i){ total })") ==
        "Reference to 'total' at the top level is not supported");
  CHECK(refused("$x ~> function($i){ $ }") == "Reference to '$' at the top level is not supported");
  CHECK(refused("$x.(function($i){ $i + total })(1)") == "");
  CHECK(refused("$x ~> |items|{'sum': price * count}|") == "");
  CHECK(refused("$sum(prices)") == "Reference to 'prices' at the top level is not supported");
  CHECK(refused("$states.input.items[price > 3].name") == "");
  CHECK(refused("$map($states.input.items, function($i){ $i.name })") == "");
  CHECK(refused("$states.input.items.{'n': name, 'me': $}") == "");
}

TEST_CASE("analysis: free variables and uses of $states") {
  const auto expression = Expression::parse(
      "($x := $states.input.a; $x + $y & $states.context.Execution.Id & $sum($z) & $states)", Dialect::Aws);
  REQUIRE(expression);
  const auto& analysis = expression->analysis();
  std::string names, members;
  for (const auto& use : analysis.free_variables) names += use.name + " ";
  for (const auto& use : analysis.states_uses) members += use.member + " ";
  CHECK(names == "states y z ");
  CHECK(members == "input context  ");
}

TEST_CASE("evaluation: the same seed gives the same result, and bindings come from several scopes") {
  CHECK(run("$random()") == run("$random()"));
  CHECK(run("$shuffle([1..50])", {}, Dialect::Plain, Environment{.random_seed = 1}) !=
        run("$shuffle([1..50])", {}, Dialect::Plain, Environment{.random_seed = 2}));
  statelang::Object outer, inner;
  outer.set("a", 1);
  outer.set("b", 2);
  inner.set("b", 3);
  statelang::jsonata::Bindings bindings;
  bindings.scopes = {&inner, &outer};
  CHECK(run("$a * 10 + $b", {}, Dialect::Plain, {}, bindings) == "13");
  bindings.values.set("sum", Value("hidden"));
  CHECK(run("$sum", {}, Dialect::Plain, {}, bindings) == R"("hidden")");
}

TEST_CASE("evaluation: the input is not changed and its arrays keep their meaning in a later evaluation") {
  const auto make = Expression::parse("{'list': items[]}", Dialect::Plain);
  const auto read = Expression::parse("list", Dialect::Plain);
  const Value input = *statelang::parse_json(R"({"items":[{"a":1}]})");
  const auto made = make->evaluate(input, {}, {});
  CHECK(statelang::to_json(*read->evaluate(*made, {}, {})) == R"([{"a":1}])");
  CHECK(statelang::to_json(input) == R"({"items":[{"a":1}]})");
}

TEST_CASE("limits: numbers that are none end functions at once") {
  const auto [infinite, none] = std::pair<std::string, std::string>{"1/0", "$parseInteger('x', '0')"};
  for (const std::string picture : {"'w'", "'Ww;o'", "'A'", "'a'", "'I'", "'i'"}) {
    for (const std::string& number : {infinite, "-" + infinite, none}) {
      CHECK(run("$formatInteger(" + number + ", " + picture + ")") == "D1001");
    }
  }
  CHECK(run("$formatInteger(" + infinite + ", '0')") == R"("Infinity")");
  CHECK(run("$formatNumber(-" + infinite + ", '0')") == R"("-Infinity")");
  CHECK(run("$formatNumber(" + none + ", '0')") == R"("-NaN")");
  CHECK(run("$formatBase(" + infinite + ", 2)") == R"("Infinity")");
  CHECK(run("$formatBase(400, " + none + ")") == "D3100");
  CHECK(run("$pad('a', " + none + ")") == R"("a")");
  CHECK(run("$type(" + infinite + ")") == "D1001");
  CHECK(run("$max([1, " + none + "]) = 1") == "false");
  CHECK(run("[1, 2, 3][" + none + "]") == "undefined");
}

TEST_CASE("limits: a result too large for JSON is named, never written as a number") {
  for (const std::string text :
       {"1e308 * 10", "$sum([1e308, 1e308])", "$round(5, 1e21)", "$average([1e308, 1e308])"}) {
    CHECK(run(text) == "null");
    CHECK(run_aws(text) == R"("Infinity")");
  }
}

TEST_CASE("limits: half a surrogate pair becomes the replacement character in a state machine") {
  CHECK(run_aws(R"("a\uD83D")") == "\"a\xEF\xBF\xBD\"");
  CHECK(run_aws(R"({"\uDE00": "\uD83D\uDE00"})") == "{\"\xEF\xBF\xBD\":\"\xF0\x9F\x98\x80\"}");
  CHECK(run(R"($length("\uD83D"))") == "1");
}
