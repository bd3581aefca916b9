// Runs one state alone: what its data flow makes of an input, what Retry and Catch make of an error, which
// state comes next. Nothing is stored and no task runs: what tasks, branches and iterations give comes from
// the caller. The AWS action TestState, POST /v1/test-state and `stepstream test-state` are the callers.
// Pure; may be called from any thread. Source: AWS API reference, TestState; developer guide, "Testing state
// machines with TestState API".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/payload.h>

namespace statelang::test_state {

enum class InspectionLevel : uint8_t { Info, Debug, Trace };

// How a mocked result is held against the response of the service API that the task names. Services whose
// shapes are not known here are not checked.
enum class FieldValidation : uint8_t {
  Strict,   // required fields must be there; those that are there must fit
  Present,  // fields that are there must fit
  None,
};

// Exactly one of result and error_output.
struct Mock {
  std::optional<std::string> result;  // JSON text
  std::optional<Failure> error_output;
  FieldValidation field_validation = FieldValidation::Strict;
};

// A Task without a mock: what is to be called.
struct TaskCall {
  std::string resource;  // as the definition says
  Payload input;
  int64_t timeout_ms = 0;  // 0: none given
  int64_t heartbeat_ms = 0;
};
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names as sent, in their order

// What an HTTP task sent and got.
struct HttpExchange {
  std::string protocol;  // http, https
  std::string method;
  std::string url;  // with the query
  HttpHeaders request_headers;
  std::string request_body;  // UTF-8, as all texts here
  bool answered = false;     // whether the rest is there
  int64_t status_code = 0;
  std::string status_message;
  HttpHeaders response_headers;
  std::string response_body;
};

// What the call gave.
struct TaskAnswer {
  std::optional<Payload> output;  // absent: `failure`
  Failure failure;
  std::optional<HttpExchange> http = {};  // of an HTTP task that was sent
};

struct StateConfiguration {
  std::optional<int64_t> retrier_retry_count;  // attempts made by the retrier that fits the mocked error
  std::optional<std::string> error_caused_by_state;    // a state inside the Map or Parallel
  std::optional<int64_t> map_iteration_failure_count;  // iterations to count as failed
  std::optional<std::string> map_item_reader_data;     // what ItemReader would read, as it lies in its source
};

struct Request {
  std::string definition;                 // of one state, or with `state_name` of a whole machine
  std::optional<std::string> state_name;  // of any nesting depth
  std::string input = "{}";               // JSON text
  std::optional<std::string> variables;   // JSON text of an object
  std::optional<Mock> mock;               // Map and Parallel cannot do without
  std::optional<TaskAnswer> answer;       // after a Refusal with a TaskCall, in place of a mock
  std::optional<std::string> context;     // JSON text: the context object as it is to be; with a mock only
  StateConfiguration configuration;
  std::string role_arn;
  // Whether the caller shows in TaskAnswer::http what a connection added to a call; cannot go with a mock.
  bool reveal_secrets = false;
  std::string account = "123456789012";
  std::string region = "us-east-1";
  int64_t now_ms = 0;        // Unix epoch: entered time and JSONata's $now()
  uint64_t random_seed = 1;  // of names in the context object, $random() and States.UUID()
};

// Numbers are not stored.
enum class Status : uint8_t { Succeeded, Failed, Retriable, CaughtError };
std::string_view to_string(Status status);  // SUCCEEDED, FAILED, RETRIABLE, CAUGHT_ERROR

// What the steps of the data flow made, in their order.
struct Inspection {
  // AWS's names (input, afterInputPath, ..., afterResultPath, variables) and the JSON of each.
  std::vector<std::pair<std::string, Payload>> data;
  std::optional<int64_t> max_concurrency;
  std::optional<int64_t> tolerated_failure_count;
  std::optional<double> tolerated_failure_percentage;
  std::optional<int64_t> catch_index;
  std::optional<int64_t> retry_index;
  std::optional<int64_t> retry_backoff_seconds;  // before jitter
  std::optional<HttpExchange> http;              // as TaskAnswer has it
};

struct Result {
  Status status = Status::Failed;
  std::optional<Payload> output;     // Succeeded, CaughtError
  std::optional<std::string> error;  // the others, and CaughtError
  std::optional<std::string> cause;
  std::optional<std::string> next_state;  // absent: End, or not left
  Inspection inspection;
};

// The request itself is wrong: nothing was run. `message` is AWS's where it is known.
struct Refusal {
  enum class Kind : uint8_t { InvalidDefinition, InvalidInput, Validation };
  Kind kind = Kind::Validation;
  std::string message;
  std::vector<Diagnostic> diagnostics;  // InvalidDefinition; locations are in the definition as given
  // The state is a Task that nobody answers for: a caller that can call it does, and asks again with
  // Request::answer, all else being the same.
  std::optional<TaskCall> task = {};
};

// Whether this build knows the response shapes of any service. Where not (built without the service models),
// mocked results are checked for no service.
bool service_shapes_known();

// Runs the state until it is left, fails or would be retried. Waits take no time.
Expected<Result, Refusal> run(const Request& request);

// TestState's output document: payloads as JSON texts, inspectionData above Info, with `request` and
// `response` of an HTTP task at Trace.
Value to_aws_json(const Result& result, InspectionLevel level);

}  // namespace statelang::test_state
