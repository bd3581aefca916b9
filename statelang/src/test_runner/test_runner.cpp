#include <deque>
#include <set>
#include <tuple>

#include <statelang/interpreter/memory_storage.h>
#include <statelang/map_run/item_source.h>
#include <statelang/test_runner/test_runner.h>

namespace statelang::test_runner {
namespace {

// Tokens that a script can show: those of a child say whose they are.
class ReadableTokens : public TaskTokens {
 public:
  explicit ReadableTokens(uint32_t execution) : prefix_(prefix_of(execution)) {}
  std::string token(ScopeId scope, uint32_t attempt) const override {
    return prefix_ + std::to_string(static_cast<uint32_t>(scope)) + "-" + std::to_string(attempt);
  }

 private:
  static std::string prefix_of(uint32_t execution) {
    return execution == 0 ? "task-" : "child-" + std::to_string(execution) + "-task-";
  }
  std::string prefix_;
};

constexpr int64_t kExpressSecondsMax = 300;  // AWS: an Express execution, so also an Express child

// One execution: the one that is tested, or a child of a Distributed Map.
struct Execution {
  Execution(uint32_t own_number, ExecutionInfo own_info, const Payload& input)
      : number(own_number), info(std::move(own_info)), storage(input), tokens(own_number) {}

  uint32_t number;  // 0: the tested one
  ExecutionInfo info;
  MemoryStorage storage;
  ReadableTokens tokens;
  // A child: whom its end is told.
  uint32_t parent = 0;
  std::optional<StartChild> started_by;
};

class Run {
 public:
  Run(const Definition& definition, const Payload& input, const MockConfiguration& mocks,
      const Options& options)
      : definition_(definition), mocks_(mocks), options_(options), now_ms_(options.start_time_ms) {
    const std::string prefix = "arn:aws:states:" + options.region + ":" + options.account + ":";
    ExecutionInfo info;
    info.execution_arn = prefix + (options.express ? "express:" : "execution:") + options.state_machine_name +
                         ":" + options.execution_name;
    info.execution_name = options.execution_name;
    info.state_machine_arn = prefix + "stateMachine:" + options.state_machine_name;
    info.state_machine_name = options.state_machine_name;
    info.role_arn = options.role_arn;
    info.region = options.region;
    info.account = options.account;
    executions_.try_emplace(0, 0, std::move(info), input);
    inputs_.push_back({0, Start{input}});
  }

  Result run() {
    for (uint64_t steps = 0; steps < options_.steps_max && result_.status == ExecutionStatus::Running;
         ++steps) {
      if (inputs_.empty() && !stop_now() && !fire_next_timer()) break;
      const auto [number, input] = std::move(inputs_.front());
      inputs_.pop_front();
      apply(number, input);
    }
    result_.events = executions_.at(0).storage.events();
    return std::move(result_);
  }

 private:
  // due, order, whose, what
  using TimerKey = std::tuple<int64_t, uint64_t, uint32_t, TimerKind, ScopeId, uint32_t>;

  // What reaches an execution that has ended is late, as in a server.
  void apply(uint32_t number, const StepInput& input) {
    const auto found = executions_.find(number);
    if (found == executions_.end()) return;
    Execution& execution = found->second;
    StepContext context{definition_, execution.info, execution.tokens, now_ms_, seed_of(number), true, {},
                        {}};
    if (execution.started_by) {
      context.child_of = execution.started_by->state;
      const bool express = definition_.state(*context.child_of).as<MapFields>().express_children;
      if (express) context.limits.execution_seconds_max = kExpressSecondsMax;
      // A child begins in a step of its own: a Map that starts many has started them all before one runs.
      if (std::holds_alternative<Start>(input)) context.limits.transitions_max = 0;
    }
    std::vector<Effect> effects;
    step(context, execution.storage, input, effects);
    for (const Effect& effect : effects) {
      std::visit([&](const auto& kind) { perform(execution, kind); }, effect);
    }
    if (number != 0 && execution.storage.execution().status != ExecutionStatus::Running) {
      executions_.erase(number);
    }
  }

