// Connection: one socket and its state machine.
//
//   Idle ─▶ Reading ─▶ Handling ─▶ Writing ─▶ Idle …            (Handling ─▶ Streaming ─▶ closed)
//              └─ malformed, too large, too late ─▶ Writing ─▶ Lingering ─▶ closed
//
// Sockets are non-blocking and waited for, so that an idle connection holds no buffer. Everything runs on the
// loop's thread. A connection lives while the loop waits for its socket or an Exchange has not answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <engine/api/http/problem.h>

#include "loop.h"

namespace engine::http {

using boost::asio::ip::tcp;
using SocketError = boost::system::error_code;

class Connection : public std::enable_shared_from_this<Connection>, public DeadlineEntry {
 public:
  Connection(std::shared_ptr<Loop> loop, tcp::socket socket);
  ~Connection();

  void start();
  void refuse(Response response);  // answers without reading: above connections_max
  void refuse_body();              // 503: others need the room that this body takes
  void expire();                   // the deadline has passed
  void close();

  // For Exchange and StreamHandle; each after a post to the loop.
  void answer(Response response);
  void watch(std::function<void()> gone);
  void begin_stream(Response head);
  void stream_write(std::string text, std::function<void(bool)> written);
  void stream_finish();

  const std::shared_ptr<Loop>& loop() const { return loop_; }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class State : uint8_t { Idle, Reading, Handling, Writing, Streaming, Lingering, Closed };

  void wait_readable();
  void on_readable(const SocketError& error);
  void read();
  bool parse();  // false: wait for more
  void reject(const boost::system::error_code& error);
  void reject(Problem problem);
  bool make_room();
  void send_continue();
  std::optional<Problem> header_problem() const;
  bool has_unknown_coding() const;
  void uncount();
  bool count_body();
  void forget_body();
  void dispatch();
  void next_request();
  void detect_close();
  void discard();
  void begin_linger();
  void write_head(const Response& response, bool with_length);
  void on_written(const SocketError& error);
  void on_streamed(const SocketError& error);

  std::shared_ptr<Loop> loop_;
  tcp::socket socket_;
  State state_ = State::Idle;
  bool waiting_ = false;  // an asynchronous wait for the socket is pending
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool counted_ = true;  // among the open ones
  bool body_begun_ = false;
  bool write_pending_ = false;
  bool finish_after_write_ = false;
  size_t begin_ = 0, end_ = 0;  // the unread bytes in buffer_
  size_t taken_ = 0;            // bytes of this request that the parser has taken
  size_t body_counted_ = 0;     // this body's part of Counters::arriving_bytes
  std::vector<char> buffer_;
  std::optional<Parser> parser_;
  std::string head_, body_;
  std::function<void(bool)> written_;
  std::function<void()> gone_;
};

// Puts together the sink of one request.
std::shared_ptr<ResponseSink> make_exchange(std::shared_ptr<Connection> connection);

}  // namespace engine::http
