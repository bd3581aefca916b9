// What the REST handlers share: turning the engine's errors into problems, names into ARNs, times into text,
// and writing JSON by appending (payloads are copied as text, never parsed).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <engine/api/http/problem.h>
#include <engine/runtime/engine.h>

namespace engine::rest {

std::string_view to_string(ApiErrorCode code);
unsigned http_status(ApiErrorCode code);
bool worth_retrying(ApiErrorCode code);
http::Response to_response(const ApiError& error);
http::Response json(std::string body, unsigned status = 200);
std::vector<http::Finding> to_findings(const std::vector<statelang::Diagnostic>& diagnostics);

// A name or an ARN of a state machine, as an ARN.
std::string machine_arn(const Engine& engine, std::string_view name_or_arn);
// "machine:execution" or an ARN, as an ARN; nothing when it is neither.
std::optional<std::string> execution_arn(const Engine& engine, std::string_view name_or_arn);
http::Response not_an_execution(std::string_view given);

// RFC 3339 in UTC with milliseconds: 2026-01-01T00:00:00.000Z.
std::string to_time(int64_t unix_ms);
std::optional<int64_t> from_time(std::string_view text);  // RFC 3339 or milliseconds

// ,"name":"text" and its kin; the comma is left out after '{' or '['.
void member(std::string& out, std::string_view name, std::string_view text);
void member(std::string& out, std::string_view name, int64_t number);
void member_json(std::string& out, std::string_view name, std::string_view json);
void member_time(std::string& out, std::string_view name, int64_t unix_ms);

// Numbers and choices of the query; a problem for what cannot be read.
struct QueryReader {
  const http::Request& request;
  std::vector<http::Finding> findings;

  int64_t integer(std::string_view name, int64_t least, int64_t most, int64_t fallback);
  int64_t seconds_as_ms(std::string_view name, int64_t most_seconds);
  int64_t time(std::string_view name);
  std::string text(std::string_view name);
  bool flag(std::string_view name);
  void wrong(std::string_view name, std::string message, std::string hint = {});
  std::optional<http::Problem> problem() const;
};

}  // namespace engine::rest