  uint64_t seed_of(uint32_t number) const { return options_.random_seed ^ (0x9E3779B97F4A7C15ull * number); }

  // The stop comes before every timer that is due later.
  bool stop_now() {
    if (!options_.stop || stopped_) return false;
    const int64_t due = options_.start_time_ms + options_.stop->first;
    if (!timers_.empty() && std::get<0>(*timers_.begin()) <= due) return false;
    stopped_ = true;
    now_ms_ = std::max(now_ms_, due);
    inputs_.push_back({0, options_.stop->second});
    return true;
  }

  bool fire_next_timer() {
    if (timers_.empty()) return false;
    const auto [due, order, execution, kind, scope, attempt] = *timers_.begin();
    timers_.erase(timers_.begin());
    now_ms_ = std::max(now_ms_, due);
    inputs_.push_back({execution, TimerFired{kind, scope, attempt}});
    return true;
  }

  void perform(Execution& execution, const ScheduleTask& task) {
    const State& state = definition_.state(task.state);
    const uint32_t call = calls_[state.name]++;
    const MockAnswer* answer =
        mocks_.answer(options_.state_machine_name, options_.test_case, state.name, call);
    const Resource& resource = state.as<TaskFields>().resource;
    const auto report = [&](StepInput input) { inputs_.push_back({execution.number, std::move(input)}); };
    report(TaskStarted{task.scope, task.attempt, {}, now_ms_});
    if (resource.pattern != IntegrationPattern::RequestResponse) {
      report(TaskSubmitted{task.scope, task.attempt, Payload()});
    }
    if (!answer) return;
    if (answer->output) {
      report(TaskSucceeded{task.scope, task.attempt, mocked_output(resource, *answer), {}, 0});
    } else if (answer->failure.error == errors::kTimeout) {
      // A mocked timeout is one: the history shows TaskTimedOut, not a worker that failed.
      report(TimerFired{TimerKind::TaskTimeout, task.scope, task.attempt});
    } else {
      report(TaskFailed{task.scope, task.attempt, answer->failure, {}, 0});
    }
  }
  void perform(Execution&, const CancelTask&) {}
  void perform(Execution& execution, const ArmTimer& timer) {
    timers_.insert({timer.due_ms, next_timer_++, execution.number, timer.kind, timer.scope, timer.attempt});
  }
  void perform(Execution& execution, const DisarmTimer& timer) {
    for (auto it = timers_.lower_bound({timer.due_ms, 0, 0, {}, {}, 0}); it != timers_.end(); ++it) {
      const auto& [due, order, whose, kind, scope, attempt] = *it;
      if (due != timer.due_ms) return;
      if (whose == execution.number && kind == timer.kind && scope == timer.scope &&
          attempt == timer.attempt) {
        timers_.erase(it);
        return;
      }
    }
  }
  void perform(Execution& execution, const FinishExecution& finish) {
    if (execution.started_by) return tell_parent(execution, finish);
    result_.status = finish.status;
    if (finish.status == ExecutionStatus::Succeeded) result_.output = finish.output;
    result_.failure = finish.failure;
  }
  void perform(Execution& execution, const RequestContinue& effect) {
    inputs_.push_back({execution.number, Continue{effect.ready}});
  }

  // Map Runs have no record here.
  void perform(Execution&, const StartMapRun&) {}
  void perform(Execution&, const CountMapRun&) {}
  void perform(Execution&, const EndMapRun&) {}
  // Nothing is redriven here.
  void perform(Execution&, const RedriveMapRun&) {}
  void perform(Execution&, const RedriveChildren&) {}

