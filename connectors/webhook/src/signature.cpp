#include <charconv>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <connectors/webhook/signature.h>
#include <statelang/encoding.h>

namespace connectors::webhook {
namespace {

constexpr std::string_view kGitHubPrefix = "sha256=";
constexpr std::string_view kStandardPrefix = "v1,";

std::string hmac_sha256(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Empty: the time that the message names is near enough to now.
std::string check_time(std::string_view timestamp, const std::string& what, int64_t tolerance_s,
                       int64_t now_ms) {
  int64_t sent_s = 0;
  auto [end, error] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), sent_s);
  if (error != std::errc() || end != timestamp.data() + timestamp.size()) return what + " is not a number";
  const int64_t now_s = now_ms / 1000;
  if (sent_s < now_s - tolerance_s || sent_s > now_s + tolerance_s) return what + " is too far from now";
  return "";
}

std::string check_github(const std::vector<std::string>& secrets, const SignedMessage& message) {
  std::string_view given = message.header("x-hub-signature-256");
  if (given.empty()) return "the header X-Hub-Signature-256 is missing";
  bool holds = false;
  for (const auto& secret : secrets) holds |= same(github_signature(secret, message.body), given);
  return holds ? "" : "the signature does not match";
}

std::string check_standard(const std::vector<std::string>& secrets, int64_t tolerance_s,
                           const SignedMessage& message) {
  std::string_view id = message.header("webhook-id"), timestamp = message.header("webhook-timestamp");
  std::string_view given = message.header("webhook-signature");
  if (id.empty() || timestamp.empty() || given.empty()) {
    return "the headers webhook-id, webhook-timestamp and webhook-signature must be there";
  }
  std::string late = check_time(timestamp, "webhook-timestamp", tolerance_s, message.now_ms);
  if (!late.empty()) return late;
  bool holds = false;
  for (const auto& secret : secrets) {
    std::string wanted = standard_signature(secret, id, timestamp, message.body);
    // The header lists signatures by several keys, separated by blanks.
    for (std::string_view rest = given; !rest.empty();) {
      std::string_view one = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      holds |= !wanted.empty() && same(wanted, one);
    }
  }
  return holds ? "" : "the signature does not match";
}

// Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX...]; signed is "SECONDS.BODY".
std::string check_stripe(const std::vector<std::string>& secrets, int64_t tolerance_s,
                         const SignedMessage& message) {
  std::string_view timestamp;
  std::vector<std::string_view> given;
  for (std::string_view rest = message.header("stripe-signature"); !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (one.starts_with("t=")) timestamp = one.substr(2);
    if (one.starts_with("v1=")) given.push_back(one.substr(3));
  }
  if (timestamp.empty() || given.empty())
    return "the header Stripe-Signature is missing or has no t= and v1=";
  std::string late = check_time(timestamp, "t of Stripe-Signature", tolerance_s, message.now_ms);
  if (!late.empty()) return late;
  bool holds = false;
  for (const auto& secret : secrets) {
    const std::string wanted = hmac_hex(secret, std::string(timestamp).append(".").append(message.body));
    for (const std::string_view one : given) holds |= same(wanted, one);
  }
  return holds ? "" : "the signature does not match";
}

// X-Slack-Signature: v0=HEX; signed is "v0:SECONDS:BODY".
std::string check_slack(const std::vector<std::string>& secrets, int64_t tolerance_s,
                        const SignedMessage& message) {
  const std::string_view timestamp = message.header("x-slack-request-timestamp");
  const std::string_view given = message.header("x-slack-signature");
  if (timestamp.empty() || given.empty())
    return "the headers X-Slack-Request-Timestamp and X-Slack-Signature must be there";
  std::string late = check_time(timestamp, "X-Slack-Request-Timestamp", tolerance_s, message.now_ms);
  if (!late.empty()) return late;
  const std::string text = std::string("v0:").append(timestamp).append(":").append(message.body);
  bool holds = false;
  for (const auto& secret : secrets) holds |= same("v0=" + hmac_hex(secret, text), given);
  return holds ? "" : "the signature does not match";
}

std::string check_hmac(const std::vector<std::string>& secrets, const SignedMessage& message,
                       const HmacForm& form) {
  const std::string_view given = message.header(form.header);
  if (given.empty()) return "the header " + form.header + " is missing";
  bool holds = false;
  for (const auto& secret : secrets) {
    const std::string digest = hmac_sha256(secret, message.body);
    holds |=
        same(form.prefix + (form.base64 ? statelang::to_base64(digest) : statelang::to_hex(digest)), given);
  }
  return holds ? "" : "the signature does not match";
}

}  // namespace

std::string hmac_hex(std::string_view secret, std::string_view text) {
  return statelang::to_hex(hmac_sha256(secret, text));
}

std::string github_signature(std::string_view secret, std::string_view body) {
  return std::string(kGitHubPrefix) + statelang::to_hex(hmac_sha256(secret, body));
}

std::string standard_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                               std::string_view body) {
  constexpr std::string_view kSecretPrefix = "whsec_";
  if (secret.starts_with(kSecretPrefix)) secret.remove_prefix(kSecretPrefix.size());
  auto key = decode_base64(secret);
  if (!key) return "";
  std::string text;
  text.append(id).append(".").append(timestamp).append(".").append(body);
  return std::string(kStandardPrefix) + statelang::to_base64(hmac_sha256(*key, text));
}

std::string check_signature(Scheme scheme, const std::vector<std::string>& secrets, int64_t tolerance_s,
                            const SignedMessage& message, const HmacForm& form) {
  switch (scheme) {
    case Scheme::None:
      return "";
    case Scheme::GitHub:
      return check_github(secrets, message);
    case Scheme::StandardWebhooks:
      return check_standard(secrets, tolerance_s, message);
    case Scheme::Stripe:
      return check_stripe(secrets, tolerance_s, message);
    case Scheme::Slack:
      return check_slack(secrets, tolerance_s, message);
    case Scheme::Hmac:
      return check_hmac(secrets, message, form);
  }
  return "unknown scheme";
}

}  // namespace connectors::webhook
