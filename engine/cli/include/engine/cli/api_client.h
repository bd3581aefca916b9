// ApiClient: blocking calls of REST v1 for the command line. One connection, opened when first needed
// and again when it broke. No call throws: what went wrong is an answer with status 0. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <engine/cli/terminal.h>
#include <statelang/value.h>

namespace engine::cli {

struct ApiAnswer {
  unsigned status = 0;  // 0: no answer, `body` says why
  std::string body;
  statelang::Value json;  // null when the body is none
  bool ok() const { return status >= 200 && status < 300; }
};

// What is wrong with a server's URL; empty: nothing.
std::string url_mistake(std::string_view url);

class ApiClient {
 public:
  // `url` as in STEPSTREAM_URL: http://HOST[:PORT]. `api_key` may be empty.
  ApiClient(std::string url, std::string api_key);
  ~ApiClient();

  // Waits for the answer at most `timeout_ms`, for a connection at most 10 s of it.
  ApiAnswer call(std::string_view method, const std::string& target, const std::string& body = {},
                 int64_t timeout_ms = 30'000);

  // GET of server-sent events: `visit` gets each with its name and its data, comments as an empty name, until
  // it gives false or the server ends (status 200 then). Nothing for `silence_ms`: the server is gone.
  using Visit = std::function<bool(std::string_view event, std::string_view data)>;
  ApiAnswer follow(const std::string& target, int64_t silence_ms, const Visit& visit);

 private:
  struct Connection;
  std::string head_of(std::string_view method, const std::string& target, const std::string& host) const;
  std::string url_;
  std::string api_key_;
  std::unique_ptr<Connection> connection_;
};

// Prints an answer that is not ok: the problem with all its findings. Gives the exit code.
int report_problem(const Terminal& terminal, const ApiAnswer& answer);

}  // namespace engine::cli
