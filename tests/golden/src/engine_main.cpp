// golden_engine [--store memory|rocksdb] [--restarts] FOLDER
// Plays the scripts through the engine's core over a store in memory, or RocksDB in a directory of its own
// for each script; with --restarts a new partition takes over after every record, and the directory is closed
// and opened again. The histories must be those of the language alone. Left out are Distributed Maps and
// jitter, whose ids and delays come from the execution's own random numbers.
#include <cstdio>
#include <deque>
#include <set>
#include <string_view>
#include <tuple>

#include <engine/wire/task_token.h>

#include "script.h"
#include "stored_partition.h"

namespace {

using namespace engine::core;
using statelang::Payload;

constexpr std::string_view kPrefix = "arn:aws:states:us-east-1:123456789012:";

PartitionSettings settings() {
  PartitionSettings out;
  out.account = "123456789012";
  out.token_key = "test key";
  return out;
}

bool same_in_the_engine(const golden::Script& script) {
  return script.definition.find("DISTRIBUTED") == std::string::npos &&
         script.definition.find("FULL") == std::string::npos;
}

class EngineRun {
 public:
  EngineRun(const golden::Script& script, const statelang::Definition& definition,
            const statelang::test_runner::MockConfiguration& mocks, golden::StoreKind store, bool restarts)
      : script_(script),
        definition_(definition),
        mocks_(mocks),
        restarts_(restarts),
        core_(store, settings()) {
    core_.now_ms = golden::kStartMs;
    arn_ = std::string(kPrefix) + "execution:" + std::string(golden::kMachineName) + ":" +
           std::string(golden::kExecutionName);
  }

  std::string trace() {
    RegisterDefinition machine;
    machine.revision_id = "r1";
    machine.state_machine_arn = std::string(kPrefix) + "stateMachine:" + std::string(golden::kMachineName);
    machine.state_machine_name = golden::kMachineName;
    machine.role_arn = statelang::test_runner::Options().role_arn;
    machine.definition = script_.definition;
    apply(std::move(machine));
    StartExecution start;
    start.execution_arn = arn_;
    start.name = golden::kExecutionName;
    start.revision_id = "r1";
    start.input = Payload::from_text(script_.input);
    apply(std::move(start));
    for (int steps = 0; steps < 10000 && !finished_; ++steps) {
      if (records_.empty() && !stop_now() && !ring()) break;
      RecordBody next = std::move(records_.front());
      records_.pop_front();
      apply(std::move(next));
    }
    return shown();
  }

 private:
  using Timer = std::tuple<int64_t, uint64_t, uint8_t, statelang::ScopeId, uint32_t>;

  void apply(RecordBody body) {
    for (const Action& action : core_.apply(std::move(body))) perform(action);
    if (restarts_) core_.restart();
  }

  void perform(const Action& action) {
    if (const auto* task = std::get_if<DispatchTask>(&action)) dispatch(*task);
    if (const auto* timer = std::get_if<ArmTimer>(&action)) {
      execution_ = timer->timer.execution;
      const TimerDue& due = timer->timer;
      if (due.kind != TimerDue::kRetention) {
        timers_.insert({due.due_ms, next_timer_++, due.kind, due.scope, due.attempt});
      }
    }
    if (const auto* timer = std::get_if<DisarmTimer>(&action)) disarm(timer->timer);
    if (const auto* changed = std::get_if<ExecutionChanged>(&action)) finished_ = changed->finished;
  }

  void disarm(const TimerDue& due) {
    for (auto at = timers_.begin(); at != timers_.end(); ++at) {
      const auto& [due_ms, order, kind, scope, attempt] = *at;
      if (due_ms != due.due_ms || kind != due.kind || scope != due.scope || attempt != due.attempt) continue;
      timers_.erase(at);
      return;
    }
  }

  bool stop_now() {
    if (!script_.stop_ms || stopped_) return false;
    const int64_t due = golden::kStartMs + *script_.stop_ms;
    if (!timers_.empty() && std::get<0>(*timers_.begin()) <= due) return false;
    stopped_ = true;
    core_.now_ms = std::max(core_.now_ms, due);
    records_.push_back(StopExecution{arn_, script_.stop_failure});
    return true;
  }

