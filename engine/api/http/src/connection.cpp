#include "connection.h"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

namespace engine::http {
namespace {

namespace beast_http = boost::beast::http;
using beast_http::field;

constexpr size_t kRoomMin = 1024;          // read at least so much at once
constexpr size_t kTurnBytes = 256 * 1024;  // read at most so much before others have their turn
// A chunk of one byte has a head and an end of five, or of a few more with zeros; extensions would be free.
constexpr size_t kChunkOverhead = 8;
constexpr size_t kSmallBodyBytes = 2048;  // appended to the head instead of being a second buffer
constexpr size_t kLingerBytesMax = 16 * 1024 * 1024;

class ParsedHeaders : public HeaderSource {
 public:
  explicit ParsedHeaders(beast_http::fields fields) : fields_(std::move(fields)) {}
  std::string_view find(std::string_view name) const override {
    const auto found = fields_.find(boost::beast::string_view(name.data(), name.size()));
    if (found == fields_.end()) return {};
    return {found->value().data(), found->value().size()};
  }
  void for_each(const std::function<void(std::string_view, std::string_view)>& visit) const override {
    for (const auto& entry : fields_) {
      visit({entry.name_string().data(), entry.name_string().size()},
            {entry.value().data(), entry.value().size()});
    }
  }

 private:
  beast_http::fields fields_;
};

Method to_method(beast_http::verb verb) {
  switch (verb) {
    case beast_http::verb::get:
      return Method::Get;
    case beast_http::verb::head:
      return Method::Head;
    case beast_http::verb::post:
      return Method::Post;
    case beast_http::verb::put:
      return Method::Put;
    case beast_http::verb::patch:
      return Method::Patch;
    case beast_http::verb::delete_:
      return Method::Delete;
    case beast_http::verb::options:
      return Method::Options;
    default:
      return Method::Other;
  }
}

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, tcp::socket socket)
    : loop_(std::move(loop)), socket_(std::move(socket)) {
  loop_->shared.counters.open.fetch_add(1, std::memory_order_relaxed);
}

Connection::~Connection() {
  forget_body();
  loop_->remove(*this);
  uncount();
}

// Closed, it is no open connection any more, though somebody may still hold its request.
void Connection::uncount() {
  if (std::exchange(counted_, false)) loop_->shared.counters.open.fetch_sub(1, std::memory_order_relaxed);
}

void Connection::start() {
  loop_->add(*this);
  SocketError ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(tcp::no_delay(true), ignored);
  next_request();
}

void Connection::refuse(Response response) {
  loop_->add(*this);
  SocketError ignored;
  socket_.non_blocking(true, ignored);
  keep_alive_ = false;
  state_ = State::Handling;
  answer(std::move(response));
}

void Connection::close() {
  if (state_ == State::Closed) return;
  const auto alive = shared_from_this();  // what is let go below may hold the last reference
  state_ = State::Closed;
  uncount();
  forget_body();
  unlink();
  loop_->remove(*this);
  loop_->give_back(std::move(buffer_));
  buffer_.clear();
  SocketError ignored;
  socket_.close(ignored);
  if (auto gone = std::exchange(gone_, nullptr)) gone();
  if (auto written = std::exchange(written_, nullptr)) written(false);
}

void Connection::expire() {
  const auto alive = shared_from_this();
  if (state_ != State::Reading) return close();
  loop_->shared.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
  reject({408, "RequestTimeout", "The request did not arrive in time.", {}});
}

// ------------------------------------------------------------------------------------------------- reading

void Connection::wait_readable() {
  if (waiting_ || state_ == State::Closed) return;
  waiting_ = true;
  socket_.async_wait(tcp::socket::wait_read,
                     [self = shared_from_this()](const SocketError& error) { self->on_readable(error); });
}

void Connection::on_readable(const SocketError& error) {
  waiting_ = false;
  if (state_ == State::Closed) return;
  if (error) return close();
  switch (state_) {
    case State::Idle:
    case State::Reading:
      return read();
    case State::Handling:
    case State::Streaming:
    case State::Writing:
      return detect_close();
    case State::Lingering:
      return discard();
    case State::Closed:
      return;
  }
}

void Connection::next_request() {
  state_ = State::Idle;
  body_begun_ = false;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (!buffer_.empty()) loop_->give_back(std::exchange(buffer_, {}));
    if (loop_->shared.draining.load(std::memory_order_relaxed)) return close();
    loop_->enter(*this, Phase::Idle);
    return wait_readable();
  }
  // A pipelined request is in the buffer already.
  if (!parse()) wait_readable();
}

