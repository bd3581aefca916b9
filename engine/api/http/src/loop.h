// Loop: one thread of the server and what its connections share: deadlines, spare buffers, the date. All of
// it runs on that thread but `io`, to which anyone may post.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <engine/api/http/server.h>

#include "deadlines.h"

namespace engine::http {

struct Counters {
  std::atomic<uint64_t> requests{0}, open{0}, accepted{0}, refused{0}, timeouts{0}, bad_requests{0};
  std::atomic<size_t> arriving_bytes{0};  // of bodies that are not whole yet
};

// What all loops of one server share.
struct Shared {
  ServerLimits limits;
  Handler handler;
  Counters counters;
  std::atomic<bool> draining{false};
};

class Connection;

class Loop {
 public:
  explicit Loop(std::shared_ptr<Shared> shared_by_all);

  void add(Connection& connection) { all_.insert(&connection); }
  void remove(Connection& connection) { all_.erase(&connection); }
  void enter(Connection& connection, Phase phase);

  // Buffers go back here between requests, so that idle connections hold none.
  std::vector<char> take_buffer();
  void give_back(std::vector<char> buffer);
  const std::string& date();  // for the Date header, made once a second

  // Closes the connection that has been waiting longest for a request, for the rest of its header, or for a
  // body that is slow: few clients that hold many must not keep everybody else out. False: there is none.
  bool close_oldest();
  // Refuses the body that has been arriving longest, other than `self`'s. False: none is slow.
  bool refuse_slowest_body(const Connection& self);
  void close_idle();
  void close_all();

  boost::asio::io_context io{1};
  Shared& shared;

 private:
  // A handler may answer, and so hold a connection and its loop, after the server is gone.
  const std::shared_ptr<Shared> shared_by_all_;
  void arm();
  void expire();

  boost::asio::steady_timer timer_;
  int64_t armed_for_ms_ = 0;  // 0: not armed
  Deadlines deadlines_;
  std::vector<std::vector<char>> spare_;
  std::string date_;
  int64_t date_second_ = 0;
  std::unordered_set<Connection*> all_;
};

}  // namespace engine::http
