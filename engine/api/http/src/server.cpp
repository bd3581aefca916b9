#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <engine/api/http/problem.h>
#include <engine/api/http/server.h>

#include "connection.h"

namespace engine::http {
namespace {

using boost::asio::executor_work_guard;
using boost::asio::io_context;

statelang::Unexpected<Error> failed(std::string message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

}  // namespace

struct Server::Content {
  Content(ServerOptions given, Handler handler) : options(std::move(given)) {
    shared->limits = options.limits;
    shared->handler = std::move(handler);
    for (unsigned i = 0; i < std::max(1U, options.threads); ++i)
      loops.push_back(std::make_shared<Loop>(shared));
  }

  void accept();
  void accepted(const SocketError& error, tcp::socket socket, Loop& loop);

  ServerOptions options;
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
  std::vector<std::shared_ptr<Loop>> loops;
  std::vector<executor_work_guard<io_context::executor_type>> guards;
  std::vector<std::thread> threads;
  std::unique_ptr<tcp::acceptor> acceptor;           // on loops[0]
  std::unique_ptr<boost::asio::steady_timer> retry;  // accepting again after running out of descriptors
  size_t next_loop = 0;
  uint16_t port = 0;
  bool stopped = false;
};

void Server::Content::accept() {
  Loop& loop = *loops[next_loop++ % loops.size()];
  acceptor->async_accept(loop.io, [this, &loop](const SocketError& error, tcp::socket socket) {
    accepted(error, std::move(socket), loop);
  });
}

void Server::Content::accepted(const SocketError& error, tcp::socket socket, Loop& loop) {
  if (!acceptor->is_open()) return;
  if (error) {  // out of file descriptors, mostly: wait for some to be closed
    retry->expires_after(std::chrono::milliseconds(100));
    retry->async_wait([this](const SocketError& cancelled) {
      if (!cancelled && acceptor->is_open()) accept();
    });
    return;
  }
  const bool full = shared->counters.open.load(std::memory_order_relaxed) >= shared->limits.connections_max;
  for (const auto& owner : loops) {
    if (owner.get() != &loop) continue;
    boost::asio::dispatch(
        loop.io, [owner, connection = std::make_shared<Connection>(owner, std::move(socket)), full] {
          const bool refused = full && !owner->close_oldest();
          auto& counters = owner->shared.counters;
          (refused ? counters.refused : counters.accepted).fetch_add(1, std::memory_order_relaxed);
          if (!refused) return connection->start();
          connection->refuse(to_response({503, "Unavailable", "Too many connections are open.", {}, 1}));
        });
  }
  accept();
}

Server::Server(ServerOptions options, Handler handler)
    : content_(std::make_unique<Content>(std::move(options), std::move(handler))) {}

Server::~Server() {
  stop(0);
}

engine::Expected<bool> Server::start() {
  Content& content = *content_;
  const std::string where = content.options.host + ":" + std::to_string(content.options.port);
  SocketError error;
  io_context& io = content.loops[0]->io;
  const auto found = tcp::resolver(io).resolve(content.options.host, std::to_string(content.options.port),
                                               tcp::resolver::passive, error);
  if (error || found.empty()) return failed("cannot listen on " + where + ": " + error.message());
  const tcp::endpoint endpoint = *found.begin();
  content.acceptor = std::make_unique<tcp::acceptor>(io);
  content.retry = std::make_unique<boost::asio::steady_timer>(io);
  content.acceptor->open(endpoint.protocol(), error);
  if (!error) content.acceptor->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) content.acceptor->bind(endpoint, error);
  if (!error) content.acceptor->listen(4096, error);
  if (error) return failed("cannot listen on " + where + ": " + error.message());
  content.port = content.acceptor->local_endpoint().port();
  content.accept();
  for (const auto& loop : content.loops) {
    content.guards.emplace_back(loop->io.get_executor());
    content.threads.emplace_back([loop] { loop->io.run(); });
  }
  return true;
}

uint16_t Server::port() const {
  return content_->port;
}

void Server::begin_drain() {
  if (content_->threads.empty() || content_->shared->draining.exchange(true)) return;
  for (const auto& loop : content_->loops) {
    boost::asio::post(loop->io, [this, loop] {
      if (loop == content_->loops[0]) {
        SocketError ignored;
        content_->acceptor->close(ignored);
        content_->retry->cancel();
      }
      loop->close_idle();
    });
  }
}

void Server::stop(int64_t drain_ms) {
  Content& content = *content_;
  if (content.stopped || content.threads.empty()) return;
  content.stopped = true;
  begin_drain();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(drain_ms);
  while (content.shared->counters.open.load() > 0 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const auto& loop : content.loops) {
    boost::asio::post(loop->io, [loop] { loop->close_all(); });
  }
  content.guards.clear();
  for (const auto& loop : content.loops) {
    boost::asio::post(loop->io, [loop] { loop->io.stop(); });
  }
  for (std::thread& thread : content.threads) thread.join();
  for (const auto& loop : content.loops) {  // what was posted meanwhile lets its connections go
    loop->io.restart();
    loop->io.poll();
  }
}

ServerCounters Server::counters() const {
  const Counters& c = content_->shared->counters;
  return {c.requests, c.open, c.accepted, c.refused, c.timeouts, c.bad_requests, c.arriving_bytes};
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  SocketError error;
  const auto address = boost::asio::ip::make_address(host, error);
  return !error && address.is_loopback();
}

}  // namespace engine::http
