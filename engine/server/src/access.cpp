#include "access.h"

#include <algorithm>
#include <chrono>

#include <engine/api/http/problem.h>
#include <engine/api/rest/needs.h>

namespace engine::server {
namespace {

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

http::Response unauthorized() {
  http::Response refused = http::to_response(
      {401, "Unauthorized", "This needs an API key: send it as \"Authorization: Bearer KEY\".", {}});
  refused.headers.emplace_back("WWW-Authenticate", "Bearer");
  return refused;
}

}  // namespace

Expected<std::unique_ptr<Access>> Access::open(std::string file, const std::string& text,
                                               std::string account) {
  std::unique_ptr<Access> access(new Access(std::move(file), std::move(account)));
  auto keys = auth::parse_keys(text, access->account_, access->file_);
  if (!keys) return statelang::Unexpected<Error>{keys.error()};
  access->keys_ = std::make_shared<auth::KeyRing>(std::move(*keys));
  return access;
}

Expected<bool> Access::reload(const std::function<Expected<bool>(const std::set<std::string>&)>& prepare) {
  auto keys = auth::load_keys(file_, account_);
  if (!keys) return statelang::Unexpected<Error>{keys.error()};
  std::set<std::string> accounts;
  for (const auth::Key& key : *keys) accounts.insert(key.principal.account);
  if (auto prepared = prepare(accounts); !prepared) return prepared;
  keys_->replace(std::move(*keys));
  return true;
}

std::shared_ptr<const auth::Principal> Access::caller(const http::Request& request) const {
  constexpr std::string_view scheme = "Bearer ";
  size_t headers = 0;
  request.headers().for_each([&headers](std::string_view name, std::string_view) {
    headers += same_name(name, "authorization") ? 1 : 0;
  });
  std::string_view given = request.header("Authorization");
  if (headers != 1 || !given.starts_with(scheme)) return nullptr;
  given.remove_prefix(scheme.size());
  return keys_->bearer(given, now_ms());
}

http::Router::Guard Access::guard(const Engine& engine, std::string account) const {
  return [this, &engine, account = std::move(account)](
             const http::Route& route, const http::Request& request) -> std::optional<http::Response> {
    const auto principal = caller(request);
    if (!principal || principal->account != account) return unauthorized();
    const auto needs = rest::needs_of(engine, route, request);
    const std::vector<auth::Need> unknown{auth::Need{}};  // refused to everybody
    for (const auth::Need& need : needs ? *needs : unknown) {
      const std::string refused = auth::refusal(*principal, need);
      if (!refused.empty()) return http::to_response({403, "AccessDenied", refused, {}});
    }
    return std::nullopt;
  };
}

}  // namespace engine::server
