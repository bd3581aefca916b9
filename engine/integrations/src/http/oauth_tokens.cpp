#include "oauth_tokens.h"

#include <statelang/encoding.h>

#include "task_request.h"

namespace engine::integrations {

using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr int64_t kMarginMs = 30'000;        // a token this near its end is not used any more
constexpr int64_t kLifeDefaultMs = 300'000;  // of a token that does not say
constexpr int64_t kLifeMaxMs = 24 * 3600'000;
constexpr size_t kEntriesMax = 1'000;

statelang::Failure failure_of(std::string cause) {
  return {"Events.ConnectionResource.InvalidConnectionState", std::move(cause)};
}

std::string key_of(const Connection& connection) {
  return connection.name + "\n" + statelang::to_json(connection.document);
}

struct TokenRequest {
  HttpRequest request;
  Redaction redaction;
};

statelang::Expected<TokenRequest, std::string> token_request(const Value& oauth, const Secrets& secrets) {
  auto additions = read_parameters(oauth.find("parameters"), secrets);
  if (!additions) return Unexpected{additions.error()};
  auto secret = secrets.read(*oauth.find("client_secret"));
  if (!secret) return Unexpected{secret.error()};
  TokenRequest made;
  made.redaction = additions->redaction;
  made.redaction.add(*secret);
  const std::string id(oauth.find("client_id")->as_string());
  Value form = Value::object({{"grant_type", "client_credentials"}});
  for (const auto& [name, value] : additions->body) form.set(name, value);
  HttpRequest& request = made.request;
  request.url = *parse_url(oauth.find("endpoint")->as_string());
  const Value* method = oauth.find("method");
  request.method = method ? std::string(method->as_string()) : "POST";
  request.headers = additions->headers;
  request.headers.emplace_back("Accept", "application/json");
  const Value* way = oauth.find("client_authentication");
  if (way && *way == Value("body")) {
    form.set("client_id", id);
    form.set("client_secret", *secret);
  } else {  // RFC 6749, 2.3.1: both are form-encoded first
    const std::string pair = statelang::to_base64(url_encode(id, true) + ":" + url_encode(*secret, true));
    made.redaction.add(pair);
    request.headers.emplace_back("Authorization", "Basic " + pair);
  }
  for (const auto& [name, value] : additions->query) {
    request.url.query += (request.url.query.empty() ? "" : "&") + url_encode(name) + "=" + url_encode(value);
  }
  const std::string text = form_encoded(form, "REPEAT");
  if (request.method == "GET") {
    request.url.query += (request.url.query.empty() ? "" : "&") + text;
  } else {
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = text;
  }
  return made;
}

}  // namespace

void OAuthTokens::token(const Connection& connection, Done done) {
  const std::string key = key_of(connection);
  if (entries_.size() >= kEntriesMax && entries_.count(key) == 0) {
    for (auto it = entries_.begin(); it != entries_.end();) {
      it = it->second.waiting.empty() ? entries_.erase(it) : std::next(it);
    }
  }
  Entry& entry = entries_[key];
  if (!entry.token.empty() && engine_.now_ms() < entry.until_ms) return done(entry.token);
  entry.waiting.push_back(std::move(done));
  if (entry.waiting.size() > 1) return;
  const Value& oauth = *connection.document.find("authorization")->find("oauth_client_credentials");
  auto made = token_request(oauth, secrets_);
  if (!made) return finish(key, Unexpected{failure_of(made.error())});
  client_.send(std::move(made->request), [this, key, redaction = made->redaction](auto response) {
    answered(key, redaction, std::move(response));
  });
}

void OAuthTokens::answered(const std::string& key, const Redaction& redaction,
                           statelang::Expected<HttpResponse, HttpFailure> response) {
  if (!response) {
    return finish(key, Unexpected{failure_of("No token: " + redaction.clean(response.error().message))});
  }
  const auto answer = statelang::parse_json(response->body);
  const Value* token = answer ? answer->find("access_token") : nullptr;
  if (response->status / 100 != 2 || !token || !token->is_string() || token->as_string().empty()) {
    return finish(
        key, Unexpected{failure_of("The token endpoint answered " + std::to_string(response->status) +
                                   (answer ? ": " + redaction.clean(response->body.substr(0, 1000)) : ""))});
  }
  const Value* life = answer->find("expires_in");
  const int64_t life_ms =
      life && life->is_number()
          ? static_cast<int64_t>(std::min(life->as_double() * 1000, static_cast<double>(kLifeMaxMs)))
          : kLifeDefaultMs;
  Entry& entry = entries_[key];
  entry.token = token->as_string();
  entry.until_ms = engine_.now_ms() + life_ms - kMarginMs;
  finish(key, entry.token);
}

void OAuthTokens::finish(const std::string& key,
                         const statelang::Expected<std::string, statelang::Failure>& outcome) {
  const std::vector<Done> waiting = std::exchange(entries_[key].waiting, {});
  for (const Done& done : waiting) done(outcome);
}

void OAuthTokens::forget(const Connection& connection, const std::string& token) {
  const auto found = entries_.find(key_of(connection));
  if (found != entries_.end() && found->second.token == token) found->second.token.clear();
}

}  // namespace engine::integrations
