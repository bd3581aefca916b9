// The interpreter in memory, one thread: a chain of ten Pass states and an inline Map.
#include <benchmark/benchmark.h>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/interpreter/step.h>

namespace {

using namespace statelang;

class NoTokens : public TaskTokens {
 public:
  std::string token(ScopeId, uint32_t) const override { return "token"; }
};

std::shared_ptr<const Definition> parse(const std::string& text) {
  return Definition::parse(text).value();
}

std::shared_ptr<const Definition> pass_chain() {
  std::string states;
  for (int i = 0; i < 10; ++i) {
    const std::string next = i < 9 ? R"("Next":"S)" + std::to_string(i + 1) + "\"" : R"("End":true)";
    states += (i > 0 ? ",\"S" : "\"S") + std::to_string(i) + R"(":{"Type":"Pass",)" + next + "}";
  }
  return parse(R"({"StartAt":"S0","States":{)" + states + "}}");
}

// Runs to the end; false when the execution did not succeed.
bool run(const Definition& definition, const Payload& input, bool with_history) {
  static const ExecutionInfo info;
  static const NoTokens tokens;
  StepContext context{definition, info, tokens, 1, 1, with_history, {}};
  context.limits.history_events_max = INT64_MAX;
  context.limits.payload_bytes_max = SIZE_MAX;
  MemoryStorage storage(input);
  std::vector<Effect> effects;
  StepInput next = Start{input};
  do {
    effects.clear();
    step(context, storage, next, effects);
    next = Continue{};
    if (const auto* rest = effects.empty() ? nullptr : std::get_if<RequestContinue>(&effects.back())) {
      next = Continue{rest->ready};
    }
  } while (storage.execution().status == ExecutionStatus::Running);
  return storage.execution().status == ExecutionStatus::Succeeded;
}

void BM_PassChain(benchmark::State& state) {
  const auto definition = pass_chain();
  const Payload input = Payload::from_text(R"({"a":1})");
  for (auto _ : state) {
    if (!run(*definition, input, state.range(0) == 1)) state.SkipWithError("did not succeed");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PassChain)->ArgName("history")->Arg(0)->Arg(1);

void BM_InlineMap(benchmark::State& state) {
  const auto definition = parse(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":
         {"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}}}}})");
  std::string items = "[0";
  for (int64_t i = 1; i < state.range(0); ++i) items += "," + std::to_string(i);
  const Payload input = Payload::from_text(items + "]");
  for (auto _ : state) {
    if (!run(*definition, input, true)) state.SkipWithError("did not succeed");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_InlineMap)->ArgName("items")->Arg(1000)->Arg(10000);

}  // namespace

BENCHMARK_MAIN();
