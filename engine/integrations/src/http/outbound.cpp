#include <engine/integrations/outbound.h>

#include "../io_thread.h"
#include "http_client.h"
#include "secrets.h"

namespace engine::integrations {

using statelang::Unexpected;

namespace {

// What an endpoint answers is looked at for its status alone.
constexpr size_t kAnswerBytesMax = 262'144;

HttpClientSettings client_settings(const OutboundSettings& settings) {
  HttpClientSettings client;
  client.timeout_ms = settings.timeout_ms;
  client.body_bytes_max = kAnswerBytesMax;
  client.ca_file = settings.http_ca_file;
  return client;
}

}  // namespace

struct Outbound::Content {
  explicit Content(const OutboundSettings& settings)
      : rules(OutboundRules::parse(settings.http_allow).value_or(OutboundRules())),
        secrets(settings.secrets),
        client(io, rules, client_settings(settings)) {}
  IoThread io;
  const OutboundRules rules;
  const Secrets secrets;
  HttpClient client;
};

Outbound::Outbound(OutboundSettings settings) : content_(std::make_unique<Content>(settings)) {}

Outbound::~Outbound() {
  stop();
}

std::string Outbound::url_mistake(const std::string& url) const {
  const auto parsed = parse_url(url);
  return parsed ? content_->rules.refusal(*parsed) : "is no http or https URL";
}

std::string Outbound::secret_mistake(const statelang::Value& reference) const {
  return content_->secrets.mistake(reference);
}

statelang::Expected<std::string, std::string> Outbound::secret(const statelang::Value& reference) const {
  return content_->secrets.read(reference);
}

void Outbound::post(const std::string& url, Headers headers, std::string body, Done done) {
  const auto parsed = parse_url(url);
  if (!parsed) return done(Unexpected{std::string("is no http or https URL")});
  content_->client.send({"POST", *parsed, std::move(headers), std::move(body)},
                        [done = std::move(done)](statelang::Expected<HttpResponse, HttpFailure> answer) {
                          if (!answer) return done(Unexpected{answer.error().message});
                          done(answer->status);
                        });
}

void Outbound::stop() {
  content_->io.stop();
}

}  // namespace engine::integrations
