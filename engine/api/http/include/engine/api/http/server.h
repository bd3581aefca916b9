// Server: an HTTP/1.1 server for loopback and private networks. It owns its threads; each connection stays on
// one of them.
//
// Limits have names (ServerLimits) and answers: a header over its limit is 431, a body 413, a request that
// does not arrive in time 408. A connection above the limit takes the place of the one that has been waiting
// longest for something to arrive, a body that would make all that arrive larger than theirs that of the one
// that has been arriving longest, when a tenth of its time is over; where there is none it gets 503. A
// connection works on one request at a time; pipelined ones wait in its buffer, at most header_bytes_max of
// them. An idle connection holds no buffer. Thread rule: start() and stop() from one thread; the handler is
// called on the server's threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <engine/api/http/message.h>
#include <engine/core/error.h>

namespace engine::http {

struct ServerLimits {
  size_t header_bytes_max = 16 * 1024;
  // A definition of 1 MiB, the service's limit, is larger as a JSON string: every quotation mark gets a
  // backslash.
  size_t body_bytes_max = 4 * 1024 * 1024;
  size_t arriving_bytes_max = 256 * 1024 * 1024;  // of bodies that are being received, on all connections
  size_t connections_max = 20'000;
  int64_t idle_timeout_ms = 75'000;    // between requests
  int64_t header_timeout_ms = 10'000;  // first to last byte of the header
  int64_t body_timeout_ms = 30'000;    // last byte of the header to last byte of the body
  int64_t write_timeout_ms = 30'000;   // for one answer, or one piece of a stream
};

struct ServerOptions {
  std::string host = "127.0.0.1";  // address or name
  uint16_t port = 0;               // 0: any free one
  unsigned threads = 1;
  ServerLimits limits;
};

struct ServerCounters {
  uint64_t requests = 0;
  uint64_t connections_open = 0;
  uint64_t connections_accepted = 0;
  uint64_t connections_refused = 0;  // above connections_max, and none was waiting
  uint64_t timeouts = 0;             // 408
  uint64_t bad_requests = 0;         // 400, 413, 431 before a handler saw them
  uint64_t arriving_bytes = 0;       // of bodies that are not whole yet
};

class Server {
 public:
  Server(ServerOptions options, Handler handler);
  ~Server();  // stops at once
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds and begins to accept. Error::Permanent says which address and why (in use, no such name).
  engine::Expected<bool> start();
  uint16_t port() const;

  // Takes no new connections and closes the idle ones; answers from now on close their connection.
  void begin_drain();
  // begin_drain(), waits until the open requests are answered, at most `drain_ms`, then closes everything and
  // ends the threads. Handlers are not called any more when it returns.
  void stop(int64_t drain_ms);

  ServerCounters counters() const;

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

// True for 127.0.0.0/8, ::1 and "localhost": addresses that only this machine reaches.
bool is_loopback(const std::string& host);

}  // namespace engine::http
