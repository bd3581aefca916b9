// Problem documents (RFC 9457): how every error of the REST API looks on the wire. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <engine/api/http/message.h>

namespace engine::http {

// One finding about the request: where (JSON pointer into the body, or "?name" for a query parameter), what,
// and what to do about it.
struct Finding {
  std::string pointer;
  std::string message;
  std::string hint;
  std::string code;
  bool warning = false;
};

struct Problem {
  unsigned status = 500;
  std::string code;  // for programs: ValidationFailed, ExecutionDoesNotExist, ...
  std::string detail;
  std::vector<Finding> findings;
  int retry_after_seconds = 0;  // above 0: a Retry-After header
};

Response to_response(const Problem& problem);
// The members of one finding as a JSON object.
void append_finding(std::string& out, const Finding& finding);
// JSON text of a string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

}  // namespace engine::http
