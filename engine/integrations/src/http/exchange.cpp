#include "exchange.h"

#include <algorithm>

#include <statelang/utf8.h>

#include "task_request.h"

namespace engine::integrations {

using statelang::Value;

namespace {

template <class Named>
bool has_name(const Named& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.first == name; });
}

// The object without the members that `list` names.
template <class Named>
Value without(const Value& object, const Named& list) {
  Value out = Value::object();
  for (const auto& [name, value] : object.as_object()) {
    if (!has_name(list, name.as_string())) out.set(name.as_string(), value);
  }
  return out;
}

std::string shown_text(const std::string& text) {
  return statelang::is_utf8(text) ? text : "(" + std::to_string(text.size()) + " bytes that are no text)";
}

HttpHeaders shown_headers(const HttpHeaders& headers) {
  HttpHeaders out;
  std::copy_if(headers.begin(), headers.end(), std::back_inserter(out),
               [](const auto& header) { return statelang::is_utf8(header.second); });
  return out;
}

}  // namespace

HttpRequest without_additions(const HttpRequest& sent, const Value& parameters, const Additions& additions,
                              std::string_view region) {
  Value own = parameters;
  if (const Value* query = own.find("QueryParameters"); query && query->is_object())
    own.set("QueryParameters", without(*query, additions.query));
  if (const Value* body = own.find("RequestBody"); body && body->is_object())
    own.set("RequestBody", without(*body, additions.body));
  Additions headers_alone;  // they decide how the body is written
  headers_alone.headers = additions.headers;
  auto shown = task_request(own, headers_alone, region);
  HttpRequest out = shown ? std::move(*shown) : HttpRequest{sent.method, {}, {}, {}};
  out.headers.erase(std::remove_if(out.headers.begin(), out.headers.end(),
                                   [&](const auto& header) {
                                     return std::any_of(additions.headers.begin(), additions.headers.end(),
                                                        [&](const auto& added) {
                                                          return same_header(added.first, header.first);
                                                        });
                                   }),
                    out.headers.end());
  return out;
}

statelang::test_state::HttpExchange exchange_of(const HttpRequest& sent) {
  statelang::test_state::HttpExchange out;
  out.protocol = sent.url.tls ? "https" : "http";
  out.method = sent.method;
  out.url = out.protocol + "://" + sent.url.host_header() + sent.url.target();
  out.request_headers = shown_headers(sent.headers);
  out.request_body = shown_text(sent.body);
  return out;
}

void add_response(const HttpResponse& got, const Redaction* redaction,
                  statelang::test_state::HttpExchange& exchange) {
  const auto clean = [&](const std::string& text) { return redaction ? redaction->clean(text) : text; };
  exchange.answered = true;
  exchange.status_code = got.status;
  exchange.status_message = shown_text(clean(got.reason));
  for (const auto& [name, value] : shown_headers(got.headers))
    exchange.response_headers.emplace_back(name, clean(value));
  exchange.response_body = shown_text(clean(got.body));
}

}  // namespace engine::integrations
