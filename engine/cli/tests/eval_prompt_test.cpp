// The prompt of `stepstream eval`, with lines from a text instead of a terminal.
#include <cstdio>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include <engine/cli/eval_command.h>

namespace {

struct Session {
  std::string out;
  std::string err;
};

Session ask(const std::string& lines) {
  std::istringstream in(lines);
  std::ostringstream out, err;
  REQUIRE(engine::cli::run_eval({}, in, out, err) == 0);
  return {out.str(), err.str()};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("eval prompt: expressions see the input that was set") {
  const auto shown = ask(":json {\"a\": [1, 2, 3]}\n$sum(a)\n$states.input.a[1]\nnothing\n$sum\n");
  CHECK(holds(shown.out, "> 6\n> 2\n> (undefined)\n> (function)\n"));
  CHECK(shown.err.empty());
}

TEST_CASE("eval prompt: an error has a caret under what it is about") {
  CHECK(holds(ask("3 + * 4\n").err, "S0201: Syntax error: 4\n  3 + * 4\n        ^\n"));
  CHECK(holds(ask("1 & \"é\" + 2\n").err, "\n  1 & \"é\" + 2\n"));
  CHECK(holds(ask(":json {\"a\": x}\n").err, "\n  {\"a\": x}\n        ^\n"));
  CHECK(holds(ask(":path $.a[\n").err, "^"));
}

TEST_CASE("eval prompt: an expression goes on until it is complete or given up") {
  const auto shown = ask("(\n  $a := 20;\n  $a + 1\n)\n");
  CHECK(holds(shown.out, "> . . . 21\n"));
  CHECK(shown.err.empty());
  const auto given_up = ask("(1 +\n\n2\n");
  CHECK(holds(given_up.err, "S0203"));
  CHECK(holds(given_up.out, "2\n"));
}

TEST_CASE("eval prompt: variables, JSONPath and both languages") {
  const auto shown =
      ask(":let total = {% 2 * 3 %}\n:let $x 1\n$total + $x\n:json {\"b\": [7]}\n:path $.b[0]\n:show\n");
  CHECK(holds(shown.out, "> 7\n"));
  CHECK(holds(shown.out, "$total = 6\n$x = 1\n"));
  CHECK(shown.err.empty());
  CHECK(holds(ask("$eval(\"1\")\n:aws\n$eval(\"1\")\n").out, "> 1\n> > "));
  CHECK(holds(ask("$partition([1,2,3], 2)\n:aws\n$partition([1,2,3], 2)\n").out, "3"));
}

TEST_CASE("eval prompt: the input can be read from a file") {
  const std::string path = "eval_prompt_input.json";
  std::ofstream(path) << "{\"n\": 41}";
  CHECK(holds(ask(":input " + path + "\nn + 1\n").out, "42\n"));
  std::remove(path.c_str());
  CHECK(holds(ask(":input " + path + "\n").err, "cannot read eval_prompt_input.json"));
}

TEST_CASE("eval prompt: help, the end, and what it does not know") {
  const auto shown = ask(":help\n:quit\n1\n");
  CHECK(holds(shown.out, ":input FILE"));
  CHECK_FALSE(holds(shown.out, "> 1\n"));
  CHECK(holds(ask(":nonsense\n").err, "no such command: :nonsense"));
}
