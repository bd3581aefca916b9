// AWS Signature Version 4: does this request come from the holder of one of our access keys?
// Source: IAM User Guide, "Signing AWS API requests" (canonical request, string to sign, signing key).
//
// What is checked: the Authorization header's form, a known access key in force, the credential scope
// (region, service "states", aws4_request), that host, x-amz-date and every other x-amz-* header are signed
// and none of them doubled, no doubled name in the query, that the date is within kSkewMaxMs of now, the
// body's hash (an unsigned payload is refused: there is no TLS here), and the signature itself in constant
// time. A signature seen before within that window is refused for calls that change something (replay), but
// for the first kRepeatMaxMs: dates are whole seconds and SDKs do not sign what sets two requests apart, so a
// loop that starts an execution ten times signs ten times the same (docs/adr/0011). Thread rule: verify() may
// be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <engine/auth/key_ring.h>
#include <statelang/expected.h>

namespace engine::api::aws {

struct SignedRequest {
  std::string_view method;
  std::string_view path;   // as sent, still encoded
  std::string_view query;  // without '?'
  // Names in lower case, in the order they came.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
};

struct SignatureError {
  std::string type;  // AWS: IncompleteSignature, UnrecognizedClientException, InvalidSignatureException, ...
  std::string message;
};

class SignatureVerifier {
 public:
  static constexpr int64_t kSkewMaxMs = 5 * 60 * 1000;
  static constexpr int64_t kRepeatMaxMs = 5000;  // the second that both are dated by, and the way here
  static constexpr size_t kSeenSignaturesMax = 100000;

  SignatureVerifier(std::shared_ptr<const auth::KeyRing> keys, std::string region);
  ~SignatureVerifier();

  // The key that signed the request. `mutating`: refuse a signature first used kRepeatMaxMs ago.
  statelang::Expected<std::shared_ptr<const auth::Key>, SignatureError> verify(const SignedRequest& request,
                                                                               int64_t now_ms, bool mutating);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engine::api::aws
