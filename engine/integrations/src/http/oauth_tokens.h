// OAuthTokens: access tokens of connections with OAuth 2.0 client credentials (RFC 6749, 4.4), fetched when
// the first task needs one, kept until shortly before they end, in memory only. Tasks that need the same
// token while it is fetched wait for that one request. Everything runs on the IoThread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <engine/runtime/engine.h>

#include "connection.h"
#include "http_client.h"

namespace engine::integrations {

class OAuthTokens {
 public:
  using Done = std::function<void(statelang::Expected<std::string, statelang::Failure>)>;
  OAuthTokens(Engine& engine, HttpClient& client, const Secrets& secrets)
      : engine_(engine), client_(client), secrets_(secrets) {}

  void token(const Connection& connection, Done done);
  // The API did not take it: the next task gets a new one.
  void forget(const Connection& connection, const std::string& token);

 private:
  struct Entry {
    std::string token;
    int64_t until_ms = 0;
    std::vector<Done> waiting;  // while it is fetched
  };
  void answered(const std::string& key, const Redaction& redaction,
                statelang::Expected<HttpResponse, HttpFailure> response);
  void finish(const std::string& key, const statelang::Expected<std::string, statelang::Failure>& outcome);

  Engine& engine_;
  HttpClient& client_;
  const Secrets& secrets_;
  std::map<std::string, Entry> entries_;  // by the connection's document: a changed one has other tokens
};

}  // namespace engine::integrations
