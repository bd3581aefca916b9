// The HTTP server's counters as Prometheus text.
#pragma once

#include <string>

#include <engine/api/http/server.h>
#include <engine/runtime/metrics_text.h>

namespace engine::server {

inline void append_http_metrics(std::string& out, const http::ServerCounters& counters) {
  append_counter(out, "stepstream_http_requests_total", "Requests that reached a handler.",
                 counters.requests);
  append_gauge(out, "stepstream_http_connections", "Open connections.",
               static_cast<double>(counters.connections_open));
  append_counter(out, "stepstream_http_connections_accepted_total", "Connections accepted.",
                 counters.connections_accepted);
  append_counter(out, "stepstream_http_connections_refused_total", "Connections above the limit.",
                 counters.connections_refused);
  append_counter(out, "stepstream_http_timeouts_total", "Requests that did not arrive in time.",
                 counters.timeouts);
  append_counter(out, "stepstream_http_bad_requests_total", "Requests refused before a handler saw them.",
                 counters.bad_requests);
  append_gauge(out, "stepstream_http_arriving_bytes", "Bytes of bodies that are not whole yet.",
               static_cast<double>(counters.arriving_bytes));
}

}  // namespace engine::server
