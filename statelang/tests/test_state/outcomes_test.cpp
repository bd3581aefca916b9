// Every type of state in both query languages, with everything that can become of it: one line each. What the
// steps are called and which of them are shown is AWS's (recorded_cases_test.cpp holds them against its
// answers); here none of the combinations is left out.
#include "ask.h"

namespace statelang::test_state {
namespace {

struct Row {
  const char* what;
  std::string state;
  const char* input;
  const char* mock;  // a result; "!Error" or "!Error*N": the error, after N attempts; empty: none
  const char* expected;
};

// "STATUS error -> Next output | names of the steps | error details".
std::string told(const Result& result) {
  std::string out(to_string(result.status));
  if (result.error) out += " " + *result.error;
  if (result.next_state) out += " -> " + *result.next_state;
  if (result.output) out += " " + result.output->text();
  out += " |";
  const Inspection& seen = result.inspection;
  for (const auto& [name, payload] : seen.data) out += " " + name;
  const auto number = [&out](const char* name, const std::optional<int64_t>& value) {
    if (value) out += std::string(" ") + name + "=" + std::to_string(*value);
  };
  number("maxConcurrency", seen.max_concurrency);
  number("toleratedFailureCount", seen.tolerated_failure_count);
  if (seen.tolerated_failure_percentage)
    out += " toleratedFailurePercentage=" + to_json(Value(*seen.tolerated_failure_percentage));
  out += " |";
  number("catchIndex", seen.catch_index);
  number("retryIndex", seen.retry_index);
  number("retryBackoffIntervalSeconds", seen.retry_backoff_seconds);
  return out;
}

Request request_of(const Row& row) {
  Request request = asked(row.state, row.input);
  std::string mock = row.mock;
  if (mock.empty()) return request;
  if (mock[0] != '!') return mocked(row.state, mock, row.input);
  const size_t star = mock.find('*');
  request.mock = Mock{std::nullopt, Failure{mock.substr(1, star - 1), "why"}, FieldValidation::Strict};
  if (star != std::string::npos)
    request.configuration.retrier_retry_count = std::stoll(mock.substr(star + 1));
  return request;
}

template <size_t N>
void check(const Row (&rows)[N]) {
  for (const Row& row : rows) {
    INFO(row.what);
    const auto result = run(request_of(row));
    CHECK((result ? told(*result) : "refused: " + result.error().message) == row.expected);
  }
}

}  // namespace

TEST_CASE("test state: outcomes of Pass and Succeed") {
  static const Row kRows[] = {
      {"every path", R"({"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$.b"},"ResultPath":"$.r",
         "OutputPath":"$.r","Next":"N"})",
       R"({"a":{"b":1}})", "",
       R"(SUCCEEDED -> N {"x":1} | input afterInputPath afterParameters afterResultSelector afterResultPath |)"},
      {"a result", R"({"Type":"Pass","Result":2,"ResultPath":"$.r","End":true})", R"({"a":1})", "",
       R"(SUCCEEDED {"a":1,"r":2} | input result afterResultSelector afterResultPath |)"},
      {"Assign", R"({"Type":"Pass","Assign":{"v.$":"$.a"},"End":true})", R"({"a":1})", "",
       R"(SUCCEEDED {"a":1} | input afterInputPath afterParameters afterResultSelector afterResultPath variables |)"},
      {"no InputPath", R"({"Type":"Pass","InputPath":"$.z","End":true})", "{}", "",
       "FAILED States.Runtime | input |"},
      {"no Parameters", R"({"Type":"Pass","Parameters":{"x.$":"$.z"},"End":true})", "{}", "",
       "FAILED States.Runtime | input afterInputPath |"},
      {"no ResultPath", R"({"Type":"Pass","Result":2,"ResultPath":"$.a.b","End":true})", R"({"a":1})", "",
       "FAILED States.ResultPathMatchFailure | input result afterResultSelector |"},
      {"no OutputPath", R"({"Type":"Pass","OutputPath":"$.z","End":true})", "{}", "",
       "FAILED States.Runtime | input afterInputPath afterParameters afterResultSelector afterResultPath |"},
      {"JSONata", R"({"QueryLanguage":"JSONata","Type":"Pass","Output":"{% $states.input.a %}",
         "Assign":{"v":2},"Next":"N"})",
       R"({"a":1})", "", "SUCCEEDED -> N 1 | input variables |"},
      {"JSONata that gives nothing",
       R"({"QueryLanguage":"JSONata","Type":"Pass","Output":"{% $states.input.a %}",
         "End":true})",
       "{}", "", "FAILED States.QueryEvaluationError | input |"},
      {"Succeed", R"({"Type":"Succeed","InputPath":"$.a","OutputPath":"$.b"})", R"({"a":{"b":1}})", "",
       "SUCCEEDED 1 | input afterInputPath |"},
      {"Succeed without its OutputPath", R"({"Type":"Succeed","OutputPath":"$.b"})", "{}", "",
       "FAILED States.Runtime | input afterInputPath |"},
      {"Succeed in JSONata", R"({"QueryLanguage":"JSONata","Type":"Succeed","Output":"{% 1+1 %}"})", "{}", "",
       "SUCCEEDED 2 | input |"},
      {"Succeed in JSONata that fails",
       R"({"QueryLanguage":"JSONata","Type":"Succeed","Output":"{% $error('x') %}"})", "{}", "",
       "FAILED States.QueryEvaluationError | input |"},
      {"a mock", R"({"Type":"Pass","End":true})", "{}", "1",
       "refused: State type 'Pass' is not supported when a mock is specified"},
  };
  check(kRows);
}

