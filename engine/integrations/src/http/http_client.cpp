#include "http_client.h"

#include <chrono>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace engine::integrations {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

struct HttpClient::Tls {
  asio::ssl::context context{asio::ssl::context::tls_client};
};

namespace {

// What is read beyond what the parser cannot take yet: that is a header, a chunk's head or the trailers,
// whose ends the parser looks for, however far away they are.
constexpr size_t kReadBytes = 65'536;

bool is_public(const asio::ip::address& address) {
  return address.is_v4() ? engine::integrations::is_public(address.to_v4().to_bytes())
                         : engine::integrations::is_public(address.to_v6().to_bytes());
}

// One request under way; keeps itself alive by its pending operation. Everything runs on the IoThread.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& context, asio::ssl::context& tls, const HttpClientSettings& settings,
           bool private_allowed, HttpRequest request, HttpClient::Done done)
      : settings_(settings),
        private_allowed_(private_allowed),
        url_(request.url),
        resolver_(context),
        timer_(context),
        stream_(context, tls),
        buffer_(settings.header_bytes_max + kReadBytes),
        done_(std::move(done)) {
    message_.method_string(request.method);
    message_.target(url_.target());
    message_.version(11);
    message_.set(beast::http::field::host, url_.host_header());
    message_.set(beast::http::field::connection, "close");
    for (const auto& [name, value] : request.headers) message_.insert(name, value);
    message_.body() = std::move(request.body);
    const bool has_body = !message_.body().empty();
    if (has_body || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
      message_.content_length(message_.body().size());
    }
    parser_.body_limit(settings_.body_bytes_max);
    parser_.header_limit(settings_.header_bytes_max);
    parser_.skip(request.method == "HEAD");
  }

  void run() {
    timer_.expires_after(std::chrono::milliseconds(settings_.timeout_ms));
    timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (error) return;
      self->fail(HttpError::Timeout, "no complete response within " +
                                         std::to_string(self->settings_.timeout_ms / 1000) + " seconds");
    });
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port),
        [self = shared_from_this()](const ErrorCode& error, tcp::resolver::results_type found) {
          if (error)
            return self->fail(HttpError::Unreachable, "the host cannot be found: " + error.message());
          self->connect(found);
        });
  }

 private:
  tcp::socket& socket() { return beast::get_lowest_layer(stream_).socket(); }

  void connect(const tcp::resolver::results_type& found) {
    for (const auto& entry : found) {
      if (private_allowed_ || is_public(entry.endpoint().address())) endpoints_.push_back(entry.endpoint());
    }
    if (endpoints_.empty()) {
      return fail(HttpError::Refused, "the host " + url_.host +
                                          " is at an address that may not be called (allow it with "
                                          "--http-allow)");
    }
    beast::get_lowest_layer(stream_).async_connect(
        endpoints_, [self = shared_from_this()](const ErrorCode& error, const tcp::endpoint&) {
          if (error) return self->fail(HttpError::Unreachable, "no connection: " + error.message());
          if (self->done_) self->connected();
        });
  }

  void connected() {
    if (!url_.tls) return write(beast::get_lowest_layer(stream_));
    if (!SSL_set_tlsext_host_name(stream_.native_handle(), url_.host.c_str())) {
      return fail(HttpError::Unreachable, "the host's name does not fit into a TLS handshake");
    }
    stream_.set_verify_mode(asio::ssl::verify_peer);
    stream_.set_verify_callback(asio::ssl::host_name_verification(url_.host));
    stream_.async_handshake(asio::ssl::stream_base::client,
                            [self = shared_from_this()](const ErrorCode& error) {
                              if (error) return self->fail(HttpError::Unreachable, "TLS: " + error.message());
                              if (self->done_) self->write(self->stream_);
                            });
  }

  template <class Stream>
  void write(Stream& stream) {
    beast::http::async_write(stream, message_,
                             [self = shared_from_this(), &stream](const ErrorCode& error, size_t) {
                               if (error)
                                 return self->fail(HttpError::Unreachable, "sending: " + error.message());
                               if (self->done_) self->read(stream);
                             });
  }

  template <class Stream>
  void read(Stream& stream) {
    beast::http::async_read(
        stream, buffer_, parser_,
        [self = shared_from_this()](const ErrorCode& error, size_t) { self->answered(error); });
  }

  void answered(const ErrorCode& error) {
    if (error == beast::http::error::body_limit || error == beast::http::error::header_limit ||
        error == beast::http::error::buffer_overflow) {
      return fail(HttpError::TooLarge,
                  "the response is larger than " + std::to_string(settings_.body_bytes_max) + " bytes");
    }
    if (error) return fail(HttpError::Unreachable, "no complete response: " + error.message());
    HttpResponse response;
    const auto& message = parser_.get();
    response.status = message.result_int();
    response.reason = std::string(message.reason());
    for (const auto& field : message) {
      response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(parser_.get().body());
    finish(std::move(response));
  }

  void fail(HttpError kind, std::string message) {
    finish(statelang::Unexpected{HttpFailure{kind, std::move(message)}});
  }

  void finish(statelang::Expected<HttpResponse, HttpFailure> outcome) {
    if (!done_) return;
    auto done = std::exchange(done_, nullptr);
    timer_.cancel();
    resolver_.cancel();
    ErrorCode ignored;
    socket().close(ignored);
    done(std::move(outcome));
  }

  const HttpClientSettings& settings_;
  const bool private_allowed_;
  const Url url_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  std::vector<tcp::endpoint> endpoints_;
  beast::http::request<beast::http::string_body> message_;
  beast::flat_buffer buffer_;
  beast::http::response_parser<beast::http::string_body> parser_;
  HttpClient::Done done_;
};

}  // namespace

HttpClient::HttpClient(IoThread& io, OutboundRules rules, HttpClientSettings settings)
    : io_(io), rules_(std::move(rules)), settings_(std::move(settings)), tls_(std::make_unique<Tls>()) {
  ErrorCode error;
  tls_->context.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  tls_->context.set_default_verify_paths(error);
  if (!settings_.ca_file.empty()) tls_->context.load_verify_file(settings_.ca_file, error);
}

HttpClient::~HttpClient() = default;

void HttpClient::send(HttpRequest request, Done done) {
  io_.post([this, request = std::move(request), done = std::move(done)]() mutable {
    if (std::string why = rules_.refusal(request.url); !why.empty()) {
      return done(statelang::Unexpected{HttpFailure{HttpError::Refused, std::move(why)}});
    }
    const bool private_allowed = rules_.may_be_private(request.url);
    std::make_shared<Exchange>(io_.context(), tls_->context, settings_, private_allowed, std::move(request),
                               std::move(done))
        ->run();
  });
}

}  // namespace engine::integrations
