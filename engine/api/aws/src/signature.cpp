#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <engine/api/aws/signature.h>
#include <statelang/encoding.h>

namespace engine::api::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kService = "states";

std::string sha256(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string hmac(std::string_view key, std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

SignatureError incomplete(const std::string& message) {
  return {"IncompleteSignature", message};
}

// "Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=hex"
struct Authorization {
  std::string key_id, date, region, service, terminator;
  std::vector<std::string> signed_headers;
  std::string signature;
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end; (end = text.find(separator, start)) != std::string_view::npos; start = end + 1) {
    parts.emplace_back(text.substr(start, end - start));
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

std::optional<std::string> field(std::string_view header, std::string_view name) {
  const std::string start = std::string(name) + "=";
  const size_t at = header.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = header.substr(at + start.size());
  return std::string(rest.substr(0, rest.find_first_of(", ")));
}

statelang::Expected<Authorization, SignatureError> parse_authorization(std::string_view header) {
  if (header.substr(0, kAlgorithm.size()) != kAlgorithm) {
    return statelang::Unexpected{incomplete("Unsupported authorization: AWS4-HMAC-SHA256 is expected.")};
  }
  const auto credential = field(header, "Credential");
  const auto signed_headers = field(header, "SignedHeaders");
  const auto signature = field(header, "Signature");
  if (!credential || !signed_headers || !signature) {
    return statelang::Unexpected{incomplete(
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.")};
  }
  const auto scope = split(*credential, '/');
  if (scope.size() != 5) {
    return statelang::Unexpected{incomplete("Credential must have exactly 5 slash-delimited elements.")};
  }
  return Authorization{scope[0],  scope[1], scope[2], scope[3], scope[4], split(*signed_headers, ';'),
                       *signature};
}

std::string trimmed(std::string_view text) {
  // Leading, trailing and repeated blanks do not count.
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Seconds since the epoch of "20260131T235959Z".
std::optional<int64_t> parse_date(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [&](size_t at, size_t size) {
    int64_t value = 0;
    for (size_t i = at; i < at + size; ++i) {
      if (text[i] < '0' || text[i] > '9') return int64_t{-1};
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const int64_t year = number(0, 4), month = number(4, 2), day = number(6, 2);
  const int64_t hour = number(9, 2), minute = number(11, 2), second = number(13, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0) {
    return std::nullopt;
  }
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = y / 400, year_of_era = y - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  const int64_t days = era * 146097 + day_of_era - 719468;
  return days * 86400 + hour * 3600 + minute * 60 + second;
}

struct SigningKey {
  std::string secret, date;  // what it was made of
  std::string key;
};

}  // namespace

struct SignatureVerifier::Implementation {
  std::shared_ptr<const auth::KeyRing> keys;
  std::string region;
  std::mutex mutex;
  std::unordered_map<std::string, SigningKey> signing_keys;  // by access key id: those of the last day used
  std::unordered_map<std::string, int64_t> seen;             // since when
  std::deque<std::pair<int64_t, std::string>> seen_order;    // when it may be forgotten

  // Four HMACs that are the same for a day.
  std::string signing_key(const auth::Key& access_key, const std::string& date) {
    const std::lock_guard lock(mutex);
    SigningKey& cached = signing_keys[access_key.principal.key_id];
    if (cached.key.empty() || cached.date != date || cached.secret != access_key.secret) {
      std::string key = hmac("AWS4" + access_key.secret, date);
      for (const std::string_view part :
           {std::string_view(region), kService, std::string_view("aws4_request")})
        key = hmac(key, part);
      cached = {access_key.secret, date, std::move(key)};
    }
    return cached.key;
  }

  // False: this signature was used before, too long ago for one client to have signed both.
  bool remember(const std::string& signature, int64_t now_ms) {
    const std::lock_guard lock(mutex);
    while (!seen_order.empty() &&
           (seen_order.front().first < now_ms || seen_order.size() > kSeenSignaturesMax)) {
      seen.erase(seen_order.front().second);
      seen_order.pop_front();
    }
    const auto [found, fresh] = seen.emplace(signature, now_ms);
    if (!fresh) return now_ms - found->second <= kRepeatMaxMs;
    seen_order.emplace_back(now_ms + 2 * kSkewMaxMs, signature);
    return true;
  }
};

SignatureVerifier::SignatureVerifier(std::shared_ptr<const auth::KeyRing> keys, std::string region)
    : implementation_(std::make_unique<Implementation>()) {
  implementation_->keys = std::move(keys);
  implementation_->region = std::move(region);
}

SignatureVerifier::~SignatureVerifier() = default;

namespace {

// One value of a header; nullopt: absent or doubled.
std::optional<std::string> header(const SignedRequest& request, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

std::string canonical_query(std::string_view query) {
  if (query.empty()) return {};
  auto parts = split(query, '&');
  for (std::string& part : parts) {
    if (part.find('=') == std::string::npos) part += '=';
  }
  std::sort(parts.begin(), parts.end());
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "&") + part;
  return out;
}

statelang::Expected<std::string, SignatureError> canonical_request(const SignedRequest& request,
                                                                   const Authorization& authorization) {
  std::string out(request.method);
  out += '\n';
  out += request.path.empty() ? "/" : request.path;
  out += '\n';
  out += canonical_query(request.query);
  out += '\n';
  std::string names;
  for (const std::string& name : authorization.signed_headers) {
    const auto value = header(request, name);
    if (!value)
      return statelang::Unexpected{incomplete("Signed header '" + name + "' is missing or doubled.")};
    out += name + ":" + trimmed(*value) + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  return out + "\n" + names + "\n" + statelang::to_hex(sha256(request.body));
}

bool signs(const Authorization& authorization, std::string_view name) {
  const auto& names = authorization.signed_headers;
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What is wrong with what the signature covers, whoever signed it.
std::optional<SignatureError> refused_form(const SignedRequest& request, const Authorization& authorization) {
  for (const auto& [name, value] : request.headers) {
    if (name.substr(0, 6) == "x-amz-" && !signs(authorization, name))
      return incomplete("Header '" + name + "' must be signed.");
  }
  std::set<std::string> names;
  for (const std::string& part : split(request.query, '&')) {
    if (!part.empty() && !names.insert(part.substr(0, part.find('='))).second)
      return incomplete("A query parameter is doubled.");
  }
  const auto payload = header(request, "x-amz-content-sha256");
  if (payload && *payload != statelang::to_hex(sha256(request.body)))
    return SignatureError{"InvalidSignatureException",
                          "The payload must be signed: its hash is another one."};
  return std::nullopt;
}

SignatureError invalid(const std::string& message) {
  return {"InvalidSignatureException", message};
}

// The date of the request, and what it and the credential are scoped to.
std::optional<SignatureError> refused_scope(const SignedRequest& request, const Authorization& authorization,
                                            const std::string& region, int64_t now_ms) {
  const auto date = header(request, "x-amz-date");
  const auto seconds = date ? parse_date(*date) : std::nullopt;
  if (!seconds || !signs(authorization, "host") || !signs(authorization, "x-amz-date"))
    return incomplete("Host and X-Amz-Date must be present and signed.");
  if (std::llabs(*seconds * 1000 - now_ms) > SignatureVerifier::kSkewMaxMs)
    return invalid("Signature expired or not yet current.");
  if (authorization.date != date->substr(0, 8) || authorization.region != region ||
      authorization.service != kService || authorization.terminator != "aws4_request") {
    return invalid("Credential should be scoped to a valid region and service.");
  }
  return std::nullopt;
}

}  // namespace

statelang::Expected<std::shared_ptr<const auth::Key>, SignatureError> SignatureVerifier::verify(
    const SignedRequest& request, int64_t now_ms, bool mutating) {
  const auto given = header(request, "authorization");
  if (!given) {
    return statelang::Unexpected{
        SignatureError{"MissingAuthenticationToken", "Missing Authentication Token"}};
  }
  const auto authorization = parse_authorization(*given);
  if (!authorization) return statelang::Unexpected{authorization.error()};
  auto key = implementation_->keys->access_key(authorization->key_id, now_ms);
  if (!key) {
    return statelang::Unexpected{SignatureError{"UnrecognizedClientException",
                                                "The security token included in the request is invalid."}};
  }
  if (auto refused = refused_scope(request, *authorization, implementation_->region, now_ms))
    return statelang::Unexpected{std::move(*refused)};
  if (auto refused = refused_form(request, *authorization)) return statelang::Unexpected{std::move(*refused)};
  const auto canonical = canonical_request(request, *authorization);
  if (!canonical) return statelang::Unexpected{canonical.error()};

  const std::string scope =
      authorization->date + "/" + authorization->region + "/" + std::string(kService) + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + "\n" + *header(request, "x-amz-date") + "\n" + scope +
                              "\n" + statelang::to_hex(sha256(*canonical));
  const std::string expected =
      statelang::to_hex(hmac(implementation_->signing_key(*key, authorization->date), to_sign));
  const std::string& actual = authorization->signature;
  if (actual.size() != expected.size() ||
      CRYPTO_memcmp(actual.data(), expected.data(), expected.size()) != 0) {
    return statelang::Unexpected{invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS "
        "Secret Access Key and signing method.")};
  }
  if (mutating && !implementation_->remember(actual, now_ms))
    return statelang::Unexpected{invalid("This signature has been used before.")};
  return key;
}

}  // namespace engine::api::aws