TEST_CASE("test state: outcomes of Fail, Wait and Choice") {
  static const Row kRows[] = {
      {"Fail", R"({"Type":"Fail","ErrorPath":"$.e","Cause":"c"})", R"({"e":"E"})", "",
       "FAILED E | input afterInputPath |"},
      {"Fail without anything", R"({"Type":"Fail"})", "{}", "", "FAILED | input afterInputPath |"},
      {"Fail without its ErrorPath", R"({"Type":"Fail","ErrorPath":"$.e"})", "{}", "",
       "FAILED States.Runtime | input afterInputPath |"},
      {"Fail in JSONata", R"({"QueryLanguage":"JSONata","Type":"Fail","Error":"{% $states.input.e %}"})",
       R"({"e":"E"})", "", "FAILED E | input |"},
      {"Fail in JSONata that fails", R"({"QueryLanguage":"JSONata","Type":"Fail","Error":"{% 1 %}"})", "{}",
       "", "FAILED States.QueryEvaluationError | input |"},
      {"Wait", R"({"Type":"Wait","Seconds":99999,"Next":"N"})", R"({"a":1})", "",
       R"(SUCCEEDED -> N {"a":1} | input afterInputPath |)"},
      {"Wait by paths",
       R"({"Type":"Wait","InputPath":"$.i","SecondsPath":"$.s","OutputPath":"$.s","Next":"N"})",
       R"({"i":{"s":7}})", "", "SUCCEEDED -> N 7 | input afterInputPath |"},
      {"Wait for no number", R"({"Type":"Wait","SecondsPath":"$.s","Next":"N"})", R"({"s":"x"})", "",
       "FAILED States.Runtime | input afterInputPath |"},
      {"Wait in JSONata",
       R"({"QueryLanguage":"JSONata","Type":"Wait","Seconds":"{% $states.input.s %}","Output":1,
         "Assign":{"v":2},"End":true})",
       R"({"s":7})", "", "SUCCEEDED 1 | input variables |"},
      {"Wait in JSONata for no number",
       R"({"QueryLanguage":"JSONata","Type":"Wait","Seconds":"{% $states.input.s %}","End":true})",
       R"({"s":"x"})", "", "FAILED States.QueryEvaluationError | input |"},
      {"a rule", R"({"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"A",
         "Assign":{"v":1}}],"Default":"D"})",
       R"({"a":1})", "", R"(SUCCEEDED -> A {"a":1} | input afterInputPath variables |)"},
      {"the default", R"({"Type":"Choice","InputPath":"$.i","OutputPath":"$.a",
         "Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"A"}],"Default":"D"})",
       R"({"i":{"a":2}})", "", "SUCCEEDED -> D 2 | input afterInputPath |"},
      {"no rule", R"({"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"A"}]})",
       R"({"a":2})", "", "FAILED States.NoChoiceMatched | input afterInputPath |"},
      {"no variable", R"({"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"A"}]})",
       "{}", "", "FAILED States.Runtime | input afterInputPath |"},
      {"JSONata",
       R"({"QueryLanguage":"JSONata","Type":"Choice","Choices":[{"Condition":"{% $states.input.a = 1 %}",
         "Next":"A","Output":"o","Assign":{"v":1}}],"Default":"D"})",
       R"({"a":1})", "", R"(SUCCEEDED -> A "o" | input variables |)"},
      {"JSONata by default", R"({"QueryLanguage":"JSONata","Type":"Choice","Choices":[{"Condition":false,
         "Next":"A"}],"Default":"D","Output":"{% 3 %}"})",
       "{}", "", "SUCCEEDED -> D 3 | input |"},
      {"JSONata that is no boolean",
       R"({"QueryLanguage":"JSONata","Type":"Choice","Choices":[{"Condition":"{% 1 %}",
         "Next":"A"}],"Default":"D"})",
       "{}", "", "FAILED States.QueryEvaluationError | input |"},
      {"a mock", R"({"Type":"Wait","Seconds":1,"End":true})", "{}", "1",
       "refused: State type 'Wait' is not supported when a mock is specified"},
  };
  check(kRows);
}

