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

TEST_CASE("signature: Slack's own example holds within its time") {
  const std::string secret = "8f742231b10e8888abcd99yyyzzz85a5", timestamp = "1531420618";
  const std::string body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
      "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_"
      "url="
      "https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
      "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
  const std::string signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
  const auto slack = [&](const std::string& given, const std::string& at, int64_t now_s = 1'531'420'618) {
    return check(Scheme::Slack, {"other", secret},
                 {{"x-slack-signature", given}, {"x-slack-request-timestamp", at}}, body, now_s);
  };
  CHECK(slack(signature, timestamp) == "");
  CHECK(slack(signature, timestamp, 1'531'420'618 + 301) == "X-Slack-Request-Timestamp is too far from now");
  CHECK(slack(signature, "1531420619") == kNoMatch);
  CHECK(slack(signature.substr(3), timestamp) == kNoMatch);
  CHECK(slack("", timestamp) != "");
}

TEST_CASE("signature: Stripe's header holds with one of its signatures, within its time") {
  const std::string body = R"({"id": "evt_1"})", secret = "whsec_test", t = "1614265330";
  const std::string right = hmac_hex(secret, t + "." + body), wrong(64, '0');
  const auto stripe = [&](const std::string& header, int64_t now_s = 1'614'265'330) {
    return check(Scheme::Stripe, {secret}, {{"stripe-signature", header}}, body, now_s);
  };
  CHECK(stripe("t=" + t + ",v1=" + right) == "");
  CHECK(stripe("t=" + t + ",v1=" + wrong + ",v0=x,v1=" + right) == "");
  CHECK(stripe("t=" + t + ",v1=" + wrong) == kNoMatch);
  CHECK(stripe("t=" + t + ",v0=" + right) == "the header Stripe-Signature is missing or has no t= and v1=");
  CHECK(stripe("t=1614265331,v1=" + right) == kNoMatch);
  CHECK(stripe("t=,v1=" + right) != "");
  CHECK(stripe("t=soon,v1=" + right) == "t of Stripe-Signature is not a number");
  CHECK(stripe("t=" + t + ",v1=" + right, 1'614'265'330 + 301) ==
        "t of Stripe-Signature is too far from now");
  CHECK(stripe("") != "");
}

TEST_CASE("signature: any header with an HMAC-SHA256 of the body") {
  const auto given = [&](const HmacForm& form, const std::string& value) {
    const auto find = [&](std::string_view name) {
      return name == "X-Sum" ? std::string_view(value) : std::string_view();
    };
    return check_signature(Scheme::Hmac, {kGitHubSecret}, 300, {find, kGitHubBody, 0}, form);
  };
  CHECK(given({"X-Sum", "sha256=", false}, kGitHubSignature) == "");
  CHECK(given({"X-Sum", "", false}, kGitHubSignature.substr(7)) == "");
  CHECK(given({"X-Sum", "", false}, kGitHubSignature) == kNoMatch);
  CHECK(given({"X-Sum", "", true}, "dXEH6g6yUJ/CESIczphLijdXC211hsIsRvQ3nIsEPhc=") == "");
  CHECK(given({"X-Other", "", false}, kGitHubSignature) == "the header X-Other is missing");
}
