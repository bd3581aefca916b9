// Maps within Maps: many that still have iterations to start wait for their turn beside each other.
#include <catch2/catch.hpp>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/interpreter/step.h>

namespace {

using namespace statelang;

class NoTokens : public TaskTokens {
 public:
  std::string token(ScopeId, uint32_t) const override { return "token"; }
};

// A Pass state in `depth` Maps of `items` each.
std::string nested(int depth, int items) {
  std::string states = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
  for (int i = 0; i < depth; ++i) {
    const std::string name = "M" + std::to_string(i);
    states = R"({"StartAt":")" + name + R"(","States":{")" + name +
             R"(":{"Type":"Map","End":true,"Items":"{% [1..)" + std::to_string(items) +
             R"(] %}","ItemProcessor":)" + states + "}}}";
  }
  return R"({"QueryLanguage":"JSONata",)" + states.substr(1);
}

struct Ended {
  ExecutionState state;
  size_t steps = 0;
};

Ended run(const std::string& definition, StepLimits limits) {
  const auto parsed = Definition::parse(definition);
  REQUIRE(parsed);
  MemoryStorage storage(Payload::from_text("{}"));
  const ExecutionInfo info;
  const NoTokens tokens;
  StepInput input = Start{Payload::from_text("{}")};
  for (size_t steps = 1;; ++steps) {
    std::vector<Effect> effects;
    const StepContext context{**parsed, info, tokens, 0, 1, false, limits};
    step(context, storage, input, effects);
    const RequestContinue* rest = nullptr;
    for (const Effect& effect : effects) {
      if (const auto* found = std::get_if<RequestContinue>(&effect)) rest = found;
    }
    if (!rest) return {storage.execution(), steps};
    input = Continue{rest->ready};
  }
}

}  // namespace

TEST_CASE("nested maps: more of them than may be ahead at once all come to their end") {
  StepLimits limits;
  limits.history_events_max = INT64_MAX;  // as of Express executions
  for (const uint32_t transitions : {300u, 1000u, UINT32_MAX}) {
    CAPTURE(transitions);
    limits.transitions_max = transitions;
    CHECK(run(nested(2, 60), limits).state.status == ExecutionStatus::Succeeded);
    CHECK(run(nested(3, 42), limits).state.status == ExecutionStatus::Succeeded);
  }
}

TEST_CASE("nested maps: too many events end the execution, however deep") {
  const Ended ended = run(nested(3, 1000), {});
  CHECK(ended.state.status == ExecutionStatus::Failed);
  CHECK(ended.steps < 100);
}
