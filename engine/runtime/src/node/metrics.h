// Counters and histograms of the engine, written as Prometheus text. Thread rule: any thread, no locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include <engine/runtime/metrics_text.h>

namespace engine::runtime {

struct Counter {
  std::atomic<uint64_t> count{0};
  void add(uint64_t more = 1) { count.fetch_add(more, std::memory_order_relaxed); }
};

// Buckets of powers of two from `first` on; the last one has no upper bound.
class Histogram {
 public:
  explicit Histogram(double first) : first_(first) {}
  void observe(double value);
  void append(std::string& text, std::string_view name, std::string_view help) const;

 private:
  static constexpr size_t kBuckets = 18;
  double first_;
  std::array<std::atomic<uint64_t>, kBuckets> buckets_{};
  std::atomic<uint64_t> sum_millionths_{0};
};

struct EngineMetrics {
  Counter executions_started;
  Counter executions_ended;
  Counter records_applied;
  Counter commits;
  Counter commits_failed;
  Counter transitions;
  Counter tasks_dispatched;
  Counter tasks_delivered;
  Counter task_results_accepted;
  Counter task_results_refused;
  Counter requests_throttled;
  Histogram batch_records{1};
  Histogram commit_seconds{0.00005};
  Histogram start_seconds{0.0001};
  Histogram task_result_seconds{0.0001};
};

}  // namespace engine::runtime
