#include "task_request.h"

#include <algorithm>
#include <array>

#include <statelang/utf8.h>

#include "../failures.h"

namespace engine::integrations {

using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr size_t kResultBytesMax = 262'144;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

statelang::Unexpected<statelang::Failure> wrong(std::string cause) {
  return Unexpected{bad_parameters(std::move(cause))};
}

// What a header or query parameter is written as.
std::string plain(const Value& value) {
  return value.is_string() ? std::string(value.as_string()) : statelang::to_json(value);
}

void set_header(HttpHeaders& headers, const std::string& name, const std::string& value) {
  headers.erase(std::remove_if(headers.begin(), headers.end(),
                               [&](const auto& header) { return same_header(header.first, name); }),
                headers.end());
  headers.emplace_back(name, value);
}

bool token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

std::optional<statelang::Failure> add_headers(const Value* given, HttpRequest& request) {
  if (!given || given->is_null()) return std::nullopt;
  if (!given->is_object()) return bad_parameters("The field 'Headers' must be an object");
  for (const auto& [name, value] : given->as_object()) {
    const std::string key(name.as_string());
    std::string text;
    if (value.is_array()) {
      for (const Value& item : value.as_array()) text += (text.empty() ? "" : ", ") + plain(item);
    } else {
      text = plain(value);
    }
    if (!token(key) || !field_value(text)) return bad_parameters("The header '" + key + "' is not valid");
    if (!may_set_header(key)) return bad_parameters("The header '" + key + "' is not allowed");
    set_header(request.headers, key, text);
  }
  return std::nullopt;
}

std::optional<statelang::Failure> add_query(const Value* given, const Additions& additions,
                                            HttpRequest& request) {
  std::string& query = request.url.query;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!query.empty()) query += '&';
    query += url_encode(name) + "=" + url_encode(value);
  };
  if (given && !given->is_null()) {
    if (!given->is_object()) return bad_parameters("The field 'QueryParameters' must be an object");
    for (const auto& member : given->as_object()) {
      const Value &name = member.first, &value = member.second;
      const auto same = [&](const auto& own) { return own.first == name.as_string(); };
      if (std::any_of(additions.query.begin(), additions.query.end(), same)) continue;
      if (!value.is_array()) {
        add(name.as_string(), plain(value));
        continue;
      }
      for (const Value& item : value.as_array()) add(name.as_string(), plain(item));
    }
  }
  for (const auto& [name, value] : additions.query) add(name, value);
  return std::nullopt;
}

struct Encoding {
  bool form = false;
  std::string array_format = "INDICES";
};

statelang::Expected<Encoding, statelang::Failure> encoding_of(const Value* transform) {
  Encoding encoding;
  if (!transform || transform->is_null()) return encoding;
  const Value* body = transform->find("RequestBodyEncoding");
  if (body && !(*body == Value("NONE") || *body == Value("URL_ENCODED")))
    return wrong("The field 'RequestBodyEncoding' must be NONE or URL_ENCODED");
  encoding.form = body && *body == Value("URL_ENCODED");
  const Value* options = transform->find("RequestEncodingOptions");
  const Value* format = options ? options->find("ArrayFormat") : nullptr;
  if (!format) return encoding;
  if (!encoding.form) return wrong("The field 'RequestEncodingOptions' needs the encoding URL_ENCODED");
  encoding.array_format = plain(*format);
  for (const char* known : {"INDICES", "REPEAT", "COMMAS", "BRACKETS"}) {
    if (encoding.array_format == known) return encoding;
  }
  return wrong("The field 'ArrayFormat' must be INDICES, REPEAT, COMMAS or BRACKETS");
}

