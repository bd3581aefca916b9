#include "secrets.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "url.h"

namespace engine::integrations {

using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr std::string_view kVariablePrefix = "STEPSTREAM_SECRET_";
constexpr size_t kSecretBytesMax = 16'384;

bool plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-' || c == '.';
         });
}

}  // namespace

std::string Secrets::mistake(const Value& reference) const {
  constexpr const char* kForm =
      "must name a secret: {\"env\": \"STEPSTREAM_SECRET_…\"} or {\"file\": \"NAME\"}";
  if (!reference.is_object() || reference.size() != 1) return kForm;
  const Value* env = reference.find("env");
  const Value* file = reference.find("file");
  const Value* name = env ? env : file;
  if (!name || !name->is_string() || !plain_name(name->as_string())) return kForm;
  if (env && env->as_string().substr(0, kVariablePrefix.size()) != kVariablePrefix) {
    return "the environment variable's name must begin with STEPSTREAM_SECRET_";
  }
  if (file && folder_.empty()) return "the server has no folder of secrets (--secrets DIR)";
  return {};
}

statelang::Expected<std::string, std::string> Secrets::read(const Value& reference) const {
  if (std::string wrong = mistake(reference); !wrong.empty()) return Unexpected{std::move(wrong)};
  if (const Value* env = reference.find("env")) {
    const std::string name(env->as_string());
    const char* value = std::getenv(name.c_str());
    if (!value) return Unexpected{"the secret env:" + name + " is not set"};
    return std::string(value);
  }
  const std::string name(reference.find("file")->as_string());
  std::ifstream in(folder_ + "/" + name, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) return Unexpected{"the secret file:" + name + " cannot be read"};
  if (text.size() > kSecretBytesMax) return Unexpected{"the secret file:" + name + " is too large"};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Unexpected{"the secret file:" + name + " is empty or not there"};
  return text;
}

void Redaction::add(const std::string& secret) {
  constexpr size_t kLeast = 4;
  if (secret.size() < kLeast) return;
  std::string quoted;
  statelang::append_json_string(quoted, secret);
  for (std::string form :
       {secret, quoted.substr(1, quoted.size() - 2), url_encode(secret), url_encode(secret, true)}) {
    if (std::find(secrets_.begin(), secrets_.end(), form) == secrets_.end())
      secrets_.push_back(std::move(form));
  }
  // A longer one first: a part of it must not be taken out of its middle.
  std::sort(secrets_.begin(), secrets_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Redaction::clean(std::string text) const {
  for (const std::string& secret : secrets_) {
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos; at += 3) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace engine::integrations
