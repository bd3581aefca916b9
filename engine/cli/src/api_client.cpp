#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/cli/api_client.h>
#include <engine/cli/exit_code.h>

#include "shown.h"

namespace engine::cli {
namespace {

namespace beast_http = boost::beast::http;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kBodyBytesMax = 256ULL * 1024 * 1024;
// A host that is up accepts within a round trip; the kernel by itself would try for two minutes.
constexpr std::chrono::milliseconds kConnectTime{10'000};

struct Address {
  std::string host, port = "80";
  std::string wrong;  // not empty: what is wrong with the URL
};

Address parse_url(std::string_view url) {
  Address address;
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) {
    address.wrong = "must begin with http://";
    return address;
  }
  url.remove_prefix(scheme.size());
  url = url.substr(0, url.find('/'));
  const size_t bracket = url.rfind(']');
  const size_t colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  address.host = url.substr(0, colon);
  if (colon != std::string_view::npos) address.port = url.substr(colon + 1);
  if (address.host.starts_with('[')) address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty()) address.wrong = "names no host";
  return address;
}

}  // namespace

std::string url_mistake(std::string_view url) {
  const std::string wrong = parse_url(url).wrong;
  return wrong.empty() ? wrong : "\"" + std::string(url) + "\" " + wrong;
}

struct ApiClient::Connection {
  ~Connection() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
    unread.clear();
  }
  bool open(const Address& address, Clock::time_point until);
  bool connect_to(const addrinfo& address, Clock::time_point until);
  bool wait_for(short events, Clock::time_point until);
  bool send(std::string_view text, Clock::time_point until);
  bool receive(ApiAnswer& answer, bool head_only, Clock::time_point until);
  // The body in pieces, as they come; false: an end that is none.
  bool receive_pieces(ApiAnswer& answer, int64_t silence_ms,
                      const std::function<bool(std::string_view)>& visit);

  int fd = -1;
  std::string unread;
  std::string failure;
};

// Each address of the host has its share of the time; a server that accepts later than that is none.
bool ApiClient::Connection::open(const Address& address, Clock::time_point until) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
      error != 0) {
    failure = ::gai_strerror(error);
    return false;
  }
  for (addrinfo* at = found; at && fd < 0; at = at->ai_next) {
    if (!connect_to(*at, std::min(until, Clock::now() + kConnectTime))) close();
  }
  ::freeaddrinfo(found);
  const int on = 1;
  if (fd >= 0) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd >= 0;
}

bool ApiClient::Connection::connect_to(const addrinfo& address, Clock::time_point until) {
  const auto begun = Clock::now();
  fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol);
  if (fd < 0) return failure = std::strerror(errno), false;
  int error = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    if (!wait_for(POLLOUT, until)) {
      const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
      return failure = "it has not accepted a connection within " + duration(waited.count()), false;
    }
    socklen_t size = sizeof error;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  if (error != 0) return failure = std::strerror(error), false;
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && ::fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0;
}

bool ApiClient::Connection::wait_for(short events, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd waiting{fd, events, 0};
  const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
  if (ready < 0 && errno == EINTR) return wait_for(events, until);
  if (ready <= 0) failure = "no answer in time";
  return ready > 0;
}

bool ApiClient::Connection::send(std::string_view text, Clock::time_point until) {
  while (!text.empty()) {
    if (!wait_for(POLLOUT, until)) return false;
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      failure = std::strerror(errno);
      return false;
    }
    text.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool ApiClient::Connection::receive(ApiAnswer& answer, bool head_only, Clock::time_point until) {
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(kBodyBytesMax);
  parser.eager(true);
  parser.skip(head_only);
  boost::system::error_code error;
  while (!parser.is_done()) {
    if (!unread.empty()) {
      const size_t used = parser.put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (error && error != beast_http::error::need_more) {
        failure = "the answer is not HTTP: " + error.message();
        return false;
      }
      if (used > 0) continue;
    }
    if (!wait_for(POLLIN, until)) return false;
    char bytes[65536];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got < 0 || (got == 0 && !parser.got_some())) {
      failure = got < 0 ? std::strerror(errno) : "the connection was closed";
      return false;
    }
    if (got == 0) {
      parser.put_eof(error);
      if (error) failure = "the answer was cut short";
      if (error) return false;
      break;
    }
    unread.append(bytes, static_cast<size_t>(got));
  }
  answer.status = parser.get().result_int();
  if (!parser.get().keep_alive()) close();
  answer.body = std::move(parser.get().body());
  return true;
}

bool ApiClient::Connection::receive_pieces(ApiAnswer& answer, int64_t silence_ms,
                                           const std::function<bool(std::string_view)>& visit) {
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(boost::none);
  parser.eager(true);
  boost::system::error_code error;
  while (!parser.is_done()) {
    if (!wait_for(POLLIN, Clock::now() + std::chrono::milliseconds(silence_ms))) return false;
    char bytes[65536];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got < 0) return failure = std::strerror(errno), false;
    if (got == 0) return failure = "the connection was closed", parser.is_header_done();
    unread.append(bytes, static_cast<size_t>(got));
    while (!unread.empty() && !parser.is_done()) {
      const size_t used = parser.put(boost::asio::buffer(unread), error);
      unread.erase(0, used);
      if (used == 0 || error) break;
    }
    if (error && error != beast_http::error::need_more) return failure = error.message(), false;
    if (!parser.is_header_done()) continue;
    answer.status = parser.get().result_int();
    if (answer.status == 200 && !visit(std::exchange(parser.get().body(), {}))) return true;
  }
  answer.body = std::move(parser.get().body());
  return true;
}

