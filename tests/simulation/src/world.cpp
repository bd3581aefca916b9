#include "world.h"

#include <cstdio>

namespace simulation {

using engine::ApiErrorCode;
using engine::ApiResult;
using engine::core::Reply;
using engine::core::ReplyCode;
using engine::core::TaskId;

namespace {
constexpr engine::PartitionId kPartition{0};
constexpr uint64_t kStepsMax = 300'000;
constexpr int64_t kTimeMaxMs = 7LL * 24 * 3600 * 1000;
constexpr int64_t kAnswerPatienceMs = 45'000;  // a caller that was told nothing tries again
}  // namespace

std::string task_name(const TaskId& id) {
  return std::to_string(static_cast<uint64_t>(id.execution)) + "/" +
         std::to_string(static_cast<uint32_t>(id.scope)) + "/" + std::to_string(id.attempt);
}

engine::core::PartitionSettings partition_settings(uint32_t transitions_max) {
  engine::core::PartitionSettings settings;
  settings.token_key = "simulation";
  settings.limits.transitions_max = transitions_max;
  return settings;
}

Faults random_faults(Random& random) {
  Faults faults;
  faults.durable_log = random.chance(50);
  if (random.chance(60)) faults.crash_every_steps = static_cast<int>(random.between(20, 400));
  if (random.chance(30)) faults.store.ambiguous_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(30)) faults.store.transient_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(30)) faults.store.full_percent = static_cast<int>(random.between(1, 20));
  if (random.chance(50)) faults.store.delay_ms_max = random.between(1, 200);
  faults.clock_jumps = random.chance(15);
  faults.unleased = random.chance(20);
  if (random.chance(40) && !faults.unleased) faults.vanish_percent = static_cast<int>(random.between(1, 30));
  if (random.chance(40)) faults.duplicate_percent = static_cast<int>(random.between(10, 60));
  if (random.chance(30)) faults.late_percent = static_cast<int>(random.between(5, 40));
  if (random.chance(30)) faults.lie_percent = static_cast<int>(random.between(5, 40));
  if (random.chance(20)) faults.stop_percent = 30;
  if (random.chance(50)) faults.transitions_max = static_cast<uint32_t>(random.between(1, 6));
  return faults;
}

// A commit under way, the one that the timer's record is in, and the alarm's grain.
std::optional<int64_t> lateness_max_ms(const Faults& faults) {
  constexpr int64_t kGrainMs = 1'000;
  const StoreFaults& store = faults.store;
  const bool explained = faults.crash_every_steps > 0 || faults.clock_jumps || store.ambiguous_percent > 0 ||
                         store.transient_percent > 0 || store.full_percent > 0;
  if (explained) return std::nullopt;
  return 2 * store.delay_ms_max + kGrainMs;
}

// ------------------------------------------------------------------------------------------ the process

class World::Machine {
 public:
  explicit Machine(World& world)
      : world_(world),
        process_(std::make_shared<Process>()),
        loop_strand_(world.scheduler_, world.clock_, process_),
        reply_strand_(world.scheduler_, world.clock_, process_),
        queue_strand_(world.scheduler_, world.clock_, process_),
        watcher_strand_(world.scheduler_, world.clock_, process_),
        replies(reply_strand_, world.clock_),
        queues({}, queue_strand_, world.clock_, task_name, started_reporter()),
        watchers(watcher_strand_, world.clock_),
        executor_(world, replies, queues, watchers),
        loop_(loop_settings(world), loop_strand_, world.clock_, world.log_, world.store_, executor_) {}

  engine::Expected<void> start() { return loop_.start(); }

  void submit(engine::core::RecordBody body, engine::ApiCallback<Reply> done) {
    const uint64_t request = replies.expect({kPartition}, std::move(done));
    if (!world_.log_.append(kPartition, {world_.clock_.now_ms(), request, 0, std::move(body)})) {
      replies.refuse(request, {ApiErrorCode::Throttled, "log", {}});
    }
  }
  void append(engine::core::RecordBody body) {
    (void)world_.log_.append(kPartition, {world_.clock_.now_ms(), 0, 0, std::move(body)});
  }

 private:
  class Executor : public engine::runtime::ActionExecutor {
   public:
    Executor(simulation::World& world, engine::runtime::ReplyRegistry& reply_registry,
             engine::runtime::TaskQueues& task_queues, engine::runtime::ExecutionWatchers& execution_watchers)
        : ActionExecutor(reply_registry, task_queues, execution_watchers), world_(world) {}
    void halted(engine::PartitionId, const engine::Error& why) override {
      world_.violate("halted: " + why.message);
    }
    void refuse(engine::PartitionId partition, uint64_t request, const engine::Error& why) override {
      ++world_.figures_.refused;
      ActionExecutor::refuse(partition, request, why);
    }

