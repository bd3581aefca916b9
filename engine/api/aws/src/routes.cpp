#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>

#include <engine/api/aws/routes.h>

namespace engine::api::aws {
namespace {

constexpr size_t kTraceHeaderBytesMax = 256;  // as of the member traceHeader
constexpr std::string_view kContentType = "application/x-amz-json-1.0";

// For x-amzn-RequestId: unique within and, by its random start, between processes.
std::string next_request_id() {
  static const uint64_t start =
      std::random_device{}() | (static_cast<uint64_t>(std::random_device{}()) << 32);
  static std::atomic<uint64_t> count{0};
  const uint64_t n = count.fetch_add(1, std::memory_order_relaxed);
  char text[37];
  std::snprintf(text, sizeof text, "%08x-%04x-4%03x-8%03x-%012llx", static_cast<unsigned>(start >> 32),
                static_cast<unsigned>(start >> 16 & 0xFFFF), static_cast<unsigned>(start & 0xFFF),
                static_cast<unsigned>(n >> 48 & 0xFFF), static_cast<unsigned long long>(n & 0xFFFFFFFFFFFF));
  return text;
}

http::Response to_http(AwsResponse answer) {
  http::Response response;
  response.status = static_cast<unsigned>(answer.status);
  response.content_type = kContentType;
  response.headers.emplace_back("x-amzn-RequestId", next_request_id());
  if (!answer.error_type.empty())
    response.headers.emplace_back("x-amzn-ErrorType", std::move(answer.error_type));
  response.body = std::move(answer.body);
  return response;
}

AwsResponse refusal(const SignatureError& error) {
  return {error.type == "IncompleteSignature" ? 400 : 403, error.type,
          to_json(statelang::Value::object({{"__type", error.type}, {"message", error.message}}))};
}

SignedRequest signed_request(const http::Request& request) {
  SignedRequest out;
  out.method = http::to_string(request.method());
  out.path = request.path();
  out.query = request.query_text();
  out.body = request.body();
  request.headers().for_each([&out](std::string_view name, std::string_view value) {
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.headers.emplace_back(std::move(lower), std::string(value));
  });
  return out;
}

// Reading twice does no harm, so only calls that change something are kept from being replayed. TestState may
// call HTTP endpoints.
bool mutating(std::string_view target) {
  const std::string_view action = target.substr(std::min(target.size(), target.find('.') + 1));
  for (const std::string_view reading : {"Describe", "List", "Get", "Validate"}) {
    if (action.substr(0, reading.size()) == reading) return action == "GetActivityTask";
  }
  return true;
}

// SDKs send it where they run under a trace, unsigned. One that no traceHeader could be is left out.
std::string trace_header(const http::Request& request) {
  const std::string_view given = request.header("x-amzn-trace-id");
  const bool ascii =
      std::all_of(given.begin(), given.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii && given.size() <= kTraceHeaderBytesMax ? std::string(given) : std::string();
}

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

void add_routes(http::Router& router, ApiOf api_of, std::shared_ptr<SignatureVerifier> verifier) {
  // `open`: the signature takes the place of the REST API's key.
  router.add({http::Method::Post, "/",
              [api_of = std::move(api_of), verifier = std::move(verifier)](http::Request request,
                                                                           http::Responder responder) {
                const std::string target(request.header("x-amz-target"));
                std::shared_ptr<const auth::Key> key;
                if (verifier) {
                  const auto signer = verifier->verify(signed_request(request), now_ms(), mutating(target));
                  if (!signer) return responder.send(to_http(refusal(signer.error())));
                  key = *signer;
                }
                const auth::Principal* principal = key ? &key->principal : nullptr;
                api_of(principal)->handle(
                    target, request.body(), principal,
                    [responder](AwsResponse answer) { responder.send(to_http(std::move(answer))); },
                    [responder](std::function<void()> gone) { responder.on_close(std::move(gone)); },
                    trace_header(request));
              },
              /*open=*/true, /*closed_to_pages=*/true});
}

}  // namespace engine::api::aws
