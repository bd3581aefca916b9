// HttpConnection: one non-blocking keep-alive HTTP/1.1 client connection over a plain socket, one request at
// a time. The owner waits with poll(2) for events() on fd() and calls advance(). Single thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stepstream_worker {

struct Address {
  std::string host;
  std::string port;
};
// "http://host:port" or "http://[::1]:port"; false for anything else.
bool parse_url(std::string_view url, Address& out);

struct HttpResponse {
  int status = 0;
  int retry_after_s = 0;
  std::string body;
};

class HttpConnection {
 public:
  HttpConnection(Address address, std::string api_key);
  ~HttpConnection() { close(); }
  HttpConnection(HttpConnection&& other) noexcept;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Starts a request, connecting first if needed. Only when not busy().
  void send(std::string_view method, std::string_view target, std::string_view body);

  enum class Progress { Waiting, Answered, Broken };
  // After poll(2), with its revents; also right after send() with 0, which may finish the writing.
  // Answered: response() is whole. Broken: connect, write or read failed, the connection is closed; whether
  // the server saw the request is not known.
  Progress advance(short revents);
  HttpResponse& response() { return response_; }

  bool busy() const {
    return stage_ == Stage::Connecting || stage_ == Stage::Writing || stage_ == Stage::Reading;
  }
  bool connected() const { return stage_ != Stage::Closed && stage_ != Stage::Connecting; }
  int fd() const { return fd_; }
  short events() const;
  void close();

 private:
  enum class Stage : uint8_t { Closed, Connecting, Idle, Writing, Reading };
  void connect();
  Progress write_more();
  Progress read_more();
  bool parse_head();
  Progress broken();

  Address address_;
  std::string fixed_headers_;
  int fd_ = -1;
  Stage stage_ = Stage::Closed;
  std::string out_;
  size_t written_ = 0;
  std::string in_;
  size_t head_bytes_ = 0;  // 0: the head is not complete yet
  size_t body_bytes_ = 0;
  bool close_after_ = false;
  HttpResponse response_;
};

}  // namespace stepstream_worker
