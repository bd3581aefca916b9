#include <deque>
#include <set>
#include <tuple>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/map_run/item_source.h>
#include <statelang/test_runner/test_runner.h>

namespace statelang::test_runner {
namespace {

class ReadableTokens : public TaskTokens {
 public:
  std::string token(ScopeId scope, uint32_t attempt) const override {
    return "task-" + std::to_string(static_cast<uint32_t>(scope)) + "-" + std::to_string(attempt);
  }
};

class Run {
 public:
  Run(const Definition& definition, const Payload& input, const MockConfiguration& mocks,
      const Options& options)
      : definition_(definition),
        mocks_(mocks),
        options_(options),
        storage_(input),
        now_ms_(options.start_time_ms) {
    const std::string prefix = "arn:aws:states:" + options.region + ":" + options.account + ":";
    info_.execution_arn = prefix + (options.express ? "express:" : "execution:") +
                          options.state_machine_name + ":" + options.execution_name;
    info_.execution_name = options.execution_name;
    info_.state_machine_arn = prefix + "stateMachine:" + options.state_machine_name;
    info_.state_machine_name = options.state_machine_name;
    info_.role_arn = options.role_arn;
    info_.region = options.region;
    info_.account = options.account;
    inputs_.push_back(Start{input});
  }

  Result run() {
    for (uint64_t steps = 0; steps < options_.steps_max && result_.status == ExecutionStatus::Running;
         ++steps) {
      if (inputs_.empty() && !stop_now() && !fire_next_timer()) break;
      const StepInput input = std::move(inputs_.front());
      inputs_.pop_front();
      std::vector<Effect> effects;
      const StepContext context{definition_, info_, tokens_, now_ms_, options_.random_seed, true, {}};
      step(context, storage_, input, effects);
      for (const Effect& effect : effects) std::visit([this](const auto& kind) { perform(kind); }, effect);
    }
    result_.events = storage_.events();
    return std::move(result_);
  }

 private:
  using TimerKey = std::tuple<int64_t, uint64_t, TimerKind, ScopeId, uint32_t>;  // due, order, what

  // The stop comes before every timer that is due later.
  bool stop_now() {
    if (!options_.stop || stopped_) return false;
    const int64_t due = options_.start_time_ms + options_.stop->first;
    if (!timers_.empty() && std::get<0>(*timers_.begin()) <= due) return false;
    stopped_ = true;
    now_ms_ = std::max(now_ms_, due);
    inputs_.push_back(options_.stop->second);
    return true;
  }

  bool fire_next_timer() {
    if (timers_.empty()) return false;
    const auto [due, order, kind, scope, attempt] = *timers_.begin();
    timers_.erase(timers_.begin());
    now_ms_ = std::max(now_ms_, due);
    inputs_.push_back(TimerFired{kind, scope, attempt});
    return true;
  }

  void perform(const ScheduleTask& task) {
    const State& state = definition_.state(task.state);
    const uint32_t call = calls_[state.name]++;
    const MockAnswer* answer =
        mocks_.answer(options_.state_machine_name, options_.test_case, state.name, call);
    const Resource& resource = state.as<TaskFields>().resource;
    inputs_.push_back(TaskStarted{task.scope, task.attempt, {}, now_ms_});
    if (resource.pattern != IntegrationPattern::RequestResponse) {
      inputs_.push_back(TaskSubmitted{task.scope, task.attempt, Payload()});
    }
    if (!answer) return;
    if (answer->output) {
      inputs_.push_back(TaskSucceeded{task.scope, task.attempt, mocked_output(resource, *answer), {}, 0});
    } else if (answer->failure.error == errors::kTimeout) {
      // A mocked timeout is one: the history shows TaskTimedOut, not a worker that failed.
      inputs_.push_back(TimerFired{TimerKind::TaskTimeout, task.scope, task.attempt});
    } else {
      inputs_.push_back(TaskFailed{task.scope, task.attempt, answer->failure, {}, 0});
    }
  }
  void perform(const CancelTask&) {}
  void perform(const ArmTimer& timer) {
    timers_.insert({timer.due_ms, next_timer_++, timer.kind, timer.scope, timer.attempt});
  }
  void perform(const DisarmTimer& timer) {
    for (auto it = timers_.lower_bound({timer.due_ms, 0, {}, {}, 0}); it != timers_.end(); ++it) {
      const auto& [due, order, kind, scope, attempt] = *it;
      if (due != timer.due_ms) return;
      if (kind == timer.kind && scope == timer.scope && attempt == timer.attempt) {
        timers_.erase(it);
        return;
      }
    }
  }
  void perform(const FinishExecution& finish) {
    result_.status = finish.status;
    if (finish.status == ExecutionStatus::Succeeded) result_.output = finish.output;
    result_.failure = finish.failure;
  }
  // Children run inside the steps; their Map Runs have no record here.
  void perform(const StartMapRun&) {}
  void perform(const CountMapRun&) {}
  void perform(const EndMapRun&) {}
  void perform(const StartChild&) {}
  void perform(const StopChildren&) {}
  void perform(const RequestContinue& effect) { inputs_.push_back(Continue{effect.ready}); }
  void perform(const ReadItems& request) {
    auto chunk = read_items(request);
    ItemsRead answer{request.scope, request.attempt, Value::array(), std::nullopt};
    if (chunk) {
      answer.items = Value(std::move(chunk->items));
      answer.more = chunk->more;
    } else {
      answer.failure = std::move(chunk.error());
    }
    if (!answer.more) readings_.erase(request.scope);
    inputs_.push_back(std::move(answer));
  }
  void perform(const WriteResults& request) {
    ResultsWritten answer{request.scope, request.attempt, std::nullopt};
    for (const auto& file : request.files) {
      auto written = options_.objects ? options_.objects->write(request.bucket, file.key, file.bytes)
                                      : Unexpected{no_bucket(request.bucket)};
      if (written) continue;
      answer.failure = Failure{std::string(errors::kResultWriterFailed), std::move(written.error())};
      break;
    }
    inputs_.push_back(std::move(answer));
  }

  static std::string no_bucket(const std::string& bucket) {
    return "The specified bucket does not exist: " + bucket;
  }
  Expected<map_run::ItemChunks::Chunk, Failure> read_items(const ReadItems& request) {
    if (!options_.objects) {
      const Value* bucket = request.arguments.find("Bucket");
      const bool named = bucket && bucket->is_string();
      return Unexpected{Failure{std::string(errors::kItemReaderFailed),
                                no_bucket(named ? std::string(bucket->as_string()) : "")}};
    }
    if (request.skip == 0) readings_.erase(request.scope);  // a Map that is tried again reads again
    return readings_.try_emplace(request.scope, *options_.objects).first->second.read(request);
  }

  const Definition& definition_;
  const MockConfiguration& mocks_;
  const Options& options_;
  MemoryStorage storage_;
  ExecutionInfo info_;
  ReadableTokens tokens_;
  int64_t now_ms_;
  std::deque<StepInput> inputs_;
  std::set<TimerKey> timers_;
  uint64_t next_timer_ = 0;
  bool stopped_ = false;
  std::map<std::string, uint32_t> calls_;
  std::map<ScopeId, map_run::ItemChunks> readings_;
  Result result_;
};

}  // namespace

Result run(const Definition& definition, const Payload& input, const MockConfiguration& mocks,
           const Options& options) {
  return Run(definition, input, mocks, options).run();
}

}  // namespace statelang::test_runner
