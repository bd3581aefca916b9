// ClusterPartition: one partition of a cluster's node: the loop that runs there, over a real Kafka and a real
// Redis; time is the script's. Its owner takes it over as ClusterEngine does. The caller's thread is the
// strand; Kafka's and Redis's threads only post.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <engine/log/kafka_command_log.h>
#include <engine/runtime/partition_loop.h>
#include <engine/store/redis_store.h>

#include "engine_partition.h"

namespace golden {

// Ends the program when one of them does not answer.
struct ClusterServers {
  ClusterServers(const std::string& kafka, const std::string& redis_port, const std::string& name,
                 uint16_t partitions);
  std::unique_ptr<engine::store::RedisStore> store;
  std::unique_ptr<engine::log::KafkaCommandLog> log;  // goes first
};

class ClusterPartition : public EnginePartition {
 public:
  ClusterPartition(ClusterServers& servers, engine::core::PartitionSettings settings, int64_t start_ms);
  ~ClusterPartition() override;

  std::vector<engine::core::Action> apply(engine::core::RecordBody body) override;
  std::optional<int64_t> next_due() override { return strand_.alarm_ms; }
  std::vector<engine::core::Action> fire() override;
  void restart() override;

  const engine::StoreReader& reader() const override { return servers_.store->reader(id_); }
  const engine::core::PartitionSettings& settings() const override { return settings_.partition; }

 private:
  struct Clock : engine::Clock {
    explicit Clock(const int64_t& time) : now(time) {}
    int64_t now_ms() const override { return now; }
    const int64_t& now;
  };
  // What is posted runs in run_one(), on the caller's thread.
  struct Strand : engine::Strand {
    void post(std::function<void()> work) override;
    void alarm(int64_t due_ms, std::function<void()> call) override {
      alarm_ms = due_ms;
      wake = std::move(call);
    }
    bool run_one(bool waits);  // false: nothing to run, or nothing came in time
    std::optional<int64_t> alarm_ms;
    std::function<void()> wake;

   private:
    std::mutex mutex_;
    std::condition_variable posted_;
    std::deque<std::function<void()>> work_;
  };
  // Counts what is appended, so that it is known when all of it is applied.
  struct Log : engine::CommandLog {
    explicit Log(engine::CommandLog& log) : real(log) {}
    engine::Expected<void> append(engine::PartitionId partition, engine::core::Record record) override;
    engine::Expected<std::vector<engine::LoggedRecord>> take(engine::PartitionId partition, uint64_t offset,
                                                             size_t limit,
                                                             std::function<void()> available) override {
      return real.take(partition, offset, limit, std::move(available));
    }
    engine::CommandLog& real;
    uint64_t end = 0;  // the offset of the next record
  };
  struct World : engine::runtime::World {
    void perform(engine::PartitionId, std::vector<engine::core::Action> done) override;
    void refuse(engine::PartitionId, uint64_t, const engine::Error&) override {}
    void restarted(engine::PartitionId) override {}
    void halted(engine::PartitionId, const engine::Error& why) override;
    void opened(engine::PartitionId) override { open = true; }
    bool open = false;
    std::vector<engine::core::Action> actions;  // since they were asked for
  };

  void take_over();
  void give_up();
  void run_until(const std::function<bool()>& reached);
  std::vector<engine::core::Action> run_all();

  ClusterServers& servers_;
  engine::runtime::LoopSettings settings_;
  const engine::PartitionId id_;
  Clock clock_{now_ms};
  Strand strand_;
  Log log_;
  World world_;
  std::unique_ptr<engine::runtime::PartitionLoop> loop_;
};

}  // namespace golden