void Connection::read() {
  if (buffer_.empty()) buffer_ = loop_->take_buffer();
  for (size_t turn = 0; turn < kTurnBytes;) {
    if (!make_room()) {
      return reject({431, "HeaderTooLarge", "The header is larger than the limit.", {}});
    }
    const size_t room = buffer_.size() - end_;
    SocketError error;
    const size_t got = socket_.read_some(boost::asio::buffer(buffer_.data() + end_, room), error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) break;
    if (error) return close();
    end_ += got;
    turn += got;
    if (parse()) return;
    if (got < room) break;  // the socket is empty
  }
  wait_readable();
}

// Space behind end_, growing up to the header limit; a body never fills the buffer, because the parser takes
// it out at once.
bool Connection::make_room() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  const size_t bytes_max = loop_->shared.limits.header_bytes_max + kRoomMin;
  if (buffer_.size() - end_ >= kRoomMin) return true;
  if (buffer_.size() >= bytes_max) return buffer_.size() > end_;
  buffer_.resize(std::min(buffer_.size() * 2, bytes_max));
  return buffer_.size() > end_;
}

// Gives the buffer to the parser. True when the connection has gone on to something else than reading.
bool Connection::parse() {
  if (state_ == State::Idle) {
    state_ = State::Reading;
    loop_->enter(*this, Phase::Header);
    parser_.emplace();
    taken_ = 0;
    parser_->header_limit(static_cast<uint32_t>(loop_->shared.limits.header_bytes_max));
    parser_->body_limit(loop_->shared.limits.body_bytes_max);
    parser_->eager(true);
  }
  boost::system::error_code error;
  while (begin_ < end_ && !parser_->is_done()) {
    const size_t used =
        parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    begin_ += used;
    taken_ += used;
    if (error == beast_http::error::need_more) {
      error = {};
      if (used == 0) break;
    }
    if (error) {
      reject(error);
      return true;
    }
  }
  if (parser_->is_header_done() && !body_begun_) {
    if (auto problem = header_problem()) {
      reject(std::move(*problem));
      return true;
    }
    if (parser_->is_done()) {
      dispatch();
      return true;
    }
    body_begun_ = true;
    loop_->enter(*this, Phase::Body);
    send_continue();
  } else if (parser_->is_done()) {
    dispatch();
    return true;
  }
  if (state_ == State::Closed) return true;
  if (body_begun_ &&
      taken_ > loop_->shared.limits.header_bytes_max + (1 + kChunkOverhead) * parser_->get().body().size()) {
    reject({431, "HeaderTooLarge", "The chunks of the body have more around them than in them.", {}});
    return true;
  }
  if (!count_body()) {
    refuse_body();
    return true;
  }
  return false;
}

void Connection::refuse_body() {
  reject({503, "Busy", "Too many large requests arrive at once; send this one again.", {}, 1});
}

std::optional<Problem> Connection::header_problem() const {
  if (has_unknown_coding()) {
    return Problem{501,
                   "UnknownTransferEncoding",
                   "Send the body with a Content-Length, or with Transfer-Encoding: chunked.",
                   {}};
  }
  // RFC 9112, 3.2: who routes by the one must not differ from who looks at the other.
  if (parser_->get().count(field::host) > 1)
    return Problem{400, "MalformedRequest", "This is not a request of HTTP/1.1: it has two Hosts.", {}};
  return std::nullopt;
}

