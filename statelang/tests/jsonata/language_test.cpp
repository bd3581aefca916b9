#include <catch2/catch.hpp>

#include "evaluation.h"

using statelang::jsonata::testing::message;
using statelang::jsonata::testing::run;

namespace {
constexpr const char* kOrders =
    R"({"orders":[{"id":"a","lines":[{"price":2,"count":3},{"price":5,"count":1}]},)"
    R"({"id":"b","lines":[{"price":1,"count":10}]}]})";
}

TEST_CASE("paths: arrays are mapped and flattened, one result stands alone") {
  CHECK(run("orders.id", kOrders) == R"(["a","b"])");
  CHECK(run("orders.lines.price", kOrders) == "[2,5,1]");
  CHECK(run("orders[id='b'].lines.price", kOrders) == "1");
  CHECK(run("orders[id='b'].lines.price[]", kOrders) == "[1]");
  CHECK(run("orders[0].lines[-1].count", kOrders) == "1");
  CHECK(run("orders.nothing", kOrders) == "undefined");
  CHECK(run("[[1,2],[3]].$[0]") == "[1,3]");
  CHECK(run("{\"a\":[[1,2],[3]]}.a") == "[[1,2],[3]]");
}

TEST_CASE("paths: predicates select by condition, position and list of positions") {
  CHECK(run("[1,2,3][$>1]") == "[2,3]");
  CHECK(run("[1,2,3][[0,2]]") == "[1,3]");
  CHECK(run("[1,2,3][7]") == "undefined");
  CHECK(run("[1,2,3][-1]") == "3");
}

TEST_CASE("paths: wildcards, descendants and the parent") {
  CHECK(run("*", R"({"a":1,"b":[2,3]})") == "[1,2,3]");
  CHECK(run("**.price", kOrders) == "[2,5,1]");
  CHECK(run("orders.lines.{\"id\":%.id,\"total\":price*count}", kOrders) ==
        R"([{"id":"a","total":6},{"id":"a","total":5},{"id":"b","total":10}])");
  CHECK(run("orders.lines.price.%.%.id", kOrders) == R"(["a","a","b"])");
  CHECK(run("%") == "S0217");
}

TEST_CASE("paths: what a path in brackets carries along for a parent never gets into the result") {
  CHECK(run("{'a': [1, 2]}.((a)[%.a = 5])") == "undefined");
  CHECK(run("{'a': [1, 2]}.((a)[%.a])") == "2");
  CHECK(run("{'a': [1, 2]}.((a)[$exists(%.a)])") == "[1,2]");
  CHECK(run("{'a': [1]}.[((a)[$exists(%.a)])]") == "[1]");
  CHECK(run("{'a': [3]}.{'b': ((a)[$exists(%.a)])}") == R"({"b":3})");
}

TEST_CASE("paths: focus and index bindings join and count") {
  CHECK(run("orders@$o.lines.{\"id\":$o.id}", kOrders) == "undefined");
  CHECK(run("orders@$o.orders.lines[price=1].($o.id)", kOrders) == R"(["a","b"])");
  CHECK(run("orders#$i.{\"n\":$i,\"id\":id}", kOrders) == R"([{"n":0,"id":"a"},{"n":1,"id":"b"}])");
  CHECK(run("a#$i[$>4].$i", "{\"a\":[4,5,6]}") == "[1,2]");
}

TEST_CASE("paths: a leading constructor is evaluated outside the bindings of its path") {
  CHECK(run("($q := 2; $f := function($x){$x + $q}; [$q,3]@$i.($f(1)))") == "[3,3]");
  CHECK(run("($q := 2; [$r := $q,3]#$i.($q + $r))") == "[4,4]");
  CHECK(run("($f := function($x){7}; ([1,2]@$i.($f(1)))#$j)") == "undefined");
}

TEST_CASE("grouping: items with the same key are combined") {
  CHECK(run("[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2},{\"k\":\"x\",\"v\":3}]{k: v}") ==
        R"({"x":[1,3],"y":2})");
  CHECK(run("{\"a\":1,\"a\":2}") == "D1009");
  CHECK(run("{1:2}") == "T1003");
}

TEST_CASE("order-by: several terms, either direction, stable") {
  CHECK(run("orders.lines^(>price).price", kOrders) == "[5,2,1]");
  CHECK(run("[{\"a\":1,\"b\":2},{\"a\":1,\"b\":1},{\"a\":0,\"b\":9}]^(a,>b).b") == "[9,2,1]");
  CHECK(run("[1,\"a\"]^($)") == "T2007");
  CHECK(run("[true,false]^($)") == "T2008");
}

TEST_CASE("functions: closures, partial application, chains and signatures") {
  CHECK(run("($n := 3; $f := function($x){$x+$n}; $f(4))") == "7");
  CHECK(run("($add := function($a,$b){$a+$b}; $inc := $add(?,1); $inc(5))") == "6");
  CHECK(run("($f := $uppercase ~> $length; $f('abc'))") == "3");
  CHECK(run("'abc' ~> $uppercase ~> $substring(1)") == R"("BC")");
  CHECK(run("function($x)<n:n>{$x}('a')") == "T0410");
  CHECK(run("function($x)<a<n>>{$x}(['a'])") == "T0412");
  CHECK(run("function($x)<a>{$x}(1)") == "[1]");
  CHECK(run("$sum") == "function");
}