   private:
    simulation::World& world_;
  };

  static engine::runtime::LoopSettings loop_settings(const World& world) {
    engine::runtime::LoopSettings settings;
    settings.partition = partition_settings(world.faults_.transitions_max);
    settings.log_is_durable = world.faults_.durable_log;
    return settings;
  }

  engine::runtime::TaskQueues::ReportStarted started_reporter() {
    return [this](const TaskId& id, std::string worker, int64_t started_ms,
                  std::function<void(ApiResult<ReplyCode>)> answered) {
      engine::core::TaskReport report{
          id, statelang::TaskStarted{id.scope, id.attempt, std::move(worker), started_ms}};
      if (!answered) return append(std::move(report));
      submit(std::move(report), [answered](ApiResult<Reply> answer) {
        if (!answer) return answered(statelang::Unexpected{answer.error()});
        answered(answer->code);
      });
    };
  }

  World& world_;
  std::shared_ptr<Process> process_;
  SimStrand loop_strand_, reply_strand_, queue_strand_, watcher_strand_;

 public:
  engine::runtime::ReplyRegistry replies;
  engine::runtime::TaskQueues queues;
  engine::runtime::ExecutionWatchers watchers;

 private:
  Executor executor_;
  engine::runtime::PartitionLoop loop_;
};

// ------------------------------------------------------------------------------------------ the run

World::World(uint64_t seed, bool trace)
    : tracing_(trace),
      random_(mix(seed + 1)),
      faults_(random_faults(random_)),
      log_(faults_.durable_log),
      store_(scheduler_, random_) {
  store_.faults = faults_.store;
  workers_ = static_cast<int>(random_.between(1, 3));
  const int64_t count = random_.between(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    Planned plan;
    plan.program = random_program(random_);
    plan.seed = random_.next();
    plan.name = "run" + std::to_string(i);
    plan.arn =
        "arn:aws:states:us-east-1:000000000000:execution:machine" + std::to_string(i) + ":" + plan.name;
    plan.revision = "revision" + std::to_string(i);
    plan.input = *statelang::parse_json(answer_to(plan.seed, "input", "", 0, false).output.empty()
                                            ? "{\"v\":7,\"items\":[{\"v\":8,\"items\":[]}]}"
                                            : answer_to(plan.seed, "input", "", 0, false).output);
    if (auto parsed = statelang::Definition::parse(plan.program.definition()); !parsed) {
      violate("the generator made a bad definition: " +
              statelang::invalid_definition_message(parsed.error()) + " " + plan.program.definition());
    }
    plan.expected = predict(plan.program, plan.seed, plan.input);
    by_arn_[plan.arn] = plans_.size();
    plans_.push_back(std::move(plan));
  }
}

World::~World() = default;

void World::trace(const std::string& what) {
  if (tracing_) std::printf("%10lld ms  %s\n", static_cast<long long>(scheduler_.now_ms()), what.c_str());
}

void World::violate(const std::string& what) {
  trace("VIOLATION " + what);
  if (!violation_) violation_ = what;
}