// Beast takes what it does not know for no coding at all: where a proxy in front sees a body, it would see
// the next request, whose text comes from somebody else.
bool Connection::has_unknown_coding() const {
  size_t codings = 0;
  bool known = true;
  const auto all = parser_->get().equal_range(field::transfer_encoding);
  for (auto at = all.first; at != all.second; ++at, ++codings)
    known = known && boost::beast::iequals(at->value(), "chunked");
  // HTTP/1.0 knows none: there, too, a proxy in front may see another end of the body.
  return codings > 1 || !known || (codings > 0 && parser_->get().version() < 11);
}

// False: all bodies together are more than the limit, and none of the others is slow.
bool Connection::count_body() {
  const size_t size = parser_->get().body().size();
  const size_t more = size - body_counted_;
  body_counted_ = size;
  if (more == 0) return true;
  auto& all = loop_->shared.counters.arriving_bytes;
  all.fetch_add(more, std::memory_order_relaxed);
  while (all.load(std::memory_order_relaxed) > loop_->shared.limits.arriving_bytes_max) {
    if (!loop_->refuse_slowest_body(*this)) return false;
  }
  return true;
}

void Connection::forget_body() {
  loop_->shared.counters.arriving_bytes.fetch_sub(std::exchange(body_counted_, 0), std::memory_order_relaxed);
}

// Clients with large bodies ask first (curl above 1 MiB).
void Connection::send_continue() {
  const auto expectation = parser_->get().find(field::expect);
  if (expectation == parser_->get().end()) return;
  if (!boost::beast::iequals(expectation->value(), "100-continue")) return;
  static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
  SocketError error;
  socket_.write_some(boost::asio::buffer(text), error);
  if (error) close();
}

void Connection::reject(const boost::system::error_code& error) {
  if (error == beast_http::error::body_limit) {
    return reject({413,
                   "PayloadTooLarge",
                   "The body is larger than the limit of " +
                       std::to_string(loop_->shared.limits.body_bytes_max) + " bytes.",
                   {}});
  }
  if (error == beast_http::error::header_limit) {
    return reject({431, "HeaderTooLarge", "The header is larger than the limit.", {}});
  }
  reject({400, "MalformedRequest", "This is not a request of HTTP/1.1: " + error.message() + ".", {}});
}

void Connection::reject(Problem problem) {
  if (problem.status != 408) {
    loop_->shared.counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
  }
  forget_body();
  keep_alive_ = false;
  head_only_ = false;
  state_ = State::Handling;
  answer(to_response(problem));
}

void Connection::dispatch() {
  forget_body();
  unlink();
  state_ = State::Handling;
  loop_->shared.counters.requests.fetch_add(1, std::memory_order_relaxed);
  keep_alive_ = parser_->keep_alive();
  auto message = parser_->release();
  parser_.reset();
  head_only_ = message.method() == beast_http::verb::head;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    loop_->give_back(std::exchange(buffer_, {}));
  }
  std::string target(message.target().data(), message.target().size());
  std::string body = std::move(message.body());
  Request request(to_method(message.method()), std::move(target),
                  std::make_unique<ParsedHeaders>(std::move(message.base())), std::move(body));
  loop_->shared.handler(std::move(request), Responder(make_exchange(shared_from_this())));
}

// ------------------------------------------------------------------------------------------------- writing

void Connection::write_head(const Response& response, bool with_length) {
  head_.clear();
  head_ += "HTTP/1.1 ";
  head_ += std::to_string(response.status);
  head_ += ' ';
  head_ += reason_phrase(response.status);
  if (response.status != 204 && response.status != 304) {
    head_ += "\r\nContent-Type: " + response.content_type;
    if (with_length) head_ += "\r\nContent-Length: " + std::to_string(response.body.size());
  }
  head_ += "\r\nDate: " + loop_->date();
  for (const auto& [name, value] : response.headers) {
    ((head_ += "\r\n") += name) += ": ";
    // A line break in a value would let it write headers of its own.
    for (const char c : value) head_ += c == '\r' || c == '\n' ? ' ' : c;
  }
  head_ += keep_alive_ ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n";
}

