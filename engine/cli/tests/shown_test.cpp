#include "../src/shown.h"

#include <catch2/catch.hpp>

#include "../src/change.h"
#include "../src/history_table.h"

using namespace engine::cli;
using statelang::Value;

namespace {

Value json(const char* text) {
  auto parsed = statelang::parse_json(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("names: an execution's ARN is shown as MACHINE:NAME") {
  CHECK(short_name("arn:aws:states:local:000000000000:execution:hello:abc") == "hello:abc");
  CHECK(short_name("hello:abc") == "hello:abc");
}

TEST_CASE("causes: of a function's error object its message is shown") {
  CHECK(cause_shown(R"({"errorMessage":"too busy","errorType":"Bank","stackTrace":[]})") == "too busy");
  CHECK(cause_shown(R"({"errorType":"Bank"})") == R"({"errorType":"Bank"})");
  CHECK(cause_shown("{no JSON") == "{no JSON");
  CHECK(cause_shown("plain") == "plain");
}

TEST_CASE("times: the API's times are read, durations are short") {
  CHECK(time_ms("2026-01-01T00:00:00.123Z") == 1'767'225'600'123);
  CHECK_FALSE(time_ms("soon"));
  CHECK(duration(12) == "12 ms");
  CHECK(duration(3'400) == "3.4 s");
  CHECK(duration(125'000) == "2 min 5 s");
  CHECK(duration(3'600'000 * 27) == "1 d 3 h");
}

TEST_CASE("terminal: text is cut to the window on a terminal only, and cannot drive it") {
  const Terminal window(true, false, 20), pipe(false, false, 20);
  CHECK(window.fit("abcdef", 4) == "abc…");
  CHECK(window.fit("äöü", 3) == "äöü");
  CHECK(window.fit("äöüß", 3) == "äö…");
  CHECK(pipe.fit("abcdef", 4) == "abcdef");
  CHECK(printable("a\x1b[31m\nb\tc") == "a\\x1b[31m\\nb\\tc");
  CHECK(window.paint(Style::Red, "x") == "x");
  CHECK(Terminal(true, true, 20).paint(Style::Red, "x") == "\x1b[31mx\x1b[0m");
}

TEST_CASE("times: in a narrow table as short as can be understood") {
  const auto today = time_ms("2026-07-01T12:00:00.000Z");
  REQUIRE(today);
  const Cell now = time_cell("2026-07-01T12:00:00.000Z", *today);
  CHECK(now.text == local_time("2026-07-01T12:00:00.000Z"));
  CHECK(now.narrow == now.text.substr(11));
  CHECK(time_cell("2026-05-01T12:00:00.000Z", *today).narrow.substr(0, 6) == "05-01 ");
  CHECK(time_cell("2025-05-01T12:00:00.000Z", *today).narrow == "2025-05-01");
  CHECK(time_cell("soon", *today).text == "soon");
}

TEST_CASE("changes: members added, changed and removed") {
  CHECK(describe_change(json(R"({"a":1,"b":2,"c":3})"), json(R"({"a":1,"b":[2],"d":4})")) ==
        "~b: 2 → [2]  +d: 4  -c");
  CHECK(describe_change(json("{}"), json("{}")) == "unchanged");
  CHECK(describe_change(json("{}"), json("7")) == "7");
}

TEST_CASE("history table: times count from the first event, also where that is the beginning of time") {
  const Terminal terminal(false, false, 100);
  HistoryTable table(terminal, false);
  const auto at = [&](const char* event) { return table.line(json(event)).substr(0, 9); };
  CHECK(at(R"({"id":1,"time":"1970-01-01T00:00:00.000Z","type":"ExecutionStarted"})") == "   +0.000");
  CHECK(at(R"({"id":2,"time":"1970-01-01T00:00:01.000Z","type":"ExecutionSucceeded"})") == "   +1.000");
}

TEST_CASE("history table: events that name no state are shown under the one they follow") {
  const Terminal terminal(false, false, 100);
  HistoryTable table(terminal, false);
  const auto line = [&](const char* event) { return table.line(json(event)); };
  CHECK(
      line(
          R"({"id":1,"previous_id":0,"time":"2026-01-01T00:00:00.000Z","type":"ExecutionStarted","input":{"n":1}})") ==
      "   +0.000  " + std::string(23, ' ') + padded("ExecutionStarted", 24) + R"( {"n":1})");
  CHECK(
      line(
          R"({"id":2,"previous_id":1,"time":"2026-01-01T00:00:00.010Z","type":"TaskStateEntered","name":"Greet","input":{"n":1}})") ==
      "   +0.010  " + padded("Greet", 23) + padded("TaskStateEntered", 24) + " ");
  CHECK(
      line(
          R"({"id":3,"previous_id":2,"time":"2026-01-01T00:00:00.010Z","type":"TaskScheduled","resource":"greet","parameters":{"n":1}})") ==
      "   +0.010  " + padded("Greet", 23) + padded("TaskScheduled", 24) + R"( greet  {"n":1})");
  CHECK(
      line(
          R"({"id":4,"previous_id":3,"time":"2026-01-01T00:00:01.500Z","type":"TaskStateExited","name":"Greet","output":{"n":2,"m":1}})") ==
      "   +1.500  " + padded("Greet", 23) + padded("TaskStateExited", 24) + " ~n: 1 → 2  +m: 1");
}

TEST_CASE("history table: items of a Map are numbered inside it only") {
  const Terminal terminal(false, false, 200);
  HistoryTable table(terminal, false);
  const char* events[] = {
      R"({"id":1,"previous_id":0,"time":"2026-01-01T00:00:00.000Z","type":"ExecutionStarted","input":[7]})",
      R"({"id":2,"previous_id":1,"time":"2026-01-01T00:00:00.000Z","type":"MapStateEntered","name":"Each","input":[7]})",
      R"({"id":3,"previous_id":2,"time":"2026-01-01T00:00:00.000Z","type":"MapStateStarted","length":1})",
      R"({"id":4,"previous_id":3,"time":"2026-01-01T00:00:00.000Z","type":"MapIterationStarted","name":"Each","index":0})",
      R"({"id":5,"previous_id":4,"time":"2026-01-01T00:00:00.000Z","type":"PassStateEntered","name":"One","input":7})",
      R"({"id":6,"previous_id":5,"time":"2026-01-01T00:00:00.000Z","type":"PassStateExited","name":"One","output":8})",
      R"({"id":7,"previous_id":6,"time":"2026-01-01T00:00:00.000Z","type":"MapIterationSucceeded","name":"Each","index":0})",
      R"({"id":8,"previous_id":7,"time":"2026-01-01T00:00:00.000Z","type":"MapStateSucceeded"})",
      R"({"id":9,"previous_id":8,"time":"2026-01-01T00:00:00.000Z","type":"MapStateExited","name":"Each","output":[8]})",
      R"({"id":10,"previous_id":9,"time":"2026-01-01T00:00:00.000Z","type":"ExecutionSucceeded","output":[8]})"};
  const char* states[] = {"",        "Each",     "Each", "Each [0]", "One [0]",
                          "One [0]", "Each [0]", "Each", "Each",     ""};
  for (size_t i = 0; i < std::size(events); ++i) {
    CAPTURE(events[i]);
    CHECK(table.line(json(events[i])).substr(11, 23) == padded(states[i], 23));
  }
}

TEST_CASE(
    "history table: a Map whose exit follows its last iteration is left, and so is the Parallel around it") {
  const Terminal terminal(false, false, 200);
  HistoryTable table(terminal, false);
  struct Row {
    int previous;
    const char *type, *name, *shown;
  };
  const Row rows[] = {
      {0, "ParallelStateEntered", "Both", "Both"},    {1, "ParallelStateStarted", "", "Both"},
      {2, "MapStateEntered", "Each", "Each"},         {3, "MapStateStarted", "", "Each"},
      {4, "MapIterationStarted", "Each", "Each [0]"}, {5, "PassStateEntered", "One", "One [0]"},
      {6, "PassStateExited", "One", "One [0]"},       {7, "MapIterationSucceeded", "Each", "Each [0]"},
      {8, "MapStateSucceeded", "", "Each"},           {8, "MapStateExited", "Each", "Each"},
      {10, "ParallelStateSucceeded", "", "Both"},     {10, "ParallelStateExited", "Both", "Both"},
      {12, "PassStateEntered", "Sum up", "Sum up"}};
  int64_t id = 0;
  for (const Row& row : rows) {
    Value event = json(R"({"time":"2026-01-01T00:00:00.000Z","index":0})");
    event.set("id", Value(++id));
    event.set("previous_id", Value(int64_t{row.previous}));
    event.set("type", Value(row.type));
    if (*row.name) event.set("name", Value(row.name));
    CAPTURE(id, row.type);
    CHECK(table.line(event).substr(11, 23) == padded(row.shown, 23));
  }
}

TEST_CASE("history table: Map Runs are told by their ARN, redrives by their number") {
  const Terminal terminal(false, false, 160);
  HistoryTable table(terminal, false);
  const auto line = [&](const char* event) { return table.line(json(event)); };
  CHECK(line(R"({"id":4,"type":"MapRunStarted","time":"2026-01-31T08:00:00.000Z","map_run_arn":"arn:run"})")
            .ends_with("MapRunStarted            arn:run"));
  CHECK(line(R"({"id":5,"type":"ExecutionRedriven","time":"2026-01-31T08:00:00.000Z","redrive_count":2})")
            .ends_with("ExecutionRedriven        redrive 2"));
  CHECK(line(R"({"id":6,"type":"MapRunRedriven","time":"2026-01-31T08:00:00.000Z","map_run_arn":"arn:run",)"
             R"("redrive_count":2})")
            .ends_with("MapRunRedriven           arn:run  redrive 2"));
}
