// HttpClient: one request, one response, HTTP/1.1 over TCP or TLS, within a time and a size. The host is
// resolved once, every address that is not public is passed over (outbound_rules.h), and the connection goes
// to the address that was checked, with the URL's own name in Host and in the TLS handshake. Redirects are
// not followed: their target would be somebody else's choice. Thread rule: send() from any thread; `done` is
// called once, on the IoThread; not at all after its stop().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <statelang/expected.h>

#include "../io_thread.h"
#include "outbound_rules.h"
#include "url.h"

namespace engine::integrations {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers;  // without Host, Content-Length, Connection
  std::string body;
};
struct HttpResponse {
  unsigned status = 0;
  std::string reason;
  HttpHeaders headers;
  std::string body;
};
enum class HttpError { Refused, Unreachable, Timeout, TooLarge };
struct HttpFailure {
  HttpError kind{};
  std::string message;
};

struct HttpClientSettings {
  int64_t timeout_ms = 60'000;  // from the name's look-up to the last byte
  size_t body_bytes_max = 262'144;
  uint32_t header_bytes_max = 16'384;
  std::string ca_file;  // PEM, beside the system's certificates; empty: these alone
};

class HttpClient {
 public:
  using Done = std::function<void(statelang::Expected<HttpResponse, HttpFailure>)>;
  HttpClient(IoThread& io, OutboundRules rules, HttpClientSettings settings);
  ~HttpClient();

  void send(HttpRequest request, Done done);

 private:
  struct Tls;
  IoThread& io_;
  const OutboundRules rules_;
  const HttpClientSettings settings_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace engine::integrations
