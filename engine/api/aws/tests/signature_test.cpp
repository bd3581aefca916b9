#include <catch2/catch.hpp>

#include <engine/api/aws/signature.h>

using engine::api::aws::AccessKey;
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

SignatureVerifier verifier() {
  return SignatureVerifier({{"AKIDEXAMPLE", "example secret key", "111122223333"}}, "us-east-1");
}

}  // namespace

TEST_CASE("signature: what an SDK signs is accepted and names the key") {
  auto subject = verifier();
  const auto key = subject.verify(request(kSignature), kNowMs, false);
  REQUIRE(key);
  CHECK((*key)->account == "111122223333");
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
  SignatureVerifier other({{"SOMEONEELSE", "x", "1"}}, "us-east-1");
  CHECK(other.verify(request(kSignature), kNowMs, false).error().type == "UnrecognizedClientException");
  SignatureVerifier elsewhere({{"AKIDEXAMPLE", "example secret key", "1"}}, "eu-west-1");
  CHECK_FALSE(elsewhere.verify(request(kSignature), kNowMs, false));
}

TEST_CASE("signature: a mutating call is accepted again in the same second only") {
  auto subject = verifier();
  CHECK(subject.verify(request(kSignature), kNowMs, true));
  CHECK(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs, true));
  CHECK_FALSE(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs + 1, true));
  CHECK(subject.verify(request(kSignature), kNowMs + SignatureVerifier::kRepeatMaxMs + 1, false));
}
