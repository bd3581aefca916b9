// Machine: one life of the simulated engine process: the real loop, queues, replies and watchers. It ends
// with its destruction; what it had posted then never runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <engine/runtime/action_executor.h>

#include "scheduler.h"
#include "sim_log.h"
#include "sim_store.h"
#include "simulated_run.h"

namespace simulation {

struct Surroundings {
  Scheduler& scheduler;
  SimClock& clock;
  SimLog& log;
  SimStore& store;
  std::function<void(const std::string& why)> halted;  // a partition has stopped for good
  std::function<void()> refused;                       // a record was given back
  std::function<void(engine::PartitionId)> restarted;  // a partition begins again from the store
  std::function<void(const std::vector<engine::core::Action>&)> performing;  // what is durable now
};

class Machine : public Desk {
 public:
  // One partition for each of `settings`.
  Machine(const Surroundings& surroundings, const std::vector<engine::runtime::LoopSettings>& settings);

  engine::Expected<void> start();
  const engine::AppliedPosition& position(engine::PartitionId partition) const {
    return shards_.at(static_cast<size_t>(partition))->loop.position();
  }
  const engine::Clock& clock() const override { return surroundings_.clock; }
  // The answer to a synchronous start is lost when the partition starts over, and may take days.
  void submit(engine::PartitionId partition, engine::core::RecordBody body,
              engine::ApiCallback<engine::core::Reply> done) override;
  void append(engine::PartitionId partition, engine::core::RecordBody body) override;
  std::optional<engine::runtime::TaskQueues::Delivery> delivery(
      const engine::core::TaskId& id) const override {
    return queues.delivery(id);
  }
  void renew(const engine::core::TaskId& id) override { (void)queues.renew(id); }
  void withdraw(const engine::core::TaskId& id) override { queues.withdraw(id); }

 private:
  class Executor : public engine::runtime::ActionExecutor {
   public:
    Executor(const Surroundings& surroundings, engine::runtime::ReplyRegistry& reply_registry,
             engine::runtime::TaskQueues& task_queues, engine::runtime::ExecutionWatchers& execution_watchers)
        : ActionExecutor(reply_registry, task_queues, execution_watchers), surroundings_(surroundings) {}
    void halted(engine::PartitionId, const engine::Error& why) override { surroundings_.halted(why.message); }
    void refuse(engine::PartitionId partition, uint64_t request, const engine::Error& why) override {
      surroundings_.refused();
      ActionExecutor::refuse(partition, request, why);
    }
    void restarted(engine::PartitionId partition) override {
      surroundings_.restarted(partition);
      ActionExecutor::restarted(partition);
    }
    void perform(engine::PartitionId partition, std::vector<engine::core::Action> actions) override {
      surroundings_.performing(actions);
      ActionExecutor::perform(partition, std::move(actions));
    }

   private:
    const Surroundings& surroundings_;
  };
  struct Shard {
    Shard(const Surroundings& surroundings, const std::weak_ptr<Process>& process,
          const engine::runtime::LoopSettings& settings, Executor& executor)
        : strand(surroundings.scheduler, surroundings.clock, process),
          loop(settings, strand, surroundings.clock, surroundings.log, surroundings.store, executor) {}
    SimStrand strand;
    engine::runtime::PartitionLoop loop;
  };
  engine::runtime::TaskQueues::FetchTasks task_fetcher();

  const Surroundings surroundings_;
  std::shared_ptr<Process> process_;
  SimStrand reply_strand_, queue_strand_, watcher_strand_;

 public:
  engine::runtime::ReplyRegistry replies;
  engine::runtime::TaskQueues queues;
  engine::runtime::ExecutionWatchers watchers;

 private:
  Executor executor_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace simulation
