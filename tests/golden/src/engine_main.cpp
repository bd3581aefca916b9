// golden_engine [--store memory|rocksdb|cluster] [--kafka ADDRESS --redis-port PORT --name NAME] [--restarts]
// FOLDER Plays the scripts through the engine's core over a store in memory, or RocksDB in a directory of its
// own for each script; with --restarts a new partition takes over after every record, and the directory is
// closed and opened again. `cluster`: through the loop of a node, over Kafka and Redis, each script in a
// partition of its own; --restarts then gives that up and takes it over again. The histories must be those of
// the language alone. Left out are Distributed Maps and jitter, whose ids and delays come from the
// execution's own random numbers.
#include <cstdio>
#include <deque>
#include <string_view>

#include <engine/core/queries.h>
#include <engine/wire/task_token.h>

#include "cluster_partition.h"
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
            const statelang::test_runner::MockConfiguration& mocks, golden::EnginePartition& core,
            bool restarts)
      : script_(script), definition_(definition), mocks_(mocks), restarts_(restarts), core_(core) {
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
      if (records_.empty() && !stop_now()) {
        if (!core_.next_due()) break;
        done(core_.fire());
        continue;
      }
      RecordBody next = std::move(records_.front());
      records_.pop_front();
      apply(std::move(next));
    }
    return shown();
  }

 private:
  void apply(RecordBody body) { done(core_.apply(std::move(body))); }

  void done(const std::vector<Action>& actions) {
    for (const Action& action : actions) {
      if (const auto* task = std::get_if<DispatchTask>(&action)) dispatch(*task);
      if (const auto* changed = std::get_if<ExecutionChanged>(&action)) finished_ = changed->finished;
    }
    if (restarts_ && !finished_) core_.restart();
  }

  bool stop_now() {
    if (!script_.stop_ms || stopped_) return false;
    const int64_t due = golden::kStartMs + *script_.stop_ms;
    if (const auto timer = core_.next_due(); timer && *timer <= due) return false;
    stopped_ = true;
    core_.now_ms = std::max(core_.now_ms, due);
    records_.push_back(StopExecution{arn_, script_.stop_failure});
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
  golden::EnginePartition& core_;
  std::string arn_;
  std::deque<RecordBody> records_;
  std::map<std::string, uint32_t> calls_;
  std::vector<std::pair<std::string, std::string>> tokens_;  // the engine's, and as scripts show it
  bool finished_ = false, stopped_ = false;
};

struct Options {
  bool restarts = false;
  std::string store = "memory", kafka, redis_port, name = "golden", folder;
};

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    std::string* value = argument == "--store"        ? &options.store
                         : argument == "--kafka"      ? &options.kafka
                         : argument == "--redis-port" ? &options.redis_port
                         : argument == "--name"       ? &options.name
                                                      : nullptr;
    if (value != nullptr && i + 1 == argc) return false;
    if (value != nullptr) {
      *value = argv[++i];
    } else if (argument == "--restarts") {
      options.restarts = true;
    } else {
      options.folder = argument;
    }
  }
  const bool known = options.store == "memory" || options.store == "rocksdb" || options.store == "cluster";
  return known && !options.folder.empty();
}

// Makes the partition that a script plays in.
class Partitions {
 public:
  Partitions(const Options& options, size_t scripts) : kind_(options.store) {
    if (kind_ == "cluster") {
      servers_ = std::make_unique<golden::ClusterServers>(options.kafka, options.redis_port, options.name,
                                                          static_cast<uint16_t>(scripts));
    }
  }
  std::unique_ptr<golden::EnginePartition> next() {
    PartitionSettings its = settings();
    if (servers_) {
      its.partition = next_++;
      return std::make_unique<golden::ClusterPartition>(*servers_, std::move(its), golden::kStartMs);
    }
    return std::make_unique<golden::StoredPartition>(
        kind_ == "rocksdb" ? golden::StoreKind::RocksDb : golden::StoreKind::Memory, std::move(its));
  }

 private:
  const std::string kind_;
  std::unique_ptr<golden::ClusterServers> servers_;
  uint16_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return std::fprintf(stderr, "see the head of engine_main.cpp\n"), 1;
  const auto scripts = golden::read_scripts(options.folder);
  if (!scripts) return std::fprintf(stderr, "%s\n", scripts.error().c_str()), 1;
  Partitions partitions(options, scripts->size());
  int played = 0, wrong = 0, left_out = 0;
  for (const golden::Script& script : *scripts) {
    if (!same_in_the_engine(script)) {
      ++left_out;
      continue;
    }
    const auto definition = golden::parse_definition(script);
    const auto mocks = golden::parse_answers(script);
    const auto core = partitions.next();
    ++played;
    const std::string differs =
        !definition ? definition.error()
        : !mocks
            ? mocks.error()
            : golden::difference(script.expected,
                                 EngineRun(script, **definition, *mocks, *core, options.restarts).trace());
    if (differs.empty()) continue;
    ++wrong;
    std::fprintf(stderr, "%s: %s\n", script.name().c_str(), differs.c_str());
  }
  std::printf("%d of %d golden scripts are the same in the engine over %s%s (%d left out)\n", played - wrong,
              played,
              options.store == "cluster"   ? "Kafka and Redis"
              : options.store == "rocksdb" ? "RocksDB"
                                           : "memory",
              options.restarts ? ", restarted after every record" : "", left_out);
  return wrong == 0 && played > 0 ? 0 : 1;
}
