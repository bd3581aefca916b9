#include "http/http_client.h"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

using namespace engine::integrations;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Answers one request with `head`, then with `piece` for as long as anybody takes it.
class EndlessEndpoint {
 public:
  EndlessEndpoint(std::string head, std::string piece)
      : head_(std::move(head)), piece_(std::move(piece)), thread_([this] { serve(); }) {}
  ~EndlessEndpoint() { thread_.join(); }

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void serve() {
    boost::system::error_code error;
    tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    asio::streambuf request;
    if (!error) asio::read_until(socket, request, "\r\n\r\n", error);
    if (!error) asio::write(socket, asio::buffer(head_), error);
    while (!error && !piece_.empty()) asio::write(socket, asio::buffer(piece_), error);
  }

  const std::string head_, piece_;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

HttpFailure failure_of(const std::string& head, const std::string& piece) {
  EndlessEndpoint endpoint(head, piece);
  const std::string authority = "127.0.0.1:" + std::to_string(endpoint.port());
  IoThread io;
  HttpClientSettings settings;
  settings.timeout_ms = 5'000;  // a client without bounds would take memory for so long
  HttpClient client(io, *OutboundRules::parse(authority), settings);
  std::promise<statelang::Expected<HttpResponse, HttpFailure>> answered;
  client.send({"GET", *parse_url("http://" + authority + "/"), {}, {}},
              [&](statelang::Expected<HttpResponse, HttpFailure> answer) { answered.set_value(answer); });
  const auto answer = answered.get_future().get();
  io.stop();
  return answer ? HttpFailure{HttpError::Unreachable, "answered"} : answer.error();
}

}  // namespace

TEST_CASE("http client: an answer without end is cut off, wherever its end is missing") {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string much(65'536, 'x');
  struct Case {
    const char* what;
    std::string head, piece;
  };
  const Case cases[] = {
      {"status line", "HTTP/1.1 200 ", much},
      {"header", "HTTP/1.1 200 OK\r\nA: ", much},
      {"headers", "HTTP/1.1 200 OK\r\n", "A: " + std::string(1'000, 'x') + "\r\n"},
      {"body", "HTTP/1.1 200 OK\r\n\r\n", much},
      {"chunks", chunked, "1000\r\n" + std::string(4'096, 'x') + "\r\n"},
      {"chunk size", chunked, std::string(65'536, '0')},
      {"chunk extension", chunked + "5;a=", much},
      {"trailer", chunked + "0\r\nA: ", much},
      {"trailers", chunked + "0\r\n", "A: " + std::string(1'000, 'x') + "\r\n"},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    const HttpFailure failure = failure_of(one.head, one.piece);
    CHECK(failure.kind == HttpError::TooLarge);
    CHECK(failure.message.find("larger than") != std::string::npos);
  }
}