std::optional<statelang::Failure> add_body(const Value& parameters, const Additions& additions,
                                           HttpRequest& request) {
  const auto encoding = encoding_of(parameters.find("Transform"));
  if (!encoding) return encoding.error();
  const Value* given = parameters.find("RequestBody");
  Value body = given ? *given : Value();
  if (!additions.body.empty()) {
    if (body.is_null()) body = Value::object();
    if (!body.is_object()) {
      return bad_parameters("The connection adds to the request body, so that RequestBody must be an object");
    }
    for (const auto& [name, value] : additions.body) body.set(name, value);
  }
  std::string type = "application/json";
  for (const auto& [name, value] : request.headers) {
    if (lower(name) == "content-type") type = value;
  }
  if (encoding->form) {
    const std::string form = "application/x-www-form-urlencoded";
    const bool stated = std::any_of(request.headers.begin(), request.headers.end(),
                                    [](const auto& header) { return lower(header.first) == "content-type"; });
    if (stated && !starts_with(lower(type), form)) {
      return bad_parameters("URL_ENCODED needs the Content-Type " + form);
    }
    if (!body.is_null() && !body.is_object())
      return bad_parameters("URL_ENCODED needs an object as RequestBody");
    if (!stated) set_header(request.headers, "Content-Type", form);
    if (body.is_object()) request.body = form_encoded(body, encoding->array_format);
    return std::nullopt;
  }
  set_header(request.headers, "Content-Type", type);
  const bool text = body.is_string() && type.find("json") == std::string::npos;
  if (text) {
    request.body = body.as_string();
  } else if (given || !additions.body.empty()) {
    request.body = statelang::to_json(body);
  }
  return std::nullopt;
}

void append_form(std::string& out, const std::string& name, const Value& value, std::string_view format) {
  const auto pair = [&](const std::string& key, std::string_view text) {
    if (!out.empty()) out += '&';
    out += key + "=" + url_encode(text, true);
  };
  if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) {
      append_form(out, name + "[" + url_encode(key.as_string(), true) + "]", member, format);
    }
    return;
  }
  if (!value.is_array()) return pair(name, value.is_null() ? "" : plain(value));
  if (format == "COMMAS") {
    std::string all;
    for (const Value& item : value.as_array())
      all += (all.empty() ? "" : ",") + url_encode(plain(item), true);
    if (!out.empty()) out += '&';
    out += name + "=" + all;
    return;
  }
  size_t index = 0;
  for (const Value& item : value.as_array()) {
    std::string key = name;
    if (format == "INDICES") key += "[" + std::to_string(index) + "]";
    if (format == "BRACKETS") key += "[]";
    append_form(out, key, item, format);
    ++index;
  }
}

bool is_binary(std::string_view type) {
  for (const char* kind : {"application/octet-stream", "binary/", "image/", "video/", "audio/"}) {
    if (starts_with(type, kind)) return true;
  }
  return false;
}

Value body_value(const std::string& body, std::string_view type) {
  const bool json = type.find("json") != std::string_view::npos;
  if (!json && !type.empty()) return Value(body);
  auto parsed = statelang::parse_json(body);
  return parsed ? std::move(*parsed) : Value(body);
}

}  // namespace

bool same_header(std::string_view one, std::string_view other) {
  return lower(one) == lower(other);
}

bool may_set_header(std::string_view name) {
  static constexpr std::string_view kClosed[] = {"a-im",
                                                 "accept-charset",
                                                 "accept-datetime",
                                                 "accept-encoding",
                                                 "authorization",
                                                 "cache-control",
                                                 "connection",
                                                 "content-encoding",
                                                 "content-length",
                                                 "content-md5",
                                                 "date",
                                                 "expect",
                                                 "forwarded",
                                                 "from",
                                                 "host",
                                                 "http2-settings",
                                                 "keep-alive",
                                                 "max-forwards",
                                                 "origin",
                                                 "pragma",
                                                 "proxy-authorization",
                                                 "proxy-connection",
                                                 "referer",
                                                 "server",
                                                 "te",
                                                 "trailer",
                                                 "transfer-encoding",
                                                 "upgrade",
                                                 "via",
                                                 "warning"};
  const std::string wanted = lower(name);
  if (std::find(std::begin(kClosed), std::end(kClosed), wanted) != std::end(kClosed)) return false;
  for (const char* prefix : {"if-", "x-forwarded-", "x-amz-", "x-amzn-"}) {
    if (starts_with(wanted, prefix)) return false;
  }
  return true;
}

statelang::Expected<std::string, statelang::Failure> connection_name(const Value& parameters) {
  const Value* named = nullptr;
  for (const char* member : {"Authentication", "InvocationConfig"}) {
    const Value* part = parameters.find(member);
    if (part && part->find("ConnectionArn")) named = part->find("ConnectionArn");
  }
  if (!named) return std::string();
  if (!named->is_string()) return wrong("The field 'ConnectionArn' must be a string");
  const std::string_view text = named->as_string();
  constexpr std::string_view kKind = ":connection/";
  const size_t kind = text.find(kKind);
  if (!starts_with(text, "arn:")) return std::string(text);
  if (kind == std::string_view::npos) return wrong("Invalid Arn: '" + std::string(text) + "'");
  const std::string_view rest = text.substr(kind + kKind.size());
  return std::string(rest.substr(0, rest.find('/')));
}

