#include "metrics.h"

#include <cstdio>

namespace engine::runtime {

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

void append_head(std::string& text, std::string_view name, std::string_view help, std::string_view type) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text.append(name).append(" ").append(type).append("\n");
}

}  // namespace

void Histogram::observe(double value) {
  size_t bucket = 0;
  for (double bound = first_; bucket + 1 < kBuckets && value > bound; bound *= 2) ++bucket;
  buckets_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_millionths_.fetch_add(static_cast<uint64_t>(value * 1e6), std::memory_order_relaxed);
}

void Histogram::append(std::string& text, std::string_view name, std::string_view help) const {
  append_head(text, name, help, "histogram");
  uint64_t total = 0;
  double bound = first_;
  for (size_t i = 0; i < kBuckets; ++i, bound *= 2) {
    total += buckets_[i].load(std::memory_order_relaxed);
    const std::string le = i + 1 == kBuckets ? "+Inf" : number(bound);
    text.append(name)
        .append("_bucket{le=\"")
        .append(le)
        .append("\"} ")
        .append(std::to_string(total))
        .append("\n");
  }
  const double sum = static_cast<double>(sum_millionths_.load(std::memory_order_relaxed)) / 1e6;
  text.append(name).append("_sum ").append(number(sum)).append("\n");
  text.append(name).append("_count ").append(std::to_string(total)).append("\n");
}

void append_counter(std::string& text, std::string_view name, std::string_view help, uint64_t count) {
  append_head(text, name, help, "counter");
  text.append(name).append(" ").append(std::to_string(count)).append("\n");
}

void append_gauge(std::string& text, std::string_view name, std::string_view help, double value) {
  append_head(text, name, help, "gauge");
  text.append(name).append(" ").append(number(value)).append("\n");
}

}  // namespace engine::runtime