namespace {

const std::string kEnd = R"("Next":"N"})";
const std::string kRetry =
    R"("Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3,"MaxAttempts":2,"BackoffRate":2}],)";
const std::string kCatch =
    R"("Catch":[{"ErrorEquals":["Other"],"Next":"O"},{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"H"}],)";
const std::string kCatchJsonata =
    R"("Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $states.errorOutput.Error %}","Assign":{"v":1},"Next":"H"}],)";

std::string task(const std::string& more) {
  return R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
      "Parameters":{"FunctionName":"f","Payload.$":"$.p"},)" +
         more + kEnd;
}
std::string jsonata_task(const std::string& more) {
  return R"({"QueryLanguage":"JSONata","Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
      "Arguments":{"FunctionName":"f","Payload":"{% $states.input.p %}"},)" +
         more + kEnd;
}
std::string parallel(const std::string& more) {
  return R"({"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},
      {"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],)" +
         more + kEnd;
}
std::string map(const std::string& more) {
  return R"({"Type":"Map","ItemProcessor":{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},)" + more + kEnd;
}
std::string distributed_map(const std::string& more) {
  return R"({"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"EXPRESS"},
      "StartAt":"A","States":{"A":{"Type":"Succeed"}}},)" +
         more + kEnd;
}

}  // namespace

TEST_CASE("test state: outcomes of Task") {
  static const Row kRows[] = {
      {"every path", task(R"("ResultSelector":{"x.$":"$.Payload"},"ResultPath":"$.r","OutputPath":"$.r",)"),
       R"({"p":1})", R"({"Payload":{"k":1}})",
       R"(SUCCEEDED -> N {"x":{"k":1}} | input afterInputPath afterParameters result afterResultSelector )"
       "afterResultPath |"},
      {"no Parameters", task(kCatch), "{}", "{}", "FAILED States.Runtime | input afterInputPath |"},
      {"no ResultSelector", task(R"("ResultSelector":{"x.$":"$.z"},)" + kCatch), R"({"p":1})", "{}",
       "FAILED States.Runtime | input afterInputPath afterParameters result |"},
      {"no ResultPath, caught", task(R"("ResultPath":"$.p.q",)" + kCatch), R"({"p":1})", "{}",
       R"(CAUGHT_ERROR States.ResultPathMatchFailure -> H {"p":1,"e":{"Error":"States.ResultPathMatchFailure",)"
       R"("Cause":"Unable to apply Reference Path $.p.q to input {\"p\":1}"}} )"
       "| input afterInputPath afterParameters result afterResultSelector | catchIndex=1"},
      {"no OutputPath", task(R"("OutputPath":"$.z",)" + kCatch), R"({"p":1})", "{}",
       "FAILED States.Runtime | input afterInputPath afterParameters result afterResultSelector "
       "afterResultPath |"},
      {"failed", task(""), R"({"p":1})", "!Busy", "FAILED Busy | input afterInputPath afterParameters |"},
      {"to be retried", task(kRetry + kCatch), R"({"p":1})", "!Busy",
       "RETRIABLE Busy | input afterInputPath afterParameters | retryIndex=0 retryBackoffIntervalSeconds=3"},
      {"to be retried again", task(kRetry + kCatch), R"({"p":1})", "!Busy*1",
       "RETRIABLE Busy | input afterInputPath afterParameters | retryIndex=0 retryBackoffIntervalSeconds=6"},
      {"retried enough", task(kRetry + kCatch), R"({"p":1})", "!Busy*2",
       R"(CAUGHT_ERROR Busy -> H {"p":1,"e":{"Error":"Busy","Cause":"why"}} )"
       "| input afterInputPath afterParameters | catchIndex=1"},
      {"retried enough, not caught", task(kRetry), R"({"p":1})", "!Busy*2",
       "FAILED Busy | input afterInputPath afterParameters |"},
      {"an error without a retrier", task(kRetry), R"({"p":1})", "!Other",
       "FAILED Other | input afterInputPath afterParameters |"},
      {"no wait above MaxDelaySeconds",
       task(
           R"("Retry":[{"ErrorEquals":["X"]},{"ErrorEquals":["States.ALL"],"IntervalSeconds":2,"MaxDelaySeconds":3,
         "JitterStrategy":"FULL"}],)"),
       R"({"p":1})", "!Busy*2",
       "RETRIABLE Busy | input afterInputPath afterParameters | retryIndex=1 retryBackoffIntervalSeconds=3"},
      {"caught, with a variable",
       task(R"("Catch":[{"ErrorEquals":["States.TaskFailed"],"Assign":{"v.$":"$.Error"},"Next":"H"}],)"),
       R"({"p":1})", "!Other",
       R"(CAUGHT_ERROR Other -> H {"Error":"Other","Cause":"why"} )"
       "| input afterInputPath afterParameters variables | catchIndex=0"},
      {"a catcher that fails",
       task(R"("Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.p.q","Next":"H"}],)"), R"({"p":1})",
       "!Other", "FAILED States.ResultPathMatchFailure | input afterInputPath afterParameters |"},
      {"not to be caught", task(kCatch), R"({"p":1})", "!States.Runtime",
       "FAILED States.Runtime | input afterInputPath afterParameters |"},
  };
  check(kRows);
}

