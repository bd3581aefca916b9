// The server over real loopback sockets, spoken to byte by byte.
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <waiting/eventually.h>

#include <engine/api/http/server.h>

using namespace engine::http;
using waiting::eventually;

namespace {

class Peer {
 public:
  explicit Peer(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view text) { REQUIRE(try_send(text)); }
  // For threads other than the test's own: Catch2's assertions belong to that one.
  bool try_send(std::string_view text) { return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) >= 0; }
  void end_of_sending() { ::shutdown(fd_, SHUT_WR); }
  // Reads until `text` was seen, or the server closed, at most 20 s.
  std::string read_until(std::string_view text) {
    while (got_.find(text) == std::string::npos && read_some()) {
    }
    return got_;
  }
  std::string read_all() {
    while (read_some()) {
    }
    return got_;
  }
  void forget() { got_.clear(); }

 private:
  bool read_some() {
    pollfd waiting{fd_, POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, 20'000) == 1);
    char bytes[65536];
    const ssize_t size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    got_.append(bytes, static_cast<size_t>(size));
    return true;
  }
  int fd_;
  std::string got_;
};

Handler echo() {
  return [](Request request, Responder responder) {
    std::string text(request.target());
    text += ' ' + std::to_string(request.body().size());
    responder.send({200, "text/plain", {}, std::move(text)});
  };
}

struct Running {
  explicit Running(Handler handler, ServerLimits limits = {}, unsigned threads = 1)
      : server({"127.0.0.1", 0, threads, limits}, std::move(handler)) {
    const auto started = server.start();
    REQUIRE(started);
  }
  Server server;
};

size_t count(std::string_view text, std::string_view part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("server: requests on one connection are answered in order, pipelined ones too") {
  Running running(echo());
  Peer peer(running.server.port());
  peer.send(
      "GET /one HTTP/1.1\r\nHost: x\r\n\r\nPOST /two HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /three HT");
  peer.read_until("/two 3");
  peer.send("TP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = peer.read_all();
  CHECK(all.find("/one 0") < all.find("/two 3"));
  CHECK(all.find("/two 3") < all.find("/three 0"));
  CHECK(count(all, "HTTP/1.1 200 OK\r\n") == 3);
  CHECK(count(all, "Connection: close") == 1);
}

TEST_CASE("server: a request in single bytes and a chunked body are understood") {
  Running running(echo());
  Peer peer(running.server.port());
  const std::string_view request =
      "POST /slow HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const char byte : request) peer.send({&byte, 1});
  CHECK(peer.read_until("/slow 8").find("/slow 8") != std::string::npos);
}

TEST_CASE("server: a body above the reading buffer arrives whole") {
  std::string seen;
  Running running([&](Request request, Responder responder) {
    seen = request.take_body();
    responder.send({200, "text/plain", {}, std::string(300'000, 'r') + "END"});
  });
  Peer peer(running.server.port());
  const std::string body(700'000, 'b');
  peer.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 700000\r\n\r\n");
  CHECK(peer.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  bool sent = false;
  std::thread sender([&] { sent = peer.try_send(body); });
  const std::string answer = peer.read_until("END");
  sender.join();
  CHECK(sent);
  CHECK(seen == body);
  CHECK(count(answer, "r") >= 300'000);
}

TEST_CASE("server: bodies that arrive at once have a limit together") {
  ServerLimits limits;
  limits.arriving_bytes_max = 1000;
  Running running(echo(), limits);
  Peer first(running.server.port());
  first.send("POST /first HTTP/1.1\r\nContent-Length: 1600\r\n\r\n" + std::string(800, 'x'));
  REQUIRE(eventually([&] { return running.server.counters().arriving_bytes == 800; }));
  Peer second(running.server.port());
  second.send("POST /second HTTP/1.1\r\nContent-Length: 900\r\n\r\n" + std::string(300, 'y'));
  const std::string refused = second.read_all();
  CHECK(refused.starts_with("HTTP/1.1 503"));
  CHECK(refused.find("Retry-After: 1") != std::string::npos);
  CHECK(running.server.counters().arriving_bytes == 800);
  first.end_of_sending();
  first.read_all();
  CHECK(eventually([&] { return running.server.counters().arriving_bytes == 0; }));
}

TEST_CASE("server: a body that is slow makes room for one that is not") {
  ServerLimits limits;
  limits.arriving_bytes_max = 1000;
  limits.body_timeout_ms = 10'000;
  Running running(echo(), limits);
  Peer slow(running.server.port());
  slow.send("POST /slow HTTP/1.1\r\nContent-Length: 1600\r\n\r\n" + std::string(800, 'x'));
  REQUIRE(eventually([&] { return running.server.counters().arriving_bytes == 800; }));
  std::unique_ptr<Peer> quick;
  REQUIRE(eventually([&] {  // as soon as the other one counts as slow
    const uint64_t refused = running.server.counters().bad_requests;
    quick = std::make_unique<Peer>(running.server.port());
    quick->send("POST /quick HTTP/1.1\r\nContent-Length: 900\r\n\r\n" + std::string(300, 'y'));
    const auto one_refused = [&] {
      const auto now = running.server.counters();
      return now.arriving_bytes == 300 || (now.bad_requests > refused && now.arriving_bytes == 800);
    };
    return eventually(one_refused) && running.server.counters().arriving_bytes == 300;
  }));
  quick->send(std::string(600, 'y'));
  CHECK(quick->read_until("/quick 900").find("/quick 900") != std::string::npos);
  CHECK(slow.read_all().starts_with("HTTP/1.1 503"));
  CHECK(eventually([&] { return running.server.counters().arriving_bytes == 0; }));
}

TEST_CASE("server: chunks may not carry more around them than in them") {
  Running running(echo());
  const std::string head = "POST /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::string single;
  for (int i = 0; i < 20'000; ++i) single += "1\r\na\r\n";
  Peer small(running.server.port());
  small.send(head + single + "0\r\n\r\n");
  CHECK(small.read_until("/chunks 20000").find("/chunks 20000") != std::string::npos);
  Peer padded(running.server.port());
  padded.send(head);
  const std::string piece = "1;" + std::string(8'000, 'x') + "\r\na\r\n";
  for (int i = 0; i < 1'000 && padded.try_send(piece); ++i) {
  }
  CHECK(padded.read_all().starts_with("HTTP/1.1 431"));
}

TEST_CASE("server: what is not HTTP, too large or contradictory is refused and the connection closed") {
  ServerLimits limits;
  limits.body_bytes_max = 1000;
  Running running(echo(), limits);
  const std::vector<std::pair<std::string, std::string>> cases{
      {"hello\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost\r\n\r\n", "400"},
      {"GET / HTTP/9.9\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "501"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: x\r\n\r\nGET /next HTTP/1.1\r\n\r\n", "501"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "501"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", "413"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n" + std::string(4096, 'x'), "413"},
      {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
      {std::string(40'000, 'A'), "4"},
      {std::string("GET /\0 HTTP/1.1\r\n\r\n", 18), "400"},
  };
  for (const auto& [request, status] : cases) {
    CAPTURE(request.substr(0, 80));
    Peer peer(running.server.port());
    peer.send(request);
    const std::string answer = peer.read_all();
    CHECK(answer.starts_with("HTTP/1.1 " + status));
    CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(answer.find("Connection: close") != std::string::npos);
  }
  CHECK(running.server.counters().bad_requests == cases.size());
}

TEST_CASE("server: a request that does not arrive in time is answered 408, an idle connection is closed") {
  ServerLimits limits;
  limits.header_timeout_ms = limits.body_timeout_ms = 60;
  limits.idle_timeout_ms = 120;
  Running running(echo(), limits);
  Peer header(running.server.port()), body(running.server.port()), idle(running.server.port());
  header.send("GET / HTTP/1.1\r\nX: ");
  body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf");
  CHECK(header.read_all().starts_with("HTTP/1.1 408"));
  CHECK(body.read_all().starts_with("HTTP/1.1 408"));
  CHECK(idle.read_all().empty());
  CHECK(running.server.counters().timeouts == 2);
  CHECK(eventually([&] { return running.server.counters().connections_open == 0; }));
}

TEST_CASE("server: answers may come later, from any thread; a dropped responder answers 500") {
  std::mutex guard;
  std::vector<Responder> waiting;
  Running running(
      [&](Request request, Responder responder) {
        if (request.path() == "/drop") return;
        std::lock_guard lock(guard);
        waiting.push_back(responder);
      },
      {}, 2);
  Peer first(running.server.port()), second(running.server.port()), dropped(running.server.port());
  first.send("GET /1 HTTP/1.1\r\n\r\n");
  second.send("GET /2 HTTP/1.1\r\n\r\n");
  dropped.send("GET /drop HTTP/1.1\r\n\r\n");
  CHECK(dropped.read_until("}\n").starts_with("HTTP/1.1 500"));
  REQUIRE(eventually([&] {
    std::lock_guard lock(guard);
    return waiting.size() == 2;
  }));
  std::thread([&] {
    for (const Responder& responder : waiting) {
      responder.send({200, "text/plain", {{"X-A", "b\r\nInjected: yes"}}, "late"});
      responder.send({500, "text/plain", {}, "second answers do not count"});
    }
    waiting.clear();
  }).join();
  const std::string answer = first.read_until("late");
  CHECK(answer.starts_with("HTTP/1.1 200"));
  CHECK(answer.find("\r\nInjected") == std::string::npos);
  CHECK(second.read_until("late").starts_with("HTTP/1.1 200"));
}

TEST_CASE("server: a long poll hears that its client has gone") {
  std::atomic<bool> gone{false}, asked{false};
  std::mutex guard;
  std::vector<Responder> waiting;
  Running running([&](Request, Responder responder) {
    responder.on_close([&] { gone = true; });
    std::lock_guard lock(guard);
    waiting.push_back(responder);
    asked = true;
  });
  {
    Peer peer(running.server.port());
    peer.send("GET / HTTP/1.1\r\n\r\n");
    REQUIRE(eventually([&] { return asked.load(); }));
    CHECK_FALSE(gone);
  }
  CHECK(eventually([&] { return gone.load(); }));
  // Its request is still held, and counts as no connection.
  CHECK(eventually([&] { return running.server.counters().connections_open == 0; }));
  std::lock_guard lock(guard);
  waiting[0].send({200, "text/plain", {}, "nobody reads this"});
}

TEST_CASE("server: a stream sends piece by piece and ends when finished") {
  std::atomic<bool> written{false};
  Running running([&](Request, Responder responder) {
    auto stream = responder.open_stream({200, "text/event-stream", {}, "begin\n"});
    stream->write(std::string(500'000, '1') + "\n", [&written, stream](bool ok) {
      written = ok;
      stream->write("two\n", [stream](bool) { stream->finish(); });
    });
  });
  Peer peer(running.server.port());
  peer.send("GET / HTTP/1.1\r\n\r\n");
  const std::string all = peer.read_all();
  CHECK(written);
  CHECK(all.find("begin\n1111") != std::string::npos);
  CHECK(all.ends_with("1\ntwo\n"));
}

TEST_CASE("server: a stream's writer hears that the client has gone") {
  std::atomic<bool> failed{false};
  std::function<void(std::shared_ptr<Stream>)> go_on = [&](std::shared_ptr<Stream> stream) {
    stream->write(std::string(100'000, 'x'), [&, stream](bool ok) {
      if (!ok) {
        failed = true;
        return;
      }
      go_on(stream);
    });
  };
  Running running([&](Request, Responder responder) { go_on(responder.open_stream({})); });
  {
    Peer peer(running.server.port());
    peer.send("GET / HTTP/1.1\r\n\r\n");
    peer.read_until("xxx");
  }
  CHECK(eventually([&] { return failed.load(); }));
}

TEST_CASE("server: above the limit of connections the one that has waited longest makes room") {
  ServerLimits limits;
  limits.connections_max = 2;
  std::mutex guard;
  std::vector<Responder> waiting;
  Running running(
      [&](Request request, Responder responder) {
        if (request.path() != "/wait") return responder.send({200, "text/plain", {}, "now"});
        const std::lock_guard lock(guard);
        waiting.push_back(std::move(responder));
      },
      limits);
  const auto answered_later = [&](size_t count) {
    return eventually([&] {
      const std::lock_guard lock(guard);
      return waiting.size() == count;
    });
  };
  Peer idle(running.server.port());
  idle.send("GET / HTTP/1.1\r\n\r\n");
  idle.read_until("now");
  Peer slow(running.server.port());
  slow.send("GET / HTTP/1.1\r\nX: ");
  Peer third(running.server.port());
  third.send("GET /wait HTTP/1.1\r\n\r\n");
  REQUIRE(answered_later(1));
  idle.forget();
  CHECK(idle.read_all().empty());
  Peer fourth(running.server.port());
  fourth.send("GET /wait HTTP/1.1\r\n\r\n");
  REQUIRE(answered_later(2));
  CHECK(slow.read_all().find("HTTP") == std::string::npos);
  Peer fifth(running.server.port());  // both connections are at work: it is told so
  const std::string answer = fifth.read_all();
  CHECK(answer.starts_with("HTTP/1.1 503"));
  CHECK(answer.find("Retry-After: 1") != std::string::npos);
  const std::lock_guard lock(guard);
  waiting.clear();
}

TEST_CASE("server: draining answers what is open, closes what is idle and takes nothing new") {
  std::mutex guard;
  std::vector<Responder> waiting;
  Running running([&](Request, Responder responder) {
    std::lock_guard lock(guard);
    waiting.push_back(responder);
  });
  Peer open(running.server.port()), idle(running.server.port());
  open.send("GET / HTTP/1.1\r\n\r\n");
  REQUIRE(eventually([&] {
    std::lock_guard lock(guard);
    return waiting.size() == 1;
  }));
  running.server.begin_drain();
  CHECK(idle.read_all().empty());
  std::thread stopping([&] { running.server.stop(20'000); });
  waiting[0].send({200, "text/plain", {}, "the last answer"});
  waiting.clear();
  const std::string answer = open.read_all();
  CHECK(answer.ends_with("the last answer"));
  CHECK(answer.find("Connection: close") != std::string::npos);
  stopping.join();
  CHECK(running.server.counters().connections_open == 0);
}

TEST_CASE("server: a port in use is one clear error") {
  Running running(echo());
  Server second({"127.0.0.1", running.server.port(), 1, {}}, echo());
  const auto started = second.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("cannot listen on 127.0.0.1:") == 0);
}

TEST_CASE("loopback: only addresses of this machine count") {
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.9.9.9"));
  CHECK(is_loopback("::1"));
  CHECK(is_loopback("localhost"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
  CHECK_FALSE(is_loopback("10.0.0.1"));
  CHECK_FALSE(is_loopback("localhost.example.com"));
}
