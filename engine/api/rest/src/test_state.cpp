// /v1/test-state: one state alone (statelang/test_state).
#include <cctype>

#include <statelang/test_state/test_state.h>

#include "answers.h"
#include "body_reader.h"
#include "routes.h"

namespace engine::rest {
namespace {

namespace test_state = statelang::test_state;

constexpr size_t kNameBytesMax = 2048;
constexpr size_t kErrorBytesMax = 256;
constexpr size_t kCauseBytesMax = 32768;
constexpr size_t kDataBytesMax = 262144;
constexpr int64_t kCountMax = 1'000'000;

std::optional<std::string> read_json(BodyReader& body, std::string_view name) {
  const auto given = body.value(name);
  if (!given) return std::nullopt;
  return std::string(*given);
}

std::optional<std::string> read_text(BodyReader& body, std::string_view name, size_t bytes_max) {
  if (!body.has(name)) return std::nullopt;
  return body.text(name, bytes_max);
}

std::optional<int64_t> read_count(BodyReader& body, std::string_view name) {
  if (!body.has(name)) return std::nullopt;
  return body.integer(name, 0, kCountMax, 0);
}

test_state::FieldValidation read_validation(BodyReader& body) {
  const std::string given = body.text("validation", 20, "STRICT");
  if (given == "PRESENT") return test_state::FieldValidation::Present;
  if (given == "NONE") return test_state::FieldValidation::None;
  if (given != "STRICT") body.wrong("validation", "must be STRICT, PRESENT or NONE");
  return test_state::FieldValidation::Strict;
}

// {"result": …} or {"error": …, "cause": …}.
test_state::Mock read_mock(BodyReader& mock) {
  test_state::Mock out;
  out.result = read_json(mock, "result");
  const auto error = read_text(mock, "error", kErrorBytesMax);
  const auto cause = read_text(mock, "cause", kCauseBytesMax);
  if (error || cause) {
    out.error_output =
        statelang::Failure{error.value_or(""), cause.value_or(""), error.has_value(), cause.has_value()};
  }
  out.field_validation = read_validation(mock);
  return out;
}

test_state::Request read_request(BodyReader& body) {
  test_state::Request request;
  request.definition = read_definition(body);
  request.state_name = read_text(body, "state", kNameBytesMax);
  request.input = read_json(body, "input").value_or("{}");
  request.variables = read_json(body, "variables");
  request.context = read_json(body, "context");
  request.role_arn = body.text("role_arn", kNameBytesMax);
  request.reveal_secrets = body.boolean("reveal_secrets", false);
  request.configuration = {
      read_count(body, "retry_count"), read_text(body, "error_caused_by_state", kNameBytesMax),
      read_count(body, "failed_iterations"), read_text(body, "item_data", kDataBytesMax)};
  return request;
}

// afterInputPath → after_input_path.
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isupper(static_cast<unsigned char>(c))) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

// {"name": ["value", …]}: as HTTP tasks give them.
std::string to_json(const test_state::HttpHeaders& headers) {
  statelang::Value out = statelang::Value::object();
  for (const auto& [name, value] : headers) {
    statelang::Value values = out.find(name) ? *out.find(name) : statelang::Value::array();
    values.push_back(value);
    out.set(name, std::move(values));
  }
  return statelang::to_json(out);
}

void http_members(std::string& out, const test_state::HttpExchange& http) {
  std::string request = "{", response = "{";
  member(request, "method", http.method);
  member(request, "url", http.url);
  member_json(request, "headers", to_json(http.request_headers));
  if (!http.request_body.empty()) member(request, "body", http.request_body);
  member_json(out, "request", request + "}");
  if (!http.answered) return;
  member(response, "status_code", http.status_code);
  member(response, "status_text", http.status_message);
  member_json(response, "headers", to_json(http.response_headers));
  if (!http.response_body.empty()) member(response, "body", http.response_body);
  member_json(out, "response", response + "}");
}

std::string to_json(const test_state::Inspection& inspection) {
  std::string out = "{";
  for (const auto& [name, payload] : inspection.data) member_json(out, snake_case(name), payload.text());
  const auto number = [&out](std::string_view name, const std::optional<int64_t>& value) {
    if (value) member(out, name, *value);
  };
  number("max_concurrency", inspection.max_concurrency);
  number("tolerated_failure_count", inspection.tolerated_failure_count);
  if (inspection.tolerated_failure_percentage) {
    member_json(out, "tolerated_failure_percentage",
                statelang::to_json(statelang::Value(*inspection.tolerated_failure_percentage)));
  }
  number("catch_index", inspection.catch_index);
  number("retry_index", inspection.retry_index);
  number("retry_backoff_seconds", inspection.retry_backoff_seconds);
  if (inspection.http) http_members(out, *inspection.http);
  return out += '}';
}

std::string to_json(const test_state::Result& result) {
  std::string out = "{";
  member(out, "status", to_string(result.status));
  if (result.output) member_json(out, "output", result.output->text());
  if (result.error) member(out, "error", *result.error);
  if (result.cause) member(out, "cause", *result.cause);
  if (result.next_state) member(out, "next_state", *result.next_state);
  member_json(out, "inspection", to_json(result.inspection));
  return out += '}';
}

void run_state(Engine& engine, const http::Request& http_request, const http::Responder& responder) {
  BodyReader body(http_request.body());
  test_state::Request request = read_request(body);
  if (const auto given = body.value("mock"); given && given->starts_with('{')) {
    BodyReader mock(*given, "/mock");
    request.mock = read_mock(mock);
    body.adopt(mock);
  } else if (given) {
    body.wrong("mock", "must be a JSON object");
  }
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.test_state(std::move(request), [responder](ApiResult<test_state::Result> result) {
    if (!result) return responder.send(to_response(result.error()));
    responder.send(json(to_json(*result)));
  });
}

}  // namespace

void add_test_state_route(http::Router& router, Engine& engine) {
  router.post("/v1/test-state", [&engine](const http::Request& request, const http::Responder& responder) {
    run_state(engine, request, responder);
  });
}

}  // namespace engine::rest
