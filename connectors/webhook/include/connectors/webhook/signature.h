// Signatures of webhooks: HMAC-SHA256 over the raw body, as GitHub, Standard Webhooks, Stripe and Slack
// define them, or in a header of the sender's choice. Checked before anything of the body is read; every
// secret is tried in the same time, right or wrong. Sources: GitHub Docs "Validating webhook deliveries";
// standard-webhooks specification, "Signature scheme"; Stripe Docs "Verify webhook signatures manually";
// Slack Docs "Verifying requests from Slack". Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace connectors::webhook {

enum class Scheme { None, GitHub, StandardWebhooks, Stripe, Slack, Hmac };

// Hmac: where the sender puts the signature of the body, and how. There is no time in it: replays are found
// by the delivery's id alone.
struct HmacForm {
  std::string header;
  std::string prefix;   // before the signature, such as "sha256="
  bool base64 = false;  // else hexadecimal digits, small ones
};

struct SignedMessage {
  // The first header of that name, compared without case; empty: absent.
  std::function<std::string_view(std::string_view)> header;
  std::string_view body;
  int64_t now_ms = 0;
};

// Empty: the signature holds with one of `secrets`. Otherwise why not, without a hint at what would be right.
// StandardWebhooks secrets are "whsec_" and base64, or base64 alone; the others are used as they are.
std::string check_signature(Scheme scheme, const std::vector<std::string>& secrets, int64_t tolerance_s,
                            const SignedMessage& message, const HmacForm& form = {});

// For tests and for examples that send events.
std::string hmac_hex(std::string_view secret, std::string_view text);
std::string github_signature(std::string_view secret, std::string_view body);  // sha256=<hex>
std::string standard_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                               std::string_view body);  // v1,<base64>; empty: not a secret

}  // namespace connectors::webhook
