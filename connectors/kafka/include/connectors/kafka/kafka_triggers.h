// KafkaTriggers: the "kafka" kind of trigger. Records of a topic start executions, one per record or one per
// batch, under names made of trigger, topic, partition and offset; offsets are committed behind acknowledged
// starts only, so that a record starts one execution whatever crashes (docs/guides/kafka.md).
// Thread rule: any thread. Each trigger has one thread that waits in the Kafka client, never spins; clients
// are opened and closed on a thread of this object's own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/thread_strand.h>
#include <connectors/triggers/trigger.h>
#include <engine/runtime/engine.h>

namespace connectors::kafka {

class Consumer;

class KafkaTriggers : public triggers::TriggerKind {
 public:
  // All must outlive this object.
  KafkaTriggers(engine::Engine& engine, triggers::ExecutionStarter& starter, const engine::Clock& clock);
  ~KafkaTriggers() override;

  std::string_view name() const override { return "kafka"; }
  void check(const statelang::Value& settings, std::vector<statelang::Diagnostic>& findings) const override;
  void put(triggers::TriggerPtr trigger) override;
  void erase(const std::string& name) override;
  // "kafka": {"group", "partitions", "lag"}, of this process; a lag that is not known yet is null.
  void add_figures(const std::string& name, statelang::Value& status) const override;

  // Prometheus: records, filtered, poison and deleted ones, lag, paused partitions.
  void append_metrics(std::string& text) const;
  // Idempotent. Waits for starts on their way, commits, leaves the groups. The engine must still answer.
  void stop();

 private:
  void replace(const std::string& name, const triggers::TriggerPtr& trigger);

  engine::Engine& engine_;
  triggers::ExecutionStarter& starter_;
  const engine::Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Consumer>> consumers_;
  triggers::ThreadStrand strand_;
};

}  // namespace connectors::kafka
