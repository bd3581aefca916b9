// What apply() costs for whole workflows, in memory: no log, no disk, no network. One iteration is one
// workflow: its start and the results of its tasks, each record a batch with a commit of its own.
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include <engine/core/partition.h>
#include <engine/store/memory_store.h>

namespace {

using namespace engine::core;
using engine::PartitionId;

// A task gives its workflow's input back, unless that is a Map's items.
constexpr size_t kResultBytesMax = 300;

class Bench {
 public:
  Bench(const std::string& definition, MachineType type) : store_(engine::store::make_memory_store(1)) {
    settings_.token_key = "key";
    settings_.limits.history_events_max = 1'000'000;
    partition_ = std::make_unique<Partition>(settings_);
    apply(RegisterDefinition{"r", "arn:aws:states:us-east-1:000000000000:stateMachine:m", "m", type, "",
                             definition});
  }

  std::vector<Action> apply(RecordBody body) {
    const Record record{now_ms_, 1, 0, std::move(body)};
    Transaction transaction(store_->reader(PartitionId{0}));
    std::vector<Action> actions;
    partition_->apply({offset_, now_ms_}, record, transaction, actions);
    engine::AppliedPosition position;
    position.applied = ++offset_;
    position.now_ms = now_ms_++;
    if (transaction.empty()) return with_own_records(std::move(actions));
    store_->commit(PartitionId{0}, stored_, position, transaction.take(), [](engine::Error error) {
      if (error) std::abort();
    });
    stored_ = position.applied;
    return with_own_records(std::move(actions));
  }

  // Starts one and gives every task its result until no task is left.
  size_t run(const statelang::Payload& input, bool synchronous) {
    StartExecution start;
    start.name = std::to_string(++started_);
    start.execution_arn = "arn:aws:states:us-east-1:000000000000:execution:m:" + start.name;
    start.revision_id = "r";
    start.input = input;
    start.synchronous = synchronous;
    std::vector<TaskId> open;
    take_tasks(apply(std::move(start)), open);
    size_t tasks = 0;
    const statelang::Payload output =
        statelang::Payload::from_text(input.size_bytes() <= kResultBytesMax ? input.text() : "12345");
    for (; tasks < open.size(); ++tasks) {
      statelang::TaskSucceeded result;
      result.output = output;
      take_tasks(apply(TaskReport{open[tasks], std::move(result)}), open);
    }
    return tasks;
  }

 private:
  std::vector<Action> with_own_records(std::vector<Action> actions) {
    std::vector<RecordBody> own;
    for (const Action& action : actions) {
      if (const auto* append = std::get_if<AppendRecord>(&action)) own.push_back(append->body);
    }
    for (RecordBody& body : own) {
      for (Action& action : apply(std::move(body))) actions.push_back(std::move(action));
    }
    return actions;
  }

  static void take_tasks(const std::vector<Action>& actions, std::vector<TaskId>& open) {
    for (const Action& action : actions) {
      if (const auto* task = std::get_if<DispatchTask>(&action)) open.push_back(task->id);
    }
  }

  PartitionSettings settings_;
  std::unique_ptr<engine::Store> store_;
  std::unique_ptr<Partition> partition_;
  uint64_t offset_ = 0, stored_ = 0, started_ = 0;
  int64_t now_ms_ = 1'700'000'000'000;
};

statelang::Payload object_of(size_t bytes) {
  return statelang::Payload::from_text(R"({"id":"x","padding":")" + std::string(bytes - 24, 'p') + "\"}");
}

std::string chain(int states, const std::string& fields) {
  std::string text = R"({"StartAt":"S0","States":{)";
  for (int i = 0; i < states; ++i) {
    text += (i > 0 ? ",\"S" : "\"S") + std::to_string(i) + "\":{" + fields;
    text += i + 1 < states ? ",\"Next\":\"S" + std::to_string(i + 1) + "\"}" : ",\"End\":true}";
  }
  return text + "}}";
}

void run(benchmark::State& state, Bench& bench, const statelang::Payload& input, bool synchronous) {
  size_t tasks = 0;
  for (auto _ : state) tasks += bench.run(input, synchronous);
  state.counters["tasks"] =
      benchmark::Counter(static_cast<double>(tasks), benchmark::Counter::kAvgIterations);
}

void one_task(benchmark::State& state) {  // W1
  Bench bench(chain(1, R"("Type":"Task","Resource":"work")"), MachineType::Standard);
  run(state, bench, object_of(256), false);
}
BENCHMARK(one_task)->Iterations(20'000)->Unit(benchmark::kMicrosecond);

void chain_of_ten(benchmark::State& state) {  // W2
  Bench bench(chain(10, R"("Type":"Task","Resource":"work")"), MachineType::Standard);
  run(state, bench, object_of(256), false);
}
BENCHMARK(chain_of_ten)->Iterations(3'000)->Unit(benchmark::kMicrosecond);

void map_of_tasks(benchmark::State& state) {  // W3
  Bench bench(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"INLINE"},)"
      R"("StartAt":"T","States":{"T":{"Type":"Task","Resource":"work","End":true}}},"End":true}}})",
      MachineType::Standard);
  std::string items = "[";
  for (int64_t i = 0; i < state.range(0); ++i) items += (i > 0 ? "," : "") + std::to_string(i);
  run(state, bench, statelang::Payload::from_text(items + "]"), false);
}
BENCHMARK(map_of_tasks)->Arg(100)->Iterations(100)->Unit(benchmark::kMicrosecond);
BENCHMARK(map_of_tasks)->Arg(1000)->Iterations(10)->Unit(benchmark::kMicrosecond);
BENCHMARK(map_of_tasks)->Arg(10'000)->Iterations(1)->Unit(benchmark::kMicrosecond);

void express_of_ten_passes(benchmark::State& state) {  // W8
  Bench bench(chain(10, R"("Type":"Pass")"), MachineType::Express);
  run(state, bench, object_of(256), true);
}
BENCHMARK(express_of_ten_passes)->Iterations(20'000)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
