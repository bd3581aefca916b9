#include <map>

#include <catch2/catch.hpp>

#include <connectors/webhook/signature.h>

using namespace connectors::webhook;

namespace {

std::string check(Scheme scheme, std::vector<std::string> secrets, std::map<std::string, std::string> headers,
                  const std::string& body, int64_t now_s = 1'614'265'330) {
  auto find = [&](std::string_view name) -> std::string_view {
    auto found = headers.find(std::string(name));
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  };
  return check_signature(scheme, secrets, 300, {find, body, now_s * 1000});
}

// The example of GitHub's documentation.
const std::string kGitHubSecret = "It's a Secret to Everybody";
const std::string kGitHubBody = "Hello, World!";
const std::string kGitHubSignature =
    "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
// The example of the Standard Webhooks specification's libraries.
const std::string kStandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::string kStandardBody = R"({"test": 2432232314})";
const std::string kStandardSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::string github(std::vector<std::string> secrets, std::string signature, std::string body = kGitHubBody) {
  return check(Scheme::GitHub, std::move(secrets), {{"x-hub-signature-256", std::move(signature)}}, body);
}
std::string standard(std::vector<std::string> secrets, std::string signature,
                     const std::string& timestamp = "1614265330", int64_t now_s = 1'614'265'330) {
  return check(Scheme::StandardWebhooks, std::move(secrets),
               {{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                {"webhook-timestamp", timestamp},
                {"webhook-signature", std::move(signature)}},
               kStandardBody, now_s);
}
const std::string kNoMatch = "the signature does not match";

}  // namespace

TEST_CASE("signature: GitHub's own example holds, anything else does not") {
  CHECK(github_signature(kGitHubSecret, kGitHubBody) == kGitHubSignature);
  CHECK(github({kGitHubSecret}, kGitHubSignature) == "");
  CHECK(github({"other"}, kGitHubSignature) == kNoMatch);
  CHECK(github({kGitHubSecret}, kGitHubSignature, kGitHubBody + " ") == kNoMatch);
  CHECK(github({kGitHubSecret}, kGitHubSignature.substr(0, 40)) == kNoMatch);
  CHECK(github({kGitHubSecret}, "") == "the header X-Hub-Signature-256 is missing");
  CHECK(github({}, kGitHubSignature) == kNoMatch);
}

TEST_CASE("signature: a rotated secret is one of several") {
  CHECK(github({"new", kGitHubSecret}, kGitHubSignature) == "");
  CHECK(standard({"whsec_AAAA", kStandardSecret}, kStandardSignature) == "");
}

TEST_CASE("signature: Standard Webhooks' own example holds, with or without the prefix of the secret") {
  CHECK(standard({kStandardSecret}, kStandardSignature) == "");
  CHECK(standard({kStandardSecret.substr(6)}, kStandardSignature) == "");
  CHECK(standard({kStandardSecret}, "v1,AAAA " + kStandardSignature + " v2,x") == "");
  CHECK(standard({kStandardSecret}, "v1a," + kStandardSignature.substr(3)) == kNoMatch);
  CHECK(standard({"not base64!"}, "v1,") == kNoMatch);
}

TEST_CASE("signature: an old or future message is a replay") {
  auto at = [&](int64_t now_s) {
    return standard({kStandardSecret}, kStandardSignature, "1614265330", now_s);
  };
  CHECK(at(1'614'265'330 + 300) == "");
  CHECK(at(1'614'265'330 + 301) == "webhook-timestamp is too far from now");
  CHECK(at(1'614'265'330 - 301) == "webhook-timestamp is too far from now");
  CHECK(standard({kStandardSecret}, kStandardSignature, "soon") == "webhook-timestamp is not a number");
  CHECK(standard({kStandardSecret}, kStandardSignature, "1614265331") == kNoMatch);
}

TEST_CASE("digest and base64: known answers") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(base64("light wo") == "bGlnaHQgd28=");
  CHECK(base64("") == "");
}
