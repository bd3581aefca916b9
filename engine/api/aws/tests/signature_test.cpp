#include <catch2/catch.hpp>

#include <engine/api/aws/signature.h>
#include <engine/auth/key_ring.h>

using engine::api::aws::SignatureVerifier;
using engine::api::aws::SignedRequest;

namespace {

// Signed by botocore (SigV4Auth) for 2026-01-31T23:59:59Z; the second is 1769903999.
constexpr int64_t kNowMs = 1769903999000;
constexpr const char* kBody = "{\"maxResults\": 10}";
constexpr const char* kSignature = "34eb8530d8ff9f5a9a61bcabd2bdc9b084650a3624898540bf8a353fc983db90";

SignedRequest request(const std::string& signature, const std::string& date = "20260131T235959Z") {
  SignedRequest signed_request;
  signed_request.method = "POST";
  signed_request.path = "/";
  signed_request.body = kBody;
  signed_request.headers = {
      {"host", "127.0.0.1:8460"},
      {"content-type", "application/x-amz-json-1.0"},
      {"x-amz-target", "AWSStepFunctions.ListStateMachines"},
      {"x-amz-date", date},
      {"authorization",
       "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260131/us-east-1/states/aws4_request, "
       "SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=" +
           signature}};
  return signed_request;
}

std::shared_ptr<engine::auth::KeyRing> ring(const std::string& id, const std::string& secret,
                                            int64_t expires_ms = 0) {
  engine::auth::Key key;
  key.principal = {id, "111122223333", {}};
  key.secret = secret;
  key.expires_ms = expires_ms;
  return std::make_shared<engine::auth::KeyRing>(std::vector<engine::auth::Key>{std::move(key)});
}

SignatureVerifier verifier() {
  return SignatureVerifier(ring("AKIDEXAMPLE", "example secret key"), "us-east-1");
}

}  // namespace

TEST_CASE("signature: what an SDK signs is accepted and names the key") {
  auto subject = verifier();
  const auto key = subject.verify(request(kSignature), kNowMs, false);
  REQUIRE(key);
  CHECK((*key)->principal.account == "111122223333");
}

TEST_CASE("signature: anything changed is refused") {
  auto subject = verifier();
  std::string wrong = kSignature;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  CHECK(subject.verify(request(wrong), kNowMs, false).error().type == "InvalidSignatureException");
  auto changed = request(kSignature);
  changed.body = "{\"maxResults\": 11}";
  CHECK_FALSE(subject.verify(changed, kNowMs, false));
  changed = request(kSignature);
  changed.headers[2].second = "AWSStepFunctions.DeleteStateMachine";
  CHECK_FALSE(subject.verify(changed, kNowMs, false));
  changed = request(kSignature);
  changed.query = "a=b";
  CHECK_FALSE(subject.verify(changed, kNowMs, false));
}

TEST_CASE("signature: old, foreign, incomplete and doubled requests are refused") {
  auto subject = verifier();
  CHECK_FALSE(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kSkewMaxMs + 1, false));
  CHECK_FALSE(subject.verify(request(kSignature), kNowMs - SignatureVerifier::kSkewMaxMs - 1, false));
  auto unsigned_request = request(kSignature);
  unsigned_request.headers.pop_back();
  CHECK(subject.verify(unsigned_request, kNowMs, false).error().type == "MissingAuthenticationToken");
  auto doubled = request(kSignature);
  doubled.headers.push_back({"x-amz-target", "AWSStepFunctions.ListStateMachines"});
  CHECK(subject.verify(doubled, kNowMs, false).error().type == "IncompleteSignature");
  SignatureVerifier other(ring("SOMEONEELSE", "x"), "us-east-1");
  CHECK(other.verify(request(kSignature), kNowMs, false).error().type == "UnrecognizedClientException");
  SignatureVerifier elsewhere(ring("AKIDEXAMPLE", "example secret key"), "eu-west-1");
  CHECK_FALSE(elsewhere.verify(request(kSignature), kNowMs, false));
}

TEST_CASE("signature: a mutating call is accepted again in the same second only") {
  auto subject = verifier();
  CHECK(subject.verify(request(kSignature), kNowMs, true));
  CHECK(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs, true));
  CHECK_FALSE(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs + 1, true));
  CHECK(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs + 1, false));
}

TEST_CASE("signature: a date off by five minutes is the last that counts") {
  auto subject = verifier();
  CHECK(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kSkewMaxMs, false));
  CHECK(subject.verify(request(kSignature), kNowMs - SignatureVerifier::kSkewMaxMs, false));
}

TEST_CASE("signature: headers of the service that are not signed are refused, and doubled query parameters") {
  auto subject = verifier();
  auto added = request(kSignature);
  added.headers.push_back({"x-amz-security-token", "t"});
  CHECK(subject.verify(added, kNowMs, false).error().type == "IncompleteSignature");
  auto doubled = request(kSignature);
  doubled.query = "a=1&a=2";
  CHECK(subject.verify(doubled, kNowMs, false).error().type == "IncompleteSignature");
  auto host = request(kSignature);
  host.headers.push_back({"host", "127.0.0.1:8460"});
  CHECK(subject.verify(host, kNowMs, false).error().type == "IncompleteSignature");
  auto twice = request(kSignature);
  twice.headers.push_back(twice.headers.back());
  CHECK_FALSE(subject.verify(twice, kNowMs, false));
}

TEST_CASE("signature: a payload that is not signed is refused") {
  auto subject = verifier();
  for (const char* hash : {"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""}) {
    auto payload = request(kSignature);
    payload.headers.push_back({"x-amz-content-sha256", hash});
    auto& authorization = payload.headers[4].second;
    authorization.replace(authorization.find(";x-amz-date"), 0, ";x-amz-content-sha256");
    const auto refused = subject.verify(payload, kNowMs, false);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("payload") != std::string::npos);
  }
}

TEST_CASE("signature: a key counts until it expires, and a new secret counts at once") {
  SignatureVerifier ending(ring("AKIDEXAMPLE", "example secret key", kNowMs), "us-east-1");
  CHECK(ending.verify(request(kSignature), kNowMs - 1, false));
  CHECK(ending.verify(request(kSignature), kNowMs, false).error().type == "UnrecognizedClientException");
  const auto keys = ring("AKIDEXAMPLE", "example secret key");
  SignatureVerifier subject(keys, "us-east-1");
  CHECK(subject.verify(request(kSignature), kNowMs, false));
  engine::auth::Key changed;
  changed.principal = {"AKIDEXAMPLE", "111122223333", {}};
  changed.secret = "another secret key";
  keys->replace({changed});
  CHECK(subject.verify(request(kSignature), kNowMs, false).error().type == "InvalidSignatureException");
}
