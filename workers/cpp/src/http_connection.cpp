#include "http_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace stepstream_worker {
namespace {

constexpr size_t kHeadBytesMax = 64 * 1024;
constexpr size_t kReadBytes = 64 * 1024;

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

}  // namespace

bool parse_url(std::string_view url, Address& out) {
  constexpr std::string_view kScheme = "http://";
  if (url.substr(0, kScheme.size()) != kScheme) return false;
  url.remove_prefix(kScheme.size());
  if (size_t slash = url.find('/'); slash != std::string_view::npos) {
    if (slash + 1 != url.size()) return false;
    url.remove_suffix(1);
  }
  size_t colon = url.rfind(':');
  bool has_port = colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos;
  std::string_view host = has_port ? url.substr(0, colon) : url;
  out.port = has_port ? std::string(url.substr(colon + 1)) : "80";
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  out.host = host;
  return !host.empty() && !out.port.empty() && out.port.find_first_not_of("0123456789") == std::string::npos;
}

HttpConnection::HttpConnection(Address address, std::string api_key) : address_(std::move(address)) {
  bool v6 = address_.host.find(':') != std::string::npos;
  fixed_headers_ = " HTTP/1.1\r\nHost: " + (v6 ? "[" + address_.host + "]" : address_.host) + ":" +
                   address_.port + "\r\nContent-Type: application/json\r\n";
  if (!api_key.empty()) fixed_headers_ += "Authorization: Bearer " + api_key + "\r\n";
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : address_(std::move(other.address_)),
      fixed_headers_(std::move(other.fixed_headers_)),
      fd_(std::exchange(other.fd_, -1)),
      stage_(std::exchange(other.stage_, Stage::Closed)),
      out_(std::move(other.out_)),
      written_(other.written_),
      in_(std::move(other.in_)),
      head_bytes_(other.head_bytes_),
      body_bytes_(other.body_bytes_),
      close_after_(other.close_after_),
      response_(std::move(other.response_)) {}

void HttpConnection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  stage_ = Stage::Closed;
}

HttpConnection::Progress HttpConnection::broken() {
  close();
  return Progress::Broken;
}

short HttpConnection::events() const {
  switch (stage_) {
    case Stage::Connecting:
    case Stage::Writing:
      return POLLOUT;
    case Stage::Reading:
    case Stage::Idle:
      return POLLIN;  // idle: readable means the server has closed
    case Stage::Closed:
      break;
  }
  return 0;
}

void HttpConnection::connect() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  stage_ = Stage::Connecting;
  if (getaddrinfo(address_.host.c_str(), address_.port.c_str(), &hints, &found) != 0 || found == nullptr)
    return;
  fd_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ >= 0) {
    int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int done = ::connect(fd_, found->ai_addr, found->ai_addrlen);
    if (done == 0) stage_ = Stage::Writing;
    if (done != 0 && errno != EINPROGRESS) {
      ::close(fd_);
      fd_ = -1;
    }
  }
  freeaddrinfo(found);
}

void HttpConnection::send(std::string_view method, std::string_view target, std::string_view body) {
  out_.clear();
  out_.append(method).append(" ").append(target).append(fixed_headers_);
  out_.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  written_ = 0;
  in_.clear();
  head_bytes_ = body_bytes_ = 0;
  close_after_ = false;
  response_ = HttpResponse();
  if (stage_ == Stage::Idle) {
    stage_ = Stage::Writing;
  } else {
    connect();
  }
}

HttpConnection::Progress HttpConnection::advance(short revents) {
  switch (stage_) {
    case Stage::Closed:
      return Progress::Waiting;
    case Stage::Connecting: {
      if (fd_ < 0) return broken();
      if (revents == 0) return Progress::Waiting;
      int error = 0;
      socklen_t size = sizeof error;
      getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return broken();
      stage_ = Stage::Writing;
      return write_more();
    }
    case Stage::Writing:
      return write_more();
    case Stage::Reading:
      return revents == 0 ? Progress::Waiting : read_more();
    case Stage::Idle:
      if (revents != 0) close();  // nothing was asked: the server has closed the idle connection
      return Progress::Waiting;
  }
  return Progress::Waiting;
}

HttpConnection::Progress HttpConnection::write_more() {
  while (written_ < out_.size()) {
    ssize_t count = ::send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Progress::Waiting;
    if (count <= 0) return broken();
    written_ += static_cast<size_t>(count);
  }
  stage_ = Stage::Reading;
  return Progress::Waiting;
}

HttpConnection::Progress HttpConnection::read_more() {
  for (;;) {
    char chunk[kReadBytes];
    ssize_t count = ::recv(fd_, chunk, sizeof chunk, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Progress::Waiting;
    if (count <= 0) return broken();
    in_.append(chunk, static_cast<size_t>(count));
    if (head_bytes_ == 0 && !parse_head()) {
      if (in_.size() > kHeadBytesMax) return broken();
      continue;
    }
    if (response_.status == 0) return broken();
    if (in_.size() < head_bytes_ + body_bytes_) continue;
    response_.body.assign(in_, head_bytes_, body_bytes_);
    if (close_after_) {
      close();
    } else {
      stage_ = Stage::Idle;
    }
    return Progress::Answered;
  }
}

// True when the head is complete; the status stays 0 if it makes no sense.
bool HttpConnection::parse_head() {
  size_t end = in_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  std::string_view head(in_.data(), end + 2);
  head_bytes_ = end + 4;
  bool has_length = false;
  size_t line_end = head.find("\r\n");
  std::string_view line = head.substr(0, line_end);
  int status = line.size() >= 12 && line.substr(0, 7) == "HTTP/1."
                   ? std::atoi(std::string(line.substr(9, 3)).c_str())
                   : 0;
  for (head.remove_prefix(line_end + 2); !head.empty(); head.remove_prefix(line_end + 2)) {
    line_end = head.find("\r\n");
    line = head.substr(0, line_end);
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    std::string value(trimmed(line.substr(colon + 1)));
    std::string_view name = line.substr(0, colon);
    if (same_name(name, "content-length")) {
      has_length = true;
      body_bytes_ = std::strtoull(value.c_str(), nullptr, 10);
    } else if (same_name(name, "retry-after")) {
      response_.retry_after_s = std::atoi(value.c_str());
    } else if (same_name(name, "connection")) {
      close_after_ = same_name(value, "close");
    }
  }
  if (has_length || status == 204) response_.status = status;
  return true;
}

}  // namespace stepstream_worker
