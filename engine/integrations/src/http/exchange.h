// What a state under test shows of the call that its HTTP task made (AWS: TestState at the level TRACE).
// Pure.
#pragma once

#include <string_view>

#include <statelang/test_state/test_state.h>
#include <statelang/value.h>

#include "connection.h"
#include "http_client.h"

namespace engine::integrations {

// `sent`, which task_request() made of the same parameters, without anything that the connection added: its
// headers, query parameters and body members are left out, also where they took the place of the task's own.
HttpRequest without_additions(const HttpRequest& sent, const statelang::Value& parameters,
                              const Additions& additions, std::string_view region);

// Headers that are no UTF-8 are left out, a body that is none gives way to a note of its size.
statelang::test_state::HttpExchange exchange_of(const HttpRequest& sent);
// A response may repeat secrets: `redaction` goes over it, null leaves it as it came.
void add_response(const HttpResponse& got, const Redaction* redaction,
                  statelang::test_state::HttpExchange& exchange);

}  // namespace engine::integrations