std::optional<std::string> World::run() {
  boot();
  for (size_t i = 0; i < plans_.size(); ++i) {
    scheduler_.after(random_.between(0, 20'000), [this, i] { start(i, false); });
    if (random_.chance(faults_.stop_percent))
      scheduler_.after(random_.between(0, 60'000), [this, i] { stop(i); });
  }
  if (faults_.clock_jumps) scheduler_.after(random_.between(0, 120'000), [this] { jump_clock(); });
  scheduler_.after(random_.between(60'000, 400'000), [this] { heal(); });

  int64_t finished_at = -1;
  while (!violation_ && scheduler_.step()) {
    ++figures_.steps;
    if (machine_ && !healed_ && faults_.crash_every_steps > 0 &&
        random_.between(1, faults_.crash_every_steps) == 1) {
      crash();
    }
    if (figures_.steps % 32 == 0 && finished_at < 0 && healed_ && all_finished())
      finished_at = scheduler_.now_ms();
    // Leases of tasks that are over, late results and retried requests come to rest.
    if (finished_at >= 0 && scheduler_.now_ms() > finished_at + 4 * kAnswerPatienceMs) break;
    if (figures_.steps > kStepsMax || scheduler_.now_ms() > kTimeMaxMs) {
      for (size_t i = 0; i < plans_.size(); ++i) {
        if (!plans_[i].finished) violate("C1: " + plans_[i].arn + " never ends");
      }
      if (!violation_) violate("C1: the run does not come to rest");
    }
  }
  figures_.store = store_.figures;
  figures_.executions = plans_.size();
  if (violation_) return violation_;
  for (const auto& depth : machine_->queues.depths()) {
    if (depth.pending + depth.delivered > 0) return "C11: tasks are left in the queues";
  }
  figures_.redeliveries += machine_->queues.redeliveries();
  for (size_t i = 0; i < plans_.size(); ++i) observe(i);
  if (violation_) return violation_;
  if (auto wrong = check_store(store_.tables(), plans_, lateness_max_ms(faults_), figures_.compared))
    return wrong;
  return check_replay(log_, store_, partition_settings(faults_.transitions_max));
}

bool World::all_finished() {
  bool all = true;
  for (size_t i = 0; i < plans_.size(); ++i) {
    if (!plans_[i].finished) observe(i);
    all = all && plans_[i].finished && plans_[i].acknowledged;
  }
  return all;
}

// What a client is told must stay true.
void World::observe(size_t index) {
  Planned& plan = plans_[index];
  const std::string outcome = read_outcome(store_.tables(), plan.arn);
  if (!plan.told.empty() && outcome != plan.told) {
    violate("C7: " + plan.arn + " was " + plan.told + " and is now " + outcome);
  }
  plan.told = outcome;
  plan.finished = !outcome.empty();
}

// ------------------------------------------------------------------------------------------ callers

void World::start(size_t index, bool other_input) {
  Planned& plan = plans_[index];
  if (!machine_) return scheduler_.after(500, [this, index, other_input] { start(index, other_input); });
  engine::core::RegisterDefinition definition;
  definition.revision_id = plan.revision;
  definition.state_machine_name = "machine" + std::to_string(index);
  definition.state_machine_arn =
      "arn:aws:states:us-east-1:000000000000:stateMachine:" + definition.state_machine_name;
  definition.definition = plan.program.definition();
  machine_->append(std::move(definition));
  engine::core::StartExecution record;
  record.execution_arn = plan.arn;
  record.name = plan.name;
  record.revision_id = plan.revision;
  record.input =
      statelang::Payload::from_value(other_input ? statelang::Value::object({{"v", -5}}) : plan.input);
  trace("start " + plan.name + (other_input ? " with other input" : ""));
  auto answered = std::make_shared<bool>(false);
  machine_->submit(std::move(record), [this, index, other_input, answered](ApiResult<Reply> answer) {
    *answered = true;
    start_answered(index, other_input, answer);
  });
  if (other_input) return;
  scheduler_.after(kAnswerPatienceMs, [this, index, answered] {
    if (!*answered && !plans_[index].acknowledged) start(index, false);
  });
}

void World::start_answered(size_t index, bool other_input, const ApiResult<Reply>& answer) {
  Planned& plan = plans_[index];
  const bool done = answer && answer->code == ReplyCode::Done;
  const bool exists = answer && answer->code == ReplyCode::ExecutionAlreadyExists;
  trace("start " + plan.name + ": " + (done ? "done" : exists ? "exists" : "refused"));
  if (other_input) {
    if (done) violate("C8: a second start of " + plan.arn + " with other input was accepted");
    return;
  }
  if (!done && !exists) {
    if (!plan.acknowledged)
      scheduler_.after(random_.between(100, 3'000), [this, index] { start(index, false); });
    return;
  }
  const bool first = !plan.acknowledged;
  plan.acknowledged = true;
  if (!first) return;
  if (random_.chance(40))
    scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, false); });
  if (random_.chance(40)) scheduler_.after(random_.between(0, 30'000), [this, index] { start(index, true); });
  scheduler_.after(random_.between(0, 90'000), [this, index] { observe(index); });
}

void World::stop(size_t index) {
  Planned& plan = plans_[index];
  if (!machine_ || healed_) return;
  plan.stop_sent = true;
  trace("stop " + plan.name);
  machine_->submit(engine::core::StopExecution{plan.arn, {"Stopped", "by the caller"}},
                   [](const ApiResult<Reply>&) {});
}

// ------------------------------------------------------------------------------------------ workers

void World::poll(int worker) {
  if (!machine_) return;  // boot() calls every worker again
  engine::PollTasksRequest request;
  request.queue = kTaskQueue;
  request.worker = "worker" + std::to_string(worker);
  request.tasks_max = static_cast<size_t>(random_.between(1, 3));
  request.wait_ms = 20'000;
  request.leased = !faults_.unleased;
  const uint64_t life = figures_.crashes;
  machine_->queues.poll(std::move(request),
                        [this, worker, life](ApiResult<std::vector<engine::PolledTask>> polled) {
                          if (polled) {
                            for (const engine::PolledTask& task : *polled) work(worker, task);
                          }
                          scheduler_.after(polled && !polled->empty() ? 0 : 50, [this, worker, life] {
                            if (life == figures_.crashes) poll(worker);
                          });
                        });
}

void World::work(int worker, const engine::PolledTask& task) {
  const Planned& plan = plans_[by_arn_.at(task.task.execution_arn)];
  const TaskId id = task.task.id;
  Ledger& entry = ledger_[task_name(id)];
  ++entry.deliveries;
  ++figures_.tasks;
  entry.answer = answer_to(plan.seed, task.task.state_name, task.task.input.text(), task.task.retry_count,
                           may_hang(task.task.state_name));
  const Answer answer = entry.answer;
  trace("worker" + std::to_string(worker) + " gets " + task_name(id) + " " + task.task.state_name +
        " retry " + std::to_string(task.task.retry_count));
  if (answer.kind == Answer::Kind::Hang) return;
  if (!healed_ && random_.chance(faults_.vanish_percent)) {
    ++figures_.vanished;
    return trace("... and vanishes");
  }
  const bool late = !healed_ && random_.chance(faults_.late_percent);
  const int64_t delay = random_.between(0, late ? 60'000 : 1'500);
  scheduler_.after(delay, [this, id, answer] { send(id, answer, true, nullptr); });
  if (!healed_ && random_.chance(faults_.duplicate_percent)) {
    ++figures_.duplicates;
    scheduler_.after(delay + random_.between(0, 15'000),
                     [this, id, answer] { send(id, answer, true, nullptr); });
  }
  if (!healed_ && random_.chance(faults_.lie_percent)) {
    ++figures_.lies;
    TaskId other = id;
    if (random_.chance(50) && other.attempt > 0) --other.attempt;
    if (other == id) other.execution = static_cast<engine::core::ExecutionNumber>(1'000'000);
    const Answer lie{Answer::Kind::Success, "{\"v\":-1,\"items\":[]}"};
    scheduler_.after(random_.between(0, 2'000), [this, other, lie] { send(other, lie, false, nullptr); });
  }
}

// Sends until there is an answer of any kind; what was lost with a crash is sent again.
void World::send(const TaskId& id, const Answer& answer, bool honest, std::function<void()> accepted) {
  auto again = [this, id, answer, honest, accepted](int64_t delay_ms) {
    if (honest) scheduler_.after(delay_ms, [=, this] { send(id, answer, honest, accepted); });
  };
  if (!machine_) return again(700);
  engine::core::TaskReport report{id, {}};
  const auto delivery = machine_->queues.delivery(id);
  const int64_t started_ms = delivery ? delivery->started_ms : 0;
  if (answer.kind == Answer::Kind::Success) {
    report.report = statelang::TaskSucceeded{
        id.scope, id.attempt, statelang::Payload::from_text(answer.output), "worker", started_ms};
  } else {
    report.report =
        statelang::TaskFailed{id.scope, id.attempt, {kTaskError, "as it happens"}, "worker", started_ms};
  }
  auto answered = std::make_shared<bool>(false);
  machine_->submit(std::move(report), [=, this](const ApiResult<Reply>& reply) {
    *answered = true;
    if (!reply) return again(random_.between(100, 2'000));
    machine_->queues.withdraw(id);
    const bool done = reply->code == ReplyCode::Done;
    trace("result of " + task_name(id) + (honest ? "" : " (a lie)") + (done ? " accepted" : " refused"));
    if (!done) return;
    if (!honest) return violate("C4: a result that no attempt gave was accepted: " + task_name(id));
    Ledger& entry = ledger_[task_name(id)];
    if (entry.deliveries == 0)
      violate("C5: a result was accepted of a task that no worker got: " + task_name(id));
    if (++entry.accepted > 1) violate("C4: two results of " + task_name(id) + " were accepted");
  });
  if (honest) {
    scheduler_.after(kAnswerPatienceMs, [again, answered] {
      if (!*answered) again(0);
    });
  }
}

// ------------------------------------------------------------------------------------------ faults

void World::boot() {
  machine_ = std::make_unique<Machine>(*this);
  trace("the engine starts");
  if (auto started = machine_->start(); !started) return violate("cannot start: " + started.error().message);
  for (int worker = 0; worker < workers_; ++worker) poll(worker);
}

void World::crash() {
  trace("the engine dies");
  ++figures_.crashes;
  figures_.redeliveries += machine_->queues.redeliveries();
  machine_.reset();
  store_.crash();
  log_.crash(store_.position(kPartition)->applied);
  scheduler_.after(random_.between(0, 5'000), [this] { boot(); });
}

void World::jump_clock() {
  if (healed_) return;
  ++figures_.clock_jumps;
  clock_.jump(random_.between(-3'600'000, 3'600'000));
  trace("the clock jumps");
  scheduler_.after(random_.between(10'000, 120'000), [this] { jump_clock(); });
}

void World::heal() {
  trace("no more faults");
  healed_ = true;
  store_.faults = {};
}

}  // namespace simulation