  bool ring() {
    if (timers_.empty()) return false;
    const auto [due, order, kind, scope, attempt] = *timers_.begin();
    timers_.erase(timers_.begin());
    core_.now_ms = std::max(core_.now_ms, due);
    records_.push_back(TimerDue{due, execution_, kind, scope, attempt});
    return true;
  }

  void dispatch(const DispatchTask& task) {
    const auto scope = task.id.scope;
    const auto attempt = task.id.attempt;
    tokens_.push_back(
        {engine::wire::make_task_token(core_.settings().token_key,
                                       {core_.settings().partition, static_cast<uint64_t>(task.id.execution),
                                        static_cast<uint32_t>(scope), attempt}),
         "task-" + std::to_string(static_cast<uint32_t>(scope)) + "-" + std::to_string(attempt)});
    const auto& resource = definition_.find(task.state_name)->as<statelang::TaskFields>().resource;
    const auto report = [&](auto what) { records_.push_back(TaskReport{task.id, std::move(what), true}); };
    report(statelang::TaskStarted{scope, attempt, {}, core_.now_ms});
    if (resource.pattern != statelang::IntegrationPattern::RequestResponse) {
      report(statelang::TaskSubmitted{scope, attempt, Payload()});
    }
    const auto* answer = mocks_.answer(std::string(golden::kMachineName), std::string(golden::kTestCase),
                                       task.state_name, calls_[task.state_name]++);
    if (!answer) return;
    if (answer->output) {
      const Payload output = statelang::test_runner::mocked_output(resource, *answer);
      report(statelang::TaskSucceeded{scope, attempt, output, {}, 0});
    } else {
      report(statelang::TaskFailed{scope, attempt, answer->failure, {}, 0});
    }
  }

  std::string shown() const {
    const auto number = find_execution(core_.reader(), arn_);
    if (!number || !*number) return "no such execution\n";
    const auto view = read_execution(core_.reader(), **number);
    const auto events = read_history(core_.reader(), **number, 0, false, 1'000'000);
    if (!view || !*view || !events) return "no history\n";
    std::string out = golden::trace_of(*events, (*view)->state.status);
    for (const auto& [own, readable] : tokens_) {
      for (size_t at = out.find(own); at != std::string::npos; at = out.find(own)) {
        out.replace(at, own.size(), readable);
      }
    }
    return out;
  }

  const golden::Script& script_;
  const statelang::Definition& definition_;
  const statelang::test_runner::MockConfiguration& mocks_;
  const bool restarts_;
  golden::StoredPartition core_;
  std::string arn_;
  ExecutionNumber execution_{};
  std::deque<RecordBody> records_;
  std::set<Timer> timers_;
  uint64_t next_timer_ = 0;
  std::map<std::string, uint32_t> calls_;
  std::vector<std::pair<std::string, std::string>> tokens_;  // the engine's, and as scripts show it
  bool finished_ = false, stopped_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  bool restarts = false;
  golden::StoreKind store = golden::StoreKind::Memory;
  std::string folder;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--restarts") {
      restarts = true;
    } else if (argument == "--store" && i + 1 < argc) {
      const std::string_view name = argv[++i];
      if (name != "memory" && name != "rocksdb") return std::fprintf(stderr, "no such store\n"), 1;
      if (name == "rocksdb") store = golden::StoreKind::RocksDb;
    } else {
      folder = argv[i];
    }
  }
  const auto scripts = golden::read_scripts(folder);
  if (!scripts) return std::fprintf(stderr, "%s\n", scripts.error().c_str()), 1;
  int played = 0, wrong = 0, left_out = 0;
  for (const golden::Script& script : *scripts) {
    if (!same_in_the_engine(script)) {
      ++left_out;
      continue;
    }
    const auto definition = golden::parse_definition(script);
    const auto mocks = golden::parse_answers(script);
    ++played;
    const std::string differs =
        !definition ? definition.error()
        : !mocks    ? mocks.error()
                    : golden::difference(script.expected,
                                         EngineRun(script, **definition, *mocks, store, restarts).trace());
    if (differs.empty()) continue;
    ++wrong;
    std::fprintf(stderr, "%s: %s\n", script.name().c_str(), differs.c_str());
  }
  std::printf("%d of %d golden scripts are the same in the engine over %s%s (%d left out)\n", played - wrong,
              played, store == golden::StoreKind::RocksDb ? "RocksDB" : "memory",
              restarts ? ", restarted after every record" : "", left_out);
  return wrong == 0 && played > 0 ? 0 : 1;
}
