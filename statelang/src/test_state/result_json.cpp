#include <statelang/test_state/test_state.h>

namespace statelang::test_state {
namespace {

Value error_details(const Inspection& inspection) {
  Value details = Value::object();
  if (inspection.catch_index) details.set("catchIndex", *inspection.catch_index);
  if (inspection.retry_index) details.set("retryIndex", *inspection.retry_index);
  if (inspection.retry_backoff_seconds) {
    details.set("retryBackoffIntervalSeconds", *inspection.retry_backoff_seconds);
  }
  return details;
}

Value inspection_data(const Inspection& inspection) {
  Value data = Value::object();
  for (const auto& [name, payload] : inspection.data) data.set(name, payload.text());
  if (inspection.max_concurrency) data.set("maxConcurrency", *inspection.max_concurrency);
  if (inspection.tolerated_failure_count) {
    data.set("toleratedFailureCount", *inspection.tolerated_failure_count);
  }
  if (inspection.tolerated_failure_percentage) {
    data.set("toleratedFailurePercentage", *inspection.tolerated_failure_percentage);
  }
  if (Value details = error_details(inspection); details.size() > 0) {
    data.set("errorDetails", std::move(details));
  }
  return data;
}

// As AWS prints them: [name: value, name: value]
std::string headers_text(const HttpHeaders& headers) {
  std::string text = "[";
  for (const auto& [name, value] : headers) {
    if (text.size() > 1) text += ", ";
    text += name + ": " + value;
  }
  return text += ']';
}

void add_http(Value& data, const HttpExchange& http) {
  Value request = Value::object({{"protocol", http.protocol},
                                 {"method", http.method},
                                 {"url", http.url},
                                 {"headers", headers_text(http.request_headers)}});
  if (!http.request_body.empty()) request.set("body", http.request_body);
  data.set("request", std::move(request));
  if (!http.answered) return;
  Value response = Value::object({{"protocol", http.protocol},
                                  {"statusCode", std::to_string(http.status_code)},
                                  {"statusMessage", http.status_message},
                                  {"headers", headers_text(http.response_headers)}});
  if (!http.response_body.empty()) response.set("body", http.response_body);
  data.set("response", std::move(response));
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::Succeeded:
      return "SUCCEEDED";
    case Status::Failed:
      return "FAILED";
    case Status::Retriable:
      return "RETRIABLE";
    case Status::CaughtError:
      return "CAUGHT_ERROR";
  }
  return "FAILED";
}

Value to_aws_json(const Result& result, InspectionLevel level) {
  Value out = Value::object();
  if (result.output) out.set("output", result.output->text());
  if (result.error) out.set("error", *result.error);
  if (result.cause) out.set("cause", *result.cause);
  if (level != InspectionLevel::Info) {
    Value data = inspection_data(result.inspection);
    if (level == InspectionLevel::Trace && result.inspection.http) add_http(data, *result.inspection.http);
    out.set("inspectionData", std::move(data));
  }
  if (result.next_state) out.set("nextState", *result.next_state);
  out.set("status", to_string(result.status));
  return out;
}

}  // namespace statelang::test_state
