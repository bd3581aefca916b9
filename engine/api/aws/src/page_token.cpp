#include "page_token.h"

#include <charconv>

#include <statelang/encoding.h>

namespace engine::api::aws {
namespace {

constexpr int64_t kGoodForMs = 24 * 60 * 60 * 1000;
constexpr size_t kSignatureSize = 32;  // 128 bits of it, in hexadecimal

// Takes the same time wherever the first difference is.
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

std::string signature(const Call& call, std::string_view listing, std::string_view content) {
  return call.engine.authenticate("page token", std::string(listing) + '\n' + std::string(content))
      .substr(0, kSignatureSize);
}

}  // namespace

AwsError invalid_page_token() {
  return {"InvalidToken", "Invalid Token: 'Invalid token'", {}};
}

// SIGNATURE HEX(EXPIRY ":" PLACE)
std::string make_page_token(const Call& call, std::string_view listing, std::string_view place) {
  const std::string content = std::to_string(call.engine.now_ms() + kGoodForMs) + ":" + std::string(place);
  return signature(call, listing, content) + statelang::to_hex(content);
}

statelang::Expected<std::string, AwsError> open_page_token(const Call& call, std::string_view listing) {
  const std::string token = call.text("nextToken");
  if (token.empty()) return std::string();
  const auto refused = [] { return statelang::Unexpected{invalid_page_token()}; };
  if (token.size() <= kSignatureSize) return refused();
  const std::string_view given = std::string_view(token).substr(0, kSignatureSize);
  const auto content = statelang::from_hex(std::string_view(token).substr(kSignatureSize));
  if (!content || !equal(given, signature(call, listing, *content))) return refused();
  int64_t expires_ms = 0;
  const auto read = std::from_chars(content->data(), content->data() + content->size(), expires_ms);
  if (read.ec != std::errc() || expires_ms < call.engine.now_ms()) return refused();
  return content->substr(static_cast<size_t>(read.ptr - content->data()) + 1);
}

}  // namespace engine::api::aws