ApiClient::ApiClient(std::string url, std::string api_key)
    : url_(std::move(url)), api_key_(std::move(api_key)), connection_(std::make_unique<Connection>()) {}
ApiClient::~ApiClient() = default;

std::string ApiClient::head_of(std::string_view method, const std::string& target,
                               const std::string& host) const {
  std::string head =
      std::string(method) + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: stepstream\r\n";
  if (!api_key_.empty()) head += "Authorization: Bearer " + api_key_ + "\r\n";
  return head;
}

namespace {

// Takes whole events out of `text`; false: `visit` has enough.
bool take_events(std::string& text, const ApiClient::Visit& visit) {
  for (size_t end; (end = text.find("\n\n")) != std::string::npos; text.erase(0, end + 2)) {
    std::string event, data;
    for (std::string_view block = std::string_view(text).substr(0, end); !block.empty();) {
      const std::string_view line = block.substr(0, block.find('\n'));
      block.remove_prefix(std::min(block.size(), line.size() + 1));
      if (line.starts_with("event: ")) event = line.substr(7);
      if (line.starts_with("data: ")) data = line.substr(6);
    }
    if (!visit(event, data)) return false;
  }
  return true;
}

}  // namespace

ApiAnswer ApiClient::follow(const std::string& target, int64_t silence_ms, const Visit& visit) {
  ApiAnswer answer;
  const Address address = parse_url(url_);
  if (!address.wrong.empty()) {
    answer.body = url_mistake(url_);
    return answer;
  }
  connection_->close();
  const std::string request =
      head_of("GET", target, address.host + ":" + address.port) + "Accept: text/event-stream\r\n\r\n";
  std::string text;
  const auto until = Clock::now() + std::chrono::milliseconds(silence_ms);
  const bool done = connection_->open(address, until) && connection_->send(request, until) &&
                    connection_->receive_pieces(answer, silence_ms, [&](std::string_view piece) {
                      text += piece;
                      return take_events(text, visit);
                    });
  connection_->close();
  if (!done) {
    answer.status = 0;
    answer.body = "no server at " + url_ + ": " + connection_->failure;
  } else if (auto parsed = statelang::parse_json(answer.body)) {
    answer.json = std::move(*parsed);
  }
  return answer;
}

ApiAnswer ApiClient::call(std::string_view method, const std::string& target, const std::string& body,
                          int64_t timeout_ms) {
  ApiAnswer answer;
  const Address address = parse_url(url_);
  if (!address.wrong.empty()) {
    answer.body = url_mistake(url_);
    return answer;
  }
  std::string request = head_of(method, target, address.host + ":" + address.port);
  if (!body.empty()) request += "Content-Type: application/json\r\n";
  if (!body.empty() || method != "GET") request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  request += "\r\n" + body;

  const auto until = Clock::now() + std::chrono::milliseconds(timeout_ms);
  // A kept connection may have been closed by the server meanwhile: reading is safe to try again, the rest is
  // sent on a new connection.
  if (method != "GET") connection_->close();
  const bool kept = connection_->fd >= 0;
  bool done = (kept || connection_->open(address, until)) && connection_->send(request, until) &&
              connection_->receive(answer, method == "HEAD", until);
  if (!done && kept) {
    connection_->close();
    done = connection_->open(address, until) && connection_->send(request, until) &&
           connection_->receive(answer, method == "HEAD", until);
  }
  if (!done) {
    connection_->close();
    answer.status = 0;
    answer.body = "no server at " + url_ + ": " + connection_->failure;
    return answer;
  }
  if (auto parsed = statelang::parse_json(answer.body)) answer.json = std::move(*parsed);
  return answer;
}

int report_problem(const Terminal& terminal, const ApiAnswer& answer) {
  if (answer.status == 0) {
    terminal.error(answer.body);
    terminal.note("Start one with `stepstream server --data DIR`, or say where it is with STEPSTREAM_URL.");
    return kUnreachable;
  }
  const auto text = [](const statelang::Value& value, std::string_view name) {
    const statelang::Value* found = value.find(name);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  const std::string detail = text(answer.json, "detail");
  terminal.error(detail.empty() ? "the server answered " + std::to_string(answer.status) : printable(detail));
  if (const statelang::Value* findings = answer.json.find("errors"); findings && findings->is_array()) {
    for (const statelang::Value& finding : findings->as_array()) {
      const std::string pointer = printable(text(finding, "pointer"));
      std::string line = "  " + (pointer.empty() ? "" : terminal.paint(Style::Bold, pointer) + ": ") +
                         printable(text(finding, "message"));
      if (const std::string hint = text(finding, "hint"); !hint.empty()) line += " (" + printable(hint) + ")";
      terminal.note(line);
    }
  }
  if (answer.status == 401) terminal.note("Put the key into STEPSTREAM_API_KEY.");
  return kRefused;
}

}  // namespace engine::cli
