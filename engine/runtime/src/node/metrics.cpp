#include "metrics.h"

namespace engine::runtime {

void Histogram::observe(double value) {
  size_t bucket = 0;
  for (double bound = first_; bucket + 1 < kBuckets && value > bound; bound *= 2) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_millionths_.fetch_add(static_cast<uint64_t>(value * 1e6), std::memory_order_relaxed);
}

void Histogram::append(std::string& text, std::string_view name, std::string_view help) const {
  append_metric_head(text, name, help, "histogram");
  uint64_t total = 0;
  double bound = first_;
  for (size_t i = 0; i < kBuckets; ++i, bound *= 2) {
    total += buckets_[i].load(std::memory_order_relaxed);
    const std::string le = i + 1 == kBuckets ? "+Inf" : metric_number(bound);
    append_sample(text, std::string(name) + "_bucket", metric_label("le", le), total);
  }
  const double sum = static_cast<double>(sum_millionths_.load(std::memory_order_relaxed)) / 1e6;
  append_sample(text, std::string(name) + "_sum", {}, metric_number(sum));
  append_sample(text, std::string(name) + "_count", {}, total);
}

}  // namespace engine::runtime
