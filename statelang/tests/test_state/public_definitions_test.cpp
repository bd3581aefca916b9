// Every state of definitions that people run can be tested alone: it is run or refused, and what comes back
// fits together.
#include <statelang/definition/definition.h>

#include "../definition/public_corpus.h"
#include "ask.h"

namespace statelang::test_state {
namespace {

using namespace public_corpus;

// A mock that such a state may have.
std::optional<Mock> mock_of(const State& state, bool error) {
  const bool fans_out = state.type == StateType::Parallel || state.type == StateType::Map;
  if (!fans_out && state.type != StateType::Task) return std::nullopt;
  if (error) return Mock{std::nullopt, Failure{"Mocked", "on purpose"}, FieldValidation::Strict};
  std::string result = "{}";
  if (state.type == StateType::Parallel) {
    result = "[";
    for (size_t i = 0; i < state.as<ParallelFields>().branches.size(); ++i) result += i > 0 ? ",{}" : "{}";
    result += "]";
  } else if (state.type == StateType::Map) {
    const auto& writer = state.as<MapFields>().result_writer;
    result = writer && !writer->resource.empty() ? "{}" : "[]";
  }
  return Mock{result, std::nullopt, FieldValidation::None};
}

void check_result(const Result& result) {
  const bool has_output = result.status == Status::Succeeded || result.status == Status::CaughtError;
  CHECK(result.output.has_value() == has_output);
  CHECK(result.inspection.retry_index.has_value() == (result.status == Status::Retriable));
  CHECK(result.inspection.catch_index.has_value() == (result.status == Status::CaughtError));
  CHECK((result.next_state && !has_output) == false);
  REQUIRE(!result.inspection.data.empty());
  CHECK(result.inspection.data.front().first == "input");
  for (const auto& [name, payload] : result.inspection.data) CHECK(valid_json(payload.text()));
}

}  // namespace

TEST_CASE("test state: every state of workflows in use") {
  const auto folder = corpus("asl_samples");
  if (absent(folder)) return;
  size_t states = 0, succeeded = 0, failed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    INFO(entry.path().filename().string());
    const std::string text = filled(read(entry.path()));
    const auto definition = Definition::parse(text);
    if (!definition) continue;
    for (const State& state : (*definition)->states()) {
      INFO(state.pointer);
      for (const bool error : {false, true}) {
        Request request = asked(text, R"({"a":[1,"x"],"items":[{"id":1}]})");
        request.state_name = state.name;
        request.mock = mock_of(state, error);
        const auto result = run(request);
        if (!result) FAIL_CHECK(result.error().message);
        if (!result) continue;
        check_result(*result);
        ++states;
        ++(result->status == Status::Succeeded ? succeeded : failed);
      }
    }
  }
  std::cout << states << " runs of states: " << succeeded << " succeeded, " << failed << " did not\n";
  CHECK(succeeded > 0);
}

}  // namespace statelang::test_state
