// The parameters of http:invoke as a request, and a response as the task's result (AWS: "Call HTTPS APIs").
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/value.h>

#include "connection.h"
#include "http_client.h"

namespace engine::integrations {

// Whether a task or connection may set this header; the rest belongs to the protocol, to proxies or to AWS.
bool may_set_header(std::string_view name);

// Header names know no case.
bool same_header(std::string_view one, std::string_view other);

// The name in `ConnectionArn` (arn:aws:events:R:A:connection/NAME/ID, or NAME alone); empty: none is named.
statelang::Expected<std::string, statelang::Failure> connection_name(const statelang::Value& parameters);

// Why the connection must not go with this call: its endpoint is none of the connection's hosts.
std::optional<statelang::Failure> misplaced(const Connection& connection, const statelang::Value& parameters);

// Members of the connection win over the task's of the same name.
statelang::Expected<HttpRequest, statelang::Failure> task_request(const statelang::Value& parameters,
                                                                  const Additions& additions,
                                                                  std::string_view region);

// {Headers, ResponseBody, StatusCode, StatusText}, or States.Http.StatusCode.N with the same as cause.
statelang::Expected<std::string, statelang::Failure> task_result(HttpResponse response,
                                                                 const Redaction& redaction);
statelang::Failure task_failure(const HttpFailure& failure, const Redaction& redaction);

// An object as application/x-www-form-urlencoded. `array_format`: INDICES, REPEAT, COMMAS, BRACKETS.
std::string form_encoded(const statelang::Value& object, std::string_view array_format);

}  // namespace engine::integrations