TEST_CASE("functions: the array of a built-in that a function ends with stays an array") {
  CHECK(run("$map([[1,2],[3]], function($v){$filter($v, function($x){$x > 1})})") == "[[2],[3]]");
  CHECK(run("$map([1,2], function($v){$filter([1], function($x){$x > 1})})") == "[[],[]]");
  CHECK(run("$map([1], function($v){true ? (1; $keys({'a':1})) : 0})") == R"(["a"])");
  CHECK(run("($f := function(){$filter([1,2], function($x){$x > 1})}; [$f(), $f()])") == "[2,2]");
  CHECK(run("$map(['a'], function(){$string()})") == R"("null")");  // what calls it has no context
}

TEST_CASE("variables: a block's assignment hides the outer one only from then on") {
  CHECK(run("($x := 1; ($y := $x; $x := 2; $y * 10 + $x))") == "12");
  CHECK(run("($x := 1; ($x := 2); $x)") == "1");
  CHECK(run("($f := function(){$x}; $x := 5; $f())") == "5");
}

TEST_CASE("transforms: change a copy") {
  CHECK(run("orders ~> |lines|{\"total\":price*count},['price','count']|",
            R"({"orders":{"lines":[{"price":2,"count":3}]}})") == R"({"lines":[{"total":6}]})");
  CHECK(run("($a := {\"x\":{\"y\":1}}; $b := $a ~> |x|{\"y\":2}|; [$a.x.y, $b.x.y])") == "[1,2]");
  CHECK(run("{\"x\":1} ~> |$|{\"me\":$}|") == R"({"x":1,"me":{"x":1}})");
  CHECK(run("{\"x\":1} ~> |$|5|") == "T2011");
  CHECK(run("{\"x\":1} ~> |$|{},5|") == "T2012");
}

TEST_CASE("operators: types are checked, undefined passes through") {
  CHECK(run("1 + a") == "undefined");
  CHECK(run("1 + 'a'") == "T2002");
  CHECK(run("'a' + 1") == "T2001");
  CHECK(run("1 < 'a'") == "T2009");
  CHECK(run("null < 1") == "T2010");
  CHECK(run("-'a'") == "D1002");
  CHECK(run("-2.5[$ > 1]") == "undefined");
  CHECK(run("-5[$ < 0]") == "-5");
  CHECK(run("7 % 4 & '|' & 1/4") == R"("3|0.25")");
  CHECK(run("0.1 + 0.2") == "0.30000000000000004");
  CHECK(run("a ?? 'x'") == R"("x")");
  CHECK(run("0 ?: 'x'") == R"("x")");
  CHECK(run("[1..3] ~> $count") == "3");
  CHECK(run("10/0") == "null");
  CHECK(run("a = b") == "false");
  CHECK(run("a != 1") == "false");
  CHECK(run("1 <= 1 and 'b' >= 'b'") == "true");
  CHECK(run("[0, '', []] ? 1 : 2") == "2");
  CHECK(run("[0, 3] ? 1 : 2") == "1");
}

TEST_CASE("errors: code, message and place") {
  CHECK(message("true and (1 + 'a')") ==
        "T2002: The right side of the \"and\" operator must evaluate to a number");
  CHECK(message("[1, 's', null]^($)").substr(0, 5) ==
        "T2008");  // the right half is sorted before the left is met
  CHECK(message("[1, 2, 'a']^($)") ==
        "T2007: Type mismatch when comparing values 2 and \"a\" in order-by clause");
  CHECK(message("1 +") == "S0207: Unexpected end of expression");
  CHECK(message("[1,2") == R"(S0203: Expected "]" before end of expression)");
  CHECK(message("[1,2)") == "S0202: Expected \"]\", got \")\"");
  CHECK(message("[1 2]") == "S0202: Expected \"]\", got 2");
  CHECK(message("[1 $]") == "S0202: Expected \"]\", got \"\"");
  CHECK(message("1 null") == "S0201: Syntax error: null");
  CHECK(message("a 'b'") == "S0201: Syntax error: \"b\"");
  CHECK(message("'abc") == "S0101: String literal must be terminated by a matching quote");
  CHECK(message("$foo()") == "T1006: Attempted to invoke a non-function");
  CHECK(message("sum(1)") == "T1005: Attempted to invoke a non-function. Did you mean $sum?");
  CHECK(message("$substring('a', 'b')") ==
        "T0410: Argument 2 of function \"substring\" does not match function signature");
  CHECK(message("$error('no stock')") == "D3137: no stock");
  CHECK(message("$number('x')") == R"(D3030: Unable to cast value to a number: "x")");
  CHECK(message("/(?=a)/") == "S0303: Regular expression is not supported: look-ahead in /(?=a)/");
}

TEST_CASE("eval: reads text in the scope of the caller") {
  CHECK(run("($x := 5; $eval('$x + 1'))") == "6");
  CHECK(run("$eval('a.b', {\"a\":{\"b\":3}})") == "3");
  CHECK(run("$eval('1 +')") == "D3120");
  CHECK(run("$eval('1 + null')") == "D3121");
}