std::optional<statelang::Failure> misplaced(const Connection& connection, const Value& parameters) {
  const Value* endpoint = parameters.find("ApiEndpoint");
  const auto url = endpoint && endpoint->is_string() ? parse_url(endpoint->as_string()) : std::nullopt;
  if (!url || connection.may_go_to(*url)) return std::nullopt;  // of no URL no request comes
  return bad_parameters("The connection " + connection.name + " is not for the host " + url->host_header());
}

statelang::Expected<HttpRequest, statelang::Failure> task_request(const Value& parameters,
                                                                  const Additions& additions,
                                                                  std::string_view region) {
  const auto text = [&](std::string_view name) -> std::string {
    const Value* found = parameters.find(name);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  HttpRequest request;
  request.method = text("Method");
  static constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"};
  if (std::find(std::begin(kMethods), std::end(kMethods), request.method) == std::end(kMethods))
    return wrong("The field 'Method' must be GET, POST, PUT, DELETE, PATCH, OPTIONS or HEAD");
  auto url = parse_url(text("ApiEndpoint"));
  if (!url) return wrong("The field 'ApiEndpoint' is not a valid URL");
  request.url = std::move(*url);
  request.headers = {{"User-Agent", "Stepstream|HttpInvoke|" + std::string(region)},
                     {"Range", "bytes=0-262144"}};
  if (auto failure = add_headers(parameters.find("Headers"), request)) return Unexpected{*failure};
  for (const auto& [name, value] : additions.headers) set_header(request.headers, name, value);
  if (auto failure = add_query(parameters.find("QueryParameters"), additions, request))
    return Unexpected{*failure};
  if (auto failure = add_body(parameters, additions, request)) return Unexpected{*failure};
  return request;
}

std::string form_encoded(const Value& object, std::string_view array_format) {
  std::string out;
  for (const auto& [name, value] : object.as_object()) {
    append_form(out, url_encode(name.as_string(), true), value, array_format);
  }
  return out;
}

statelang::Expected<std::string, statelang::Failure> task_result(HttpResponse response,
                                                                 const Redaction& redaction) {
  Value headers = Value::object();
  std::string type;
  for (const auto& [name, value] : response.headers) {
    const std::string key = lower(name);
    const std::string shown = redaction.clean(value);
    if (key == "content-type") type = lower(value);
    if (!statelang::is_utf8(shown)) continue;
    Value list = headers.find(key) ? *headers.find(key) : Value::array();
    list.push_back(shown);
    headers.set(key, std::move(list));
  }
  const bool good = response.status >= 200 && response.status < 300;
  const std::string body = redaction.clean(std::move(response.body));
  if (is_binary(type) || !statelang::is_utf8(body)) {
    return wrong("The response has the content type " + (type.empty() ? "of no text" : type) +
                 ", which is not supported");
  }
  Value result = Value::object({{"Headers", std::move(headers)}});
  if (!body.empty()) result.set("ResponseBody", body_value(body, type));
  result.set("StatusCode", static_cast<int64_t>(response.status));
  const std::string reason = redaction.clean(std::move(response.reason));
  result.set("StatusText", statelang::is_utf8(reason) ? reason : "");
  std::string text = statelang::to_json(result);
  if (good && text.size() > kResultBytesMax) {
    return Unexpected{statelang::Failure{std::string(statelang::errors::kDataLimitExceeded),
                                         "The response is larger than 262144 bytes."}};
  }
  if (good) return text;
  constexpr size_t kCauseMax = 32'768;
  if (text.size() > kCauseMax) {  // without the body it fits
    result.set("ResponseBody", "(left out: too long)");
    text = statelang::to_json(result);
  }
  return Unexpected{
      statelang::Failure{"States.Http.StatusCode." + std::to_string(response.status), std::move(text)}};
}

statelang::Failure task_failure(const HttpFailure& failure, const Redaction& redaction) {
  switch (failure.kind) {
    case HttpError::Refused:
      return bad_parameters(redaction.clean(failure.message));
    case HttpError::TooLarge:
      return {std::string(statelang::errors::kDataLimitExceeded), failure.message};
    case HttpError::Unreachable:
    case HttpError::Timeout:
      break;
  }
  return {"States.Http.Socket", redaction.clean(failure.message)};
}

}  // namespace engine::integrations
