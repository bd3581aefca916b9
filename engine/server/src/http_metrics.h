// The HTTP server's counters as Prometheus text.
#pragma once

#include <string>

#include <engine/api/http/server.h>

namespace engine::server {

inline void append_http_metrics(std::string& out, const http::ServerCounters& counters) {
  const auto add = [&out](const char* name, const char* type, const char* help, uint64_t value) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    out.append(name).append(" ").append(std::to_string(value)).append("\n");
  };
  add("stepstream_http_requests_total", "counter", "Requests that reached a handler.", counters.requests);
  add("stepstream_http_connections", "gauge", "Open connections.", counters.connections_open);
  add("stepstream_http_connections_accepted_total", "counter", "Connections accepted.",
      counters.connections_accepted);
  add("stepstream_http_connections_refused_total", "counter", "Connections above the limit.",
      counters.connections_refused);
  add("stepstream_http_timeouts_total", "counter", "Requests that did not arrive in time.",
      counters.timeouts);
  add("stepstream_http_bad_requests_total", "counter", "Requests refused before a handler saw them.",
      counters.bad_requests);
  add("stepstream_http_arriving_bytes", "gauge", "Bytes of bodies that are not whole yet.",
      counters.arriving_bytes);
}

}  // namespace engine::server
