#include "event.h"

#include <algorithm>
#include <optional>

#include <statelang/digest.h>
#include <statelang/encoding.h>
#include <statelang/utf8.h>

namespace connectors::webhook {

using statelang::Value;

namespace {

constexpr std::string_view kCredentials[] = {"authorization", "cookie", "proxy-authorization", "x-api-key"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

Value text_value(std::string_view text) {
  return statelang::is_utf8(text) ? Value(text) : Value(statelang::to_base64(text));
}

// a=1&b=2 as an object; a repeated name keeps its last value.
Value form_value(std::string_view form) {
  Value out = Value::object();
  while (!form.empty()) {
    std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (pair.empty()) continue;
    size_t equals = std::min(pair.find('='), pair.size());
    auto key = engine::http::percent_decode(pair.substr(0, equals), true);
    auto value = engine::http::percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true);
    if (key && value && statelang::is_utf8(*key)) out.set(*key, text_value(*value));
  }
  return out;
}

void set_body(Value& event, const engine::http::Request& request) {
  const std::string& body = request.body();
  std::string type = lower(request.header("content-type"));
  if (body.empty()) {
    event.set("body", Value());
    return;
  }
  if (type.starts_with("application/x-www-form-urlencoded")) {
    event.set("body", form_value(body));
    return;
  }
  if (auto json = statelang::parse_json(body)) {
    event.set("body", std::move(*json));
  } else if (statelang::is_utf8(body)) {
    event.set("body", body);
  } else {
    event.set("body", statelang::to_base64(body));
    event.set("is_base64_encoded", true);
  }
}

}  // namespace

Value event_of(const engine::http::Request& request) {
  Value headers = Value::object();
  request.headers().for_each([&](std::string_view name, std::string_view value) {
    std::string key = lower(name);
    if (std::find(std::begin(kCredentials), std::end(kCredentials), key) != std::end(kCredentials)) return;
    const Value* before = headers.find(key);
    headers.set(key, before == nullptr
                         ? text_value(value)
                         : text_value(std::string(before->as_string()) + "," + std::string(value)));
  });
  Value event = Value::object({{"method", engine::http::to_string(request.method())},
                               {"path", text_value(request.path())},
                               {"query", form_value(request.query_text())},
                               {"headers", headers}});
  set_body(event, request);
  return event;
}

std::string execution_name(const std::string& trigger, std::string_view delivery_id) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  constexpr size_t kIdMax = 39;  // 80 for the whole name, 40 for the trigger's, 1 between
  bool plain =
      delivery_id.size() <= kIdMax && delivery_id.find_first_not_of(kPlain) == std::string_view::npos;
  return trigger + "-" +
         (plain ? std::string(delivery_id)
                : "x" + statelang::digest_hex("SHA-256", delivery_id).substr(0, kIdMax - 1));
}

}  // namespace connectors::webhook
