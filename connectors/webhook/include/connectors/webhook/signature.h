// Signatures of webhooks: HMAC-SHA256 over the raw body, as GitHub and Standard Webhooks define them. Checked
// before anything of the body is read; every secret is tried in the same time, right or wrong.
// Sources: GitHub Docs "Validating webhook deliveries"; standard-webhooks specification, "Signature scheme".
// Thread rule: pure functions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace connectors::webhook {

enum class Scheme { None, GitHub, StandardWebhooks };

struct SignedMessage {
  // The first header of that name, compared without case; empty: absent.
  std::function<std::string_view(std::string_view)> header;
  std::string_view body;
  int64_t now_ms = 0;
};

// Empty: the signature holds with one of `secrets`. Otherwise why not, without a hint at what would be right.
// StandardWebhooks secrets are "whsec_" and base64, or base64 alone; GitHub's are used as they are.
std::string check_signature(Scheme scheme, const std::vector<std::string>& secrets, int64_t tolerance_s,
                            const SignedMessage& message);

// For tests and for examples that send events.
std::string github_signature(std::string_view secret, std::string_view body);  // sha256=<hex>
std::string standard_signature(std::string_view secret, std::string_view id, std::string_view timestamp,
                               std::string_view body);  // v1,<base64>; empty: not a secret

std::string sha256_hex(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace connectors::webhook
