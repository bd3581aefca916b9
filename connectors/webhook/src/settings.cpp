#include "settings.h"

#include <connectors/triggers/document_reader.h>

namespace connectors::webhook {

using statelang::Diagnostic;
using statelang::Value;
using triggers::DocumentReader;

namespace {

constexpr size_t kSecretsMax = 10;

void read_signature(const Value& value, Settings& settings, std::vector<Diagnostic>& findings) {
  DocumentReader reader(value, "/webhook/signature", findings);
  reader.require("scheme");
  auto scheme =
      reader.one_of("scheme", {"github", "standard-webhooks", "stripe", "slack", "hmac-sha256", "none"})
          .value_or("");
  if (scheme == "github") settings.scheme = Scheme::GitHub;
  if (scheme == "standard-webhooks") settings.scheme = Scheme::StandardWebhooks;
  if (scheme == "stripe") settings.scheme = Scheme::Stripe;
  if (scheme == "slack") settings.scheme = Scheme::Slack;
  if (scheme == "hmac-sha256") {
    settings.scheme = Scheme::Hmac;
    reader.require("header");
    settings.hmac.header = reader.text("header").value_or("");
    settings.hmac.prefix = reader.text("prefix").value_or("");
    settings.hmac.base64 = reader.one_of("encoding", {"hex", "base64"}).value_or("hex") == "base64";
  }
  const Value* secrets = reader.array("secrets");
  if (settings.scheme != Scheme::None && (secrets == nullptr || secrets->size() == 0)) {
    reader.complain("secrets", "must name at least one secret", "[{\"env\": \"GITHUB_SECRET\"}]");
  }
  if (secrets != nullptr && secrets->size() > kSecretsMax) {
    reader.complain("secrets", "may name at most " + std::to_string(kSecretsMax));
    secrets = nullptr;
  }
  for (size_t i = 0; secrets != nullptr && i < secrets->size(); i++) {
    const std::string pointer = "/webhook/signature/secrets/" + std::to_string(i);
    settings.secrets.push_back(triggers::read_secret_reference((*secrets)[i], pointer, findings));
  }
  settings.tolerance_s = reader.number("tolerance_seconds", 1, 86'400).value_or(300);
  reader.refuse_unknown();
}

}  // namespace

Settings read_settings(const Value& value, std::vector<Diagnostic>& findings) {
  Settings settings;
  DocumentReader reader(value, "/webhook", findings);
  if (const Value* signature = reader.any("signature")) {
    read_signature(*signature, settings, findings);
  } else {
    reader.complain("signature", "is missing", "{\"scheme\": \"none\"} lets everybody start executions");
  }
  if (settings.scheme == Scheme::GitHub) settings.delivery_id_header = "X-GitHub-Delivery";
  if (settings.scheme == Scheme::StandardWebhooks) settings.delivery_id_header = "webhook-id";
  if (settings.scheme == Scheme::Stripe) {
    settings.delivery_id_member = "id";
    settings.replay_header = "Stripe-Signature";
  }
  if (settings.scheme == Scheme::Slack) {
    settings.delivery_id_member = "event_id";
    settings.replay_header = "X-Slack-Signature";
  }
  if (auto header = reader.text("delivery_id_header")) settings.delivery_id_header = *header;
  settings.reply_result = reader.one_of("reply", {"accepted", "result"}).value_or("accepted") == "result";
  settings.reply_timeout_ms = reader.number("reply_timeout_seconds", 1, 300).value_or(30) * 1000;
  settings.body_bytes_max = reader.number("body_bytes_max", 1, 262'144'000).value_or(1'048'576);
  reader.refuse_unknown();
  return settings;
}

std::vector<std::string> read_secrets(const Settings& settings, std::string& problem) {
  std::vector<std::string> secrets;
  for (const auto& reference : settings.secrets) {
    std::string secret = triggers::read_secret(reference, problem);
    if (!secret.empty()) secrets.push_back(std::move(secret));
  }
  return secrets;
}

}  // namespace connectors::webhook
