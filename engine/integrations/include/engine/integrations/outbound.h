// Outbound: HTTP requests that leave the engine for sinks of events, under the same rules as HTTP tasks:
// public addresses only unless the operator allowed the host (--http-allow), TLS unless allowed, no
// redirects, one look-up of the name; secrets named in documents and read at each use. Thread rule: any
// thread; `done` is called once, on a thread of this object's own, not at all after stop().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <statelang/expected.h>
#include <statelang/value.h>

namespace engine::integrations {

struct OutboundSettings {
  std::string secrets;       // folder of files that {"file": NAME} may name; empty: none
  std::string http_allow;    // as IntegrationSettings
  std::string http_ca_file;  // as IntegrationSettings
  int64_t timeout_ms = 30'000;
};

class Outbound {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  using Done = std::function<void(statelang::Expected<unsigned, std::string>)>;  // the status, or why not

  explicit Outbound(OutboundSettings settings);
  ~Outbound();
  Outbound(const Outbound&) = delete;
  Outbound& operator=(const Outbound&) = delete;

  // Empty: the URL may be called, as far as its text goes.
  std::string url_mistake(const std::string& url) const;
  // Empty: it is {"env": NAME} or {"file": NAME} of one that may be read.
  std::string secret_mistake(const statelang::Value& reference) const;
  statelang::Expected<std::string, std::string> secret(const statelang::Value& reference) const;
  void post(const std::string& url, Headers headers, std::string body, Done done);
  void stop();

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace engine::integrations
