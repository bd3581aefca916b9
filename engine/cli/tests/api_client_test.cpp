#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <engine/cli/api_client.h>

using engine::cli::ApiAnswer;
using engine::cli::ApiClient;
using Clock = std::chrono::steady_clock;

namespace {

// Listens on a port of its own and accepts nobody, until its queue is so full that SYNs get no answer.
class SilentServer {
 public:
  SilentServer() : sockets_{::socket(AF_INET, SOCK_STREAM, 0)} {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(sockets_[0], reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::getsockname(sockets_[0], reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    REQUIRE(::listen(sockets_[0], 0) == 0);
    while (!full_) fill();
  }
  ~SilentServer() {
    for (const int fd : sockets_) ::close(fd);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }

 private:
  void fill() {
    REQUIRE(sockets_.size() < 64);
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (::connect(sockets_.back(), reinterpret_cast<sockaddr*>(&address_), sizeof address_) == 0) return;
    REQUIRE(errno == EINPROGRESS);
    pollfd waiting{sockets_.back(), POLLOUT, 0};
    full_ = ::poll(&waiting, 1, 200) == 0;
  }

  std::vector<int> sockets_;
  sockaddr_in address_{};
  bool full_ = false;
};

}  // namespace

TEST_CASE("api client: a server that accepts no connection is given up after the time") {
  const SilentServer server;
  ApiClient client(server.url(), "");
  const auto begun = Clock::now();
  const ApiAnswer answer = client.call("GET", "/healthz", {}, 300);
  CHECK(answer.status == 0);
  CHECK(Clock::now() - begun >= std::chrono::milliseconds(300));
  CHECK(Clock::now() - begun < std::chrono::seconds(60));  // the kernel tries for more than two minutes
  CHECK(answer.body.find("no server at " + server.url() + ": it has not accepted a connection within ") == 0);
}

TEST_CASE("api client: where nobody listens the answer comes at once") {
  ApiClient client("http://127.0.0.1:1", "");
  const ApiAnswer answer = client.call("GET", "/healthz");
  CHECK(answer.status == 0);
  CHECK(answer.body == "no server at http://127.0.0.1:1: Connection refused");
}