TEST_CASE("test state: outcomes of Task in JSONata") {
  static const Row kRows[] = {
      {"all fields",
       jsonata_task(R"("Output":"{% $states.result.Payload %}","Assign":{"v":"{% $states.input.p %}"},)"),
       R"({"p":1})", R"({"Payload":{"k":1}})",
       R"(SUCCEEDED -> N {"k":1} | input afterArguments result variables |)"},
      {"no Output", jsonata_task(""), R"({"p":1})", R"({"Payload":2})",
       R"(SUCCEEDED -> N {"Payload":2} | input afterArguments result |)"},
      {"Arguments that give nothing", jsonata_task(kCatchJsonata), "{}", "{}",
       R"(CAUGHT_ERROR States.QueryEvaluationError -> H "States.QueryEvaluationError" | input variables | catchIndex=0)"},
      {"Arguments that give nothing, not caught", jsonata_task(""), "{}", "{}",
       "FAILED States.QueryEvaluationError | input |"},
      {"Output that gives nothing, to be retried",
       jsonata_task(R"("Output":"{% $zz %}","Retry":[{"ErrorEquals":["States.ALL"]}],)"), R"({"p":1})", "{}",
       "RETRIABLE States.QueryEvaluationError | input afterArguments result | retryIndex=0 "
       "retryBackoffIntervalSeconds=1"},
      {"Output that gives nothing, caught", jsonata_task(R"("Output":"{% $zz %}",)" + kCatchJsonata),
       R"({"p":1})", "{}",
       R"(CAUGHT_ERROR States.QueryEvaluationError -> H "States.QueryEvaluationError" )"
       "| input afterArguments result variables | catchIndex=0"},
      {"Assign that gives nothing", jsonata_task(R"("Assign":{"v":"{% $zz %}"},)"), R"({"p":1})", "{}",
       "FAILED States.QueryEvaluationError | input afterArguments result |"},
      {"TimeoutSeconds that are no number", jsonata_task(R"("TimeoutSeconds":"{% 'x' %}",)"), R"({"p":1})",
       "{}", "FAILED States.QueryEvaluationError | input afterArguments |"},
      {"caught", jsonata_task(kCatchJsonata), R"({"p":1})", "!Other",
       R"(CAUGHT_ERROR Other -> H "Other" | input afterArguments variables | catchIndex=0)"},
      {"a catcher that fails",
       jsonata_task(R"("Catch":[{"ErrorEquals":["States.ALL"],"Output":"{% $zz %}","Next":"H"}],)"),
       R"({"p":1})", "!Other", "FAILED States.QueryEvaluationError | input afterArguments |"},
  };
  check(kRows);
}

