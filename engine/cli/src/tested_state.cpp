#include "tested_state.h"

#include <algorithm>

#include "shown.h"

namespace engine::cli {
namespace {

namespace test_state = statelang::test_state;
using statelang::Value;

void member(std::string& out, std::string_view name, std::string_view json) {
  if (out.size() > 1) out += ',';
  statelang::append_json_string(out, name);
  out += ':';
  out += json;
}

std::string quoted(std::string_view text) {
  std::string out;
  statelang::append_json_string(out, text);
  return out;
}

std::string_view word_of(test_state::FieldValidation validation) {
  switch (validation) {
    case test_state::FieldValidation::Strict:
      return "STRICT";
    case test_state::FieldValidation::Present:
      return "PRESENT";
    case test_state::FieldValidation::None:
      break;
  }
  return "NONE";
}

std::string mock_body(const test_state::Mock& mock) {
  std::string out = "{";
  if (mock.result) member(out, "result", *mock.result);
  if (mock.error_output && mock.error_output->has_error)
    member(out, "error", quoted(mock.error_output->error));
  if (mock.error_output && mock.error_output->has_cause)
    member(out, "cause", quoted(mock.error_output->cause));
  member(out, "validation", quoted(word_of(mock.field_validation)));
  return out += '}';
}

// after_input_path → afterInputPath.
std::string camel_case(std::string_view name) {
  std::string out;
  bool capital = false;
  for (const char c : name) {
    if (c == '_') {
      capital = true;
      continue;
    }
    out += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    capital = false;
  }
  return out;
}

test_state::HttpHeaders headers_of(const Value& message) {
  test_state::HttpHeaders out;
  const Value* headers = message.find("headers");
  if (!headers || !headers->is_object()) return out;
  for (const auto& [name, values] : headers->as_object()) {
    if (!values.is_array()) continue;
    for (const Value& value : values.as_array()) {
      if (value.is_string()) out.emplace_back(std::string(name.as_string()), std::string(value.as_string()));
    }
  }
  return out;
}

test_state::HttpExchange exchange_of(const Value& request, const Value* response) {
  test_state::HttpExchange out;
  out.method = text_of(request, "method");
  out.url = text_of(request, "url");
  out.protocol = out.url.substr(0, out.url.find(':'));
  out.request_headers = headers_of(request);
  out.request_body = text_of(request, "body");
  if (!response || !response->is_object()) return out;
  out.answered = true;
  out.status_code = integer_of(*response, "status_code");
  out.status_message = text_of(*response, "status_text");
  out.response_headers = headers_of(*response);
  out.response_body = text_of(*response, "body");
  return out;
}

test_state::Inspection inspection_of(const Value& members) {
  test_state::Inspection out;
  const std::pair<std::string_view, std::optional<int64_t>*> numbers[] = {
      {"max_concurrency", &out.max_concurrency},
      {"tolerated_failure_count", &out.tolerated_failure_count},
      {"catch_index", &out.catch_index},
      {"retry_index", &out.retry_index},
      {"retry_backoff_seconds", &out.retry_backoff_seconds}};
  for (const auto& [key, value] : members.as_object()) {
    const std::string_view name = key.as_string();
    const auto number = std::find_if(std::begin(numbers), std::end(numbers),
                                     [&](const auto& entry) { return entry.first == name; });
    if (number != std::end(numbers)) {
      *number->second = integer_of(members, name);
    } else if (name == "tolerated_failure_percentage") {
      out.tolerated_failure_percentage = value.as_double();
    } else if (name == "request") {
      out.http = exchange_of(value, members.find("response"));
    } else if (name != "response") {
      out.data.emplace_back(camel_case(name), statelang::Payload::from_value(value));
    }
  }
  return out;
}

test_state::Status status_of(std::string_view word) {
  for (const auto status :
       {test_state::Status::Succeeded, test_state::Status::Retriable, test_state::Status::CaughtError}) {
    if (to_string(status) == word) return status;
  }
  return test_state::Status::Failed;
}

}  // namespace

std::string test_state_body(const test_state::Request& request) {
  std::string out = "{";
  member(out, "definition", quoted(request.definition));
  member(out, "input", request.input);
  const auto text = [&out](std::string_view name, const std::optional<std::string>& given) {
    if (given) member(out, name, quoted(*given));
  };
  const auto count = [&out](std::string_view name, const std::optional<int64_t>& given) {
    if (given) member(out, name, std::to_string(*given));
  };
  text("state", request.state_name);
  if (request.variables) member(out, "variables", *request.variables);
  if (request.context) member(out, "context", *request.context);
  if (request.mock) member(out, "mock", mock_body(*request.mock));
  count("retry_count", request.configuration.retrier_retry_count);
  count("failed_iterations", request.configuration.map_iteration_failure_count);
  text("error_caused_by_state", request.configuration.error_caused_by_state);
  text("item_data", request.configuration.map_item_reader_data);
  member(out, "role_arn", quoted(request.role_arn));
  if (request.reveal_secrets) member(out, "reveal_secrets", "true");
  return out += '}';
}

test_state::Result tested_state(const Value& answer) {
  test_state::Result out;
  out.status = status_of(text_of(answer, "status"));
  if (const Value* output = answer.find("output")) out.output = statelang::Payload::from_value(*output);
  if (answer.find("error")) out.error = text_of(answer, "error");
  if (answer.find("cause")) out.cause = text_of(answer, "cause");
  if (answer.find("next_state")) out.next_state = text_of(answer, "next_state");
  const Value* inspection = answer.find("inspection");
  if (inspection && inspection->is_object()) out.inspection = inspection_of(*inspection);
  return out;
}

}  // namespace engine::cli
