#include <connectors/kafka/kafka_triggers.h>
#include <engine/runtime/metrics_text.h>

#include "consumer.h"
#include "settings.h"

namespace connectors::kafka {

KafkaTriggers::KafkaTriggers(engine::Engine& engine, triggers::ExecutionStarter& starter,
                             const engine::Clock& clock)
    : engine_(engine), starter_(starter), clock_(clock) {}

KafkaTriggers::~KafkaTriggers() {
  stop();
}

void KafkaTriggers::check(const statelang::Value& settings,
                          std::vector<statelang::Diagnostic>& findings) const {
  read_settings(settings, findings);
}

// Called on a thread of the engine, which must not wait for the starts of a consumer that ends: the strand
// does.
void KafkaTriggers::put(triggers::TriggerPtr trigger) {
  strand_.post([this, trigger] { replace(trigger->name, trigger); });
}

void KafkaTriggers::erase(const std::string& name) {
  strand_.post([this, name] { replace(name, nullptr); });
}

void KafkaTriggers::replace(const std::string& name, const triggers::TriggerPtr& trigger) {
  std::shared_ptr<Consumer> old;
  {
    std::lock_guard lock(mutex_);
    auto found = consumers_.find(name);
    if (found != consumers_.end()) {
      old = std::move(found->second);
      consumers_.erase(found);
    }
  }
  if (old != nullptr) old->stop();
  old.reset();
  if (trigger == nullptr || !trigger->enabled) return;
  std::vector<statelang::Diagnostic> findings;  // it has passed check()
  auto consumer = std::make_shared<Consumer>(engine_, starter_, clock_, trigger,
                                             read_settings(trigger->settings, findings));
  std::lock_guard lock(mutex_);
  consumers_[name] = std::move(consumer);
}

void KafkaTriggers::add_figures(const std::string& name, statelang::Value& status) const {
  std::lock_guard lock(mutex_);
  const auto found = consumers_.find(name);
  if (found != consumers_.end()) status.set("kafka", found->second->figures());
}

void KafkaTriggers::append_metrics(std::string& text) const {
  std::map<std::string, std::string> lines;
  {
    std::lock_guard lock(mutex_);
    if (consumers_.empty()) return;
    for (const auto& [name, consumer] : consumers_) consumer->append_figures(lines);
  }
  auto append = [&](const char* metric, const char* type, const char* help) {
    if (lines[metric].empty()) return;
    engine::append_metric_head(text, metric, help, type);
    text += lines[metric];
  };
  append("stepstream_kafka_records_total", "counter", "Records read.");
  append("stepstream_kafka_filtered_total", "counter", "Records that no filter takes.");
  append("stepstream_kafka_poison_total", "counter", "Records that cannot start an execution.");
  append("stepstream_kafka_deleted_total", "counter", "Records the brokers deleted before they were read.");
  append("stepstream_kafka_lag", "gauge", "Records of the partition that are not handled yet.");
  append("stepstream_kafka_paused_partitions", "gauge", "Partitions that wait for the engine.");
}

void KafkaTriggers::stop() {
  strand_.stop();
  std::map<std::string, std::shared_ptr<Consumer>> consumers;
  {
    std::lock_guard lock(mutex_);
    consumers.swap(consumers_);
  }
  for (auto& [name, consumer] : consumers) consumer->ask_to_stop();
  for (auto& [name, consumer] : consumers) consumer->stop();
}

}  // namespace connectors::kafka
