// Metrics as Prometheus' text format 0.0.4: what every part of the engine appends to the answer of /metrics
// (docs/guides/metrics.md lists them all). Pure functions; any thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace engine {

// Once for each metric, before its samples. `type`: counter, gauge or histogram.
inline void append_metric_head(std::string& text, std::string_view name, std::string_view help,
                               std::string_view type) {
  text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text.append(name).append(" ").append(type).append("\n");
}

// `sink="mail"`; several are joined with commas. Names of labels and values that need escapes do not occur:
// values are names of triggers and sinks, which have none of \ " and line ends.
inline std::string metric_label(std::string_view name, std::string_view value) {
  return std::string(name).append("=\"").append(value).append("\"");
}

// Nine digits: enough for bounds and sums; counts have their own overload, which is exact.
inline std::string metric_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

// `labels`: nothing, or what metric_label() gives.
inline void append_sample(std::string& text, std::string_view name, std::string_view labels,
                          std::string_view value) {
  text.append(name);
  if (!labels.empty()) text.append("{").append(labels).append("}");
  text.append(" ").append(value).append("\n");
}
inline void append_sample(std::string& text, std::string_view name, std::string_view labels, uint64_t count) {
  append_sample(text, name, labels, std::to_string(count));
}

// A metric without labels, head and sample.
inline void append_counter(std::string& text, std::string_view name, std::string_view help, uint64_t count) {
  append_metric_head(text, name, help, "counter");
  append_sample(text, name, {}, count);
}
inline void append_gauge(std::string& text, std::string_view name, std::string_view help, double value) {
  append_metric_head(text, name, help, "gauge");
  append_sample(text, name, {}, metric_number(value));
}

}  // namespace engine