  void perform(Execution& parent, const StartChild& effect) {
    const uint32_t number = ++children_;
    ExecutionInfo info = parent.info;
    info.execution_arn = effect.execution_arn;
    info.execution_name = effect.name;
    info.state_machine_arn = effect.state_machine_arn;
    Execution& child = executions_.try_emplace(number, number, std::move(info), effect.input).first->second;
    child.parent = parent.number;
    child.started_by = effect;
    apply(number, Start{effect.input});
  }

  void perform(Execution&, const StopChildren& effect) {
    std::vector<uint32_t> open;
    for (const auto& [number, execution] : executions_) {
      const auto& started_by = execution.started_by;
      if (started_by && started_by->map_run_arn == effect.map_run_arn) open.push_back(number);
    }
    for (const uint32_t number : open) apply(number, Stop{{{}, {}, false, false}});
  }

  void tell_parent(const Execution& child, const FinishExecution& finish) {
    const StartChild& start = *child.started_by;
    ChildEnded ended;
    ended.scope = start.scope;
    ended.map_run_arn = start.map_run_arn;
    ended.index = start.index;
    ended.name = start.name;
    ended.input = start.input;
    ended.start_time_ms = start_time_of(child);
    ended.status = finish.status;
    ended.output = finish.output;
    ended.failure = finish.failure;
    inputs_.push_back({child.parent, std::move(ended)});
  }
  static int64_t start_time_of(const Execution& execution) {
    return execution.storage.events().front().timestamp_ms;  // ExecutionStarted
  }

  void perform(Execution& execution, const ReadItems& request) {
    auto chunk = read_items(execution, request);
    ItemsRead answer{request.scope, request.attempt, Value::array(), std::nullopt};
    if (chunk) {
      answer.items = Value(std::move(chunk->items));
      answer.more = chunk->more;
    } else {
      answer.failure = std::move(chunk.error());
    }
    if (!answer.more) readings_.erase({execution.number, request.scope});
    inputs_.push_back({execution.number, std::move(answer)});
  }
  void perform(Execution& execution, const WriteResults& request) {
    ResultsWritten answer{request.scope, request.attempt, std::nullopt};
    for (const auto& file : request.files) {
      auto written = options_.objects ? options_.objects->write(request.bucket, file.key, file.bytes)
                                      : Unexpected{no_bucket(request.bucket)};
      if (written) continue;
      answer.failure = Failure{std::string(errors::kResultWriterFailed), std::move(written.error())};
      break;
    }
    inputs_.push_back({execution.number, std::move(answer)});
  }

  static std::string no_bucket(const std::string& bucket) {
    return "The specified bucket does not exist: " + bucket;
  }
  Expected<map_run::ItemChunks::Chunk, Failure> read_items(const Execution& execution,
                                                           const ReadItems& request) {
    if (!options_.objects) {
      const Value* bucket = request.arguments.find("Bucket");
      const bool named = bucket && bucket->is_string();
      return Unexpected{Failure{std::string(errors::kItemReaderFailed),
                                no_bucket(named ? std::string(bucket->as_string()) : "")}};
    }
    const std::pair reading(execution.number, request.scope);
    if (request.skip == 0) readings_.erase(reading);  // a Map that is tried again reads again
    return readings_.try_emplace(reading, *options_.objects).first->second.read(request);
  }

  const Definition& definition_;
  const MockConfiguration& mocks_;
  const Options& options_;
  std::map<uint32_t, Execution> executions_;  // the open ones; references stay valid while others come and go
  uint32_t children_ = 0;
  int64_t now_ms_;
  std::deque<std::pair<uint32_t, StepInput>> inputs_;
  std::set<TimerKey> timers_;
  uint64_t next_timer_ = 0;
  bool stopped_ = false;
  std::map<std::string, uint32_t> calls_;
  std::map<std::pair<uint32_t, ScopeId>, map_run::ItemChunks> readings_;
  Result result_;
};

}  // namespace

Result run(const Definition& definition, const Payload& input, const MockConfiguration& mocks,
           const Options& options) {
  return Run(definition, input, mocks, options).run();
}

}  // namespace statelang::test_runner