TEST_CASE("test state: outcomes of Parallel and Map") {
  static const Row kRows[] = {
      {"Parallel", parallel(R"("ResultSelector":{"a.$":"$[0]"},"ResultPath":"$.r",)"), R"({"i":1})", "[1,2]",
       R"(SUCCEEDED -> N {"i":1,"r":{"a":1}} | input afterResultSelector afterResultPath |)"},
      {"Parallel, to be retried", parallel(kRetry + kCatch), "{}", "!Busy",
       "RETRIABLE Busy | input | retryIndex=0 retryBackoffIntervalSeconds=3"},
      {"Parallel, caught", parallel(kCatch), "{}", "!Busy",
       R"(CAUGHT_ERROR Busy -> H {"e":{"Error":"Busy","Cause":"why"}} | input | catchIndex=1)"},
      {"Parallel, failed", parallel(""), "{}", "!Busy", "FAILED Busy | input |"},
      {"Parallel in JSONata",
       parallel(R"("QueryLanguage":"JSONata","Output":"{% $states.result[1] %}","Assign":{"v":1},)"), "{}",
       "[1,2]", "SUCCEEDED -> N 2 | input variables |"},
      {"Parallel in JSONata, caught", parallel(R"("QueryLanguage":"JSONata",)" + kCatchJsonata), "{}",
       "!Busy", R"(CAUGHT_ERROR Busy -> H "Busy" | input variables | catchIndex=0)"},
      {"Parallel without a mock", parallel(""), "{}", "",
       "refused: TestState API does not support Map or Parallel states. Supported state types include: "
       "[Task, Wait, "
       "Pass, Succeed, Fail, Choice]"},
      {"Map",
       map(R"("InputPath":"$.i","ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value"},"MaxConcurrency":3,
         "ResultSelector":{"all.$":"$"},"ResultPath":"$.r",)"),
       R"({"i":{"l":[7]}})", "[1]",
       R"(SUCCEEDED -> N {"i":{"l":[7]},"r":{"all":[1]}} | input afterInputPath afterItemsPath afterItemSelector )"
       "afterResultSelector afterResultPath maxConcurrency=3 |"},
      {"Map over no array", map(R"("ItemsPath":"$.l",)"), R"({"l":5})", "[1]",
       "FAILED States.Runtime | input afterInputPath |"},
      {"Map, to be retried", map(kRetry), "[1]", "!Busy",
       "RETRIABLE Busy | input afterInputPath afterItemsPath maxConcurrency=0 | retryIndex=0 "
       "retryBackoffIntervalSeconds=3"},
      {"Map, caught", map(R"("Catch":[{"ErrorEquals":["Busy"],"Next":"H"}],)"), "[1]", "!Busy",
       R"(CAUGHT_ERROR Busy -> H {"Error":"Busy","Cause":"why"} )"
       "| input afterInputPath afterItemsPath maxConcurrency=0 | catchIndex=0"},
      {"Map in JSONata",
       map(R"("QueryLanguage":"JSONata","Items":"{% $states.input.l %}","MaxConcurrency":"{% 2 %}",
         "ItemSelector":{"v":"{% $states.context.Map.Item.Value %}"},"Output":"{% $states.result[0] %}",)"),
       R"({"l":[7]})", "[1]", "SUCCEEDED -> N 1 | input afterItemSelector maxConcurrency=2 |"},
      {"Map in JSONata over no array",
       map(R"("QueryLanguage":"JSONata","Items":"{% $states.input.l %}",)" + kCatchJsonata), R"({"l":"x"})",
       "[1]",
       R"(CAUGHT_ERROR States.QueryEvaluationError -> H "States.QueryEvaluationError" | input variables | catchIndex=0)"},
      {"Map in JSONata, a bad ItemSelector", map(R"("QueryLanguage":"JSONata","ItemSelector":"{% $zz %}",)"),
       "[1]", "[1]", "FAILED States.QueryEvaluationError | input maxConcurrency=0 |"},
      {"Distributed Map", distributed_map(R"("ToleratedFailureCount":1,"ToleratedFailurePercentage":50,
         "ItemBatcher":{"MaxItemsPerBatch":2},)"),
       "[1,2,3]", "[1,2]",
       "SUCCEEDED -> N [1,2] | input afterInputPath afterItemsPath afterItemBatcher afterResultSelector "
       "afterResultPath maxConcurrency=0 toleratedFailureCount=1 toleratedFailurePercentage=50.0 |"},
      {"Distributed Map over no array", distributed_map(R"("ToleratedFailureCountPath":"$.n",)" + kRetry),
       R"({"n":2,"l":[]})", "!Busy", "FAILED States.Runtime | input afterInputPath |"},
  };
  check(kRows);
}

TEST_CASE("test state: a mocked error has its name, and variables have names that states may give") {
  auto request = asked(task(""), R"({"p":1})");
  request.mock = Mock{std::nullopt, Failure{{}, "why", false, true}};
  CHECK(refused(request).message == "A mocked errorOutput must have the field 'error'.");
  for (const char* variables : {R"({"states":1})", R"({"1x":1})", R"({"":1})", R"({"a b":1})"}) {
    request = mocked(task(""), "{}", R"({"p":1})");
    request.variables = variables;
    CHECK(refused(request).message.find("' is not valid") != std::string::npos);
  }
  request.variables = R"({"x1":1,"größe":2})";
  CHECK(good(request).status == Status::Succeeded);
}

}  // namespace statelang::test_state