void Connection::answer(Response response) {
  if (state_ != State::Handling) return;  // closed meanwhile
  if (response.close || loop_->shared.draining.load(std::memory_order_relaxed)) keep_alive_ = false;
  gone_ = nullptr;
  state_ = State::Writing;
  loop_->enter(*this, Phase::Write);
  write_head(response, true);
  body_.clear();
  if (!head_only_) {
    if (response.body.size() <= kSmallBodyBytes) {
      head_ += response.body;
    } else {
      body_ = std::move(response.body);
    }
  }
  const std::array<boost::asio::const_buffer, 2> buffers{boost::asio::buffer(head_),
                                                         boost::asio::buffer(body_)};
  boost::asio::async_write(socket_, buffers, [self = shared_from_this()](const SocketError& error, size_t) {
    self->on_written(error);
  });
}

void Connection::on_written(const SocketError& error) {
  if (state_ == State::Closed) return;
  if (error) return close();
  body_ = {};
  if (head_.capacity() > kSmallBodyBytes) head_ = {};
  if (keep_alive_) return next_request();
  begin_linger();
}

// Closing a socket with unread bytes sends a reset, which may destroy the answer on its way: first say that
// nothing more comes, then read what the client still sends, for a short while.
void Connection::begin_linger() {
  SocketError error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  if (error) return close();
  state_ = State::Lingering;
  end_ = 0;
  loop_->enter(*this, Phase::Linger);
  wait_readable();
}

void Connection::discard() {
  char bytes[4096];
  SocketError error;
  while (!error && end_ < kLingerBytesMax) {  // end_ counts what was thrown away
    end_ += socket_.read_some(boost::asio::buffer(bytes), error);
  }
  if (error != boost::asio::error::would_block && error != boost::asio::error::try_again) return close();
  wait_readable();
}

// ------------------------------------------------------------------------------ long polls and streams

void Connection::watch(std::function<void()> gone) {
  if (state_ == State::Closed) return gone();
  if (state_ != State::Handling && state_ != State::Streaming) return;
  gone_ = std::move(gone);
  wait_readable();
}

// Something arrived while a request is being answered: the end of the connection, or the next request, which
// stays in the socket.
void Connection::detect_close() {
  char byte;
  SocketError error;
  const size_t got = socket_.receive(boost::asio::buffer(&byte, 1), tcp::socket::message_peek, error);
  if (error == boost::asio::error::would_block || error == boost::asio::error::try_again)
    return wait_readable();
  if (!error && got > 0) return;
  if (state_ == State::Writing) return;  // a half-closed client still gets its answer
  if (gone_) close();
}

void Connection::begin_stream(Response head) {
  if (state_ != State::Handling) return;
  keep_alive_ = false;
  state_ = State::Streaming;
  write_head(head, false);
  head_ += head.body;
  write_pending_ = true;
  loop_->enter(*this, Phase::Write);
  boost::asio::async_write(
      socket_, boost::asio::buffer(head_),
      [self = shared_from_this()](const SocketError& error, size_t) { self->on_streamed(error); });
}

void Connection::stream_write(std::string text, std::function<void(bool)> written) {
  if (state_ != State::Streaming || written_) return written(false);
  body_ += text;
  written_ = std::move(written);
  if (write_pending_) return;  // the head is on its way: on_streamed() goes on
  write_pending_ = true;
  loop_->enter(*this, Phase::Write);
  boost::asio::async_write(
      socket_, boost::asio::buffer(body_),
      [self = shared_from_this()](const SocketError& error, size_t) { self->on_streamed(error); });
}

void Connection::on_streamed(const SocketError& error) {
  if (state_ == State::Closed) return;
  if (error) return close();
  write_pending_ = false;
  unlink();
  if (!head_.empty()) {  // the head is out; a first piece may have come meanwhile
    head_ = {};
    if (!body_.empty()) {
      auto text = std::exchange(body_, {});
      return stream_write(std::move(text), std::exchange(written_, nullptr));
    }
  }
  body_ = {};
  if (auto written = std::exchange(written_, nullptr)) written(true);
  if (finish_after_write_ && !write_pending_ && state_ == State::Streaming) begin_linger();
}

void Connection::stream_finish() {
  if (state_ != State::Streaming) return;
  gone_ = nullptr;
  if (write_pending_) {
    finish_after_write_ = true;
  } else {
    begin_linger();
  }
}

}  // namespace engine::http
