// Request, Response and Responder: what an HTTP handler sees. No type of the HTTP library shows here.
//
// A handler is called on a thread of the server and must not block. It answers through its Responder, at once
// or later, from any thread. A Responder whose last copy is dropped unanswered answers 500 by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace engine::http {

enum class Method : uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };
std::string_view to_string(Method method);

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Where header fields come from; names are compared without case.
class HeaderSource {
 public:
  virtual ~HeaderSource() = default;
  // The first field of that name; empty when absent. Valid as long as the source.
  virtual std::string_view find(std::string_view name) const = 0;
  // Every field, in the order received.
  virtual void for_each(const std::function<void(std::string_view, std::string_view)>& visit) const = 0;
};

class Request {
 public:
  // For tests and for requests made inside the process.
  Request(Method method, std::string target, HeaderList headers, std::string body);
  Request(Method method, std::string target, std::unique_ptr<const HeaderSource> headers, std::string body);

  Method method() const { return method_; }
  std::string_view target() const { return target_; }  // as received: path and query
  std::string_view path() const;                       // still percent-encoded
  std::string_view query_text() const;                 // without '?', still encoded
  std::string_view header(std::string_view name) const { return headers_->find(name); }
  const HeaderSource& headers() const { return *headers_; }
  // The decoded value of a query parameter; absent when there is none. "a=" and "a" are empty values.
  std::optional<std::string> query(std::string_view name) const;

  // The router fills these in: decoded path parameters.
  const std::string& parameter(std::string_view name) const;
  void set_parameter(std::string name, std::string value);

  const std::string& body() const { return body_; }
  std::string take_body() { return std::move(body_); }

 private:
  Method method_;
  std::string target_;
  size_t path_size_;
  std::unique_ptr<const HeaderSource> headers_;
  HeaderList parameters_;
  std::string body_;
};

// %XX decoded, '+' kept (as in paths) or turned into a space (as in queries); nothing for a bad escape.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);  // everything but unreserved characters and ':'

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  HeaderList headers;  // beside Content-Type, Content-Length, Date and Connection
  std::string body;
  bool close = false;  // close the connection afterwards
};

// A response that goes on (server-sent events). Ends when closed by either side; the connection is not
// reused.
class Stream {
 public:
  virtual ~Stream() = default;
  // Sends `text`; `written(false)` when the client is gone. One write at a time: call again from `written`,
  // so that a slow reader slows the writer down. Called on a thread of the server, exactly once.
  virtual void write(std::string text, std::function<void(bool)> written) = 0;
  virtual void finish() = 0;
};

class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  virtual void send(Response response) = 0;
  virtual std::shared_ptr<Stream> open_stream(Response head) = 0;
  virtual void on_close(std::function<void()> gone) = 0;
};

class Responder {
 public:
  explicit Responder(std::shared_ptr<ResponseSink> sink) : sink_(std::move(sink)) {}
  // Answers; only the first answer counts. Any thread.
  void send(Response response) const { sink_->send(std::move(response)); }
  // Begins a streamed answer (instead of send()). `head.body` goes out first.
  std::shared_ptr<Stream> open_stream(Response head) const { return sink_->open_stream(std::move(head)); }
  // `gone` is called, on a thread of the server, when the client closes the connection before the answer.
  // Costs a system call for each request: only for answers that may take seconds.
  void on_close(std::function<void()> gone) const { sink_->on_close(std::move(gone)); }

 private:
  std::shared_ptr<ResponseSink> sink_;
};

using Handler = std::function<void(Request, Responder)>;

std::string_view reason_phrase(unsigned status);

}  // namespace engine::http
