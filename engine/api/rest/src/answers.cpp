#include "answers.h"

#include <charconv>
#include <chrono>
#include <cmath>

#include <statelang/timestamps/timestamp.h>

namespace engine::rest {
namespace {

struct CodeRow {
  ApiErrorCode code;
  std::string_view name;
  unsigned status;
  int retry_after_seconds;
};
constexpr CodeRow kCodes[] = {
    {ApiErrorCode::InvalidDefinition, "InvalidDefinition", 400, 0},
    {ApiErrorCode::InvalidName, "InvalidName", 400, 0},
    {ApiErrorCode::InvalidArn, "InvalidArn", 400, 0},
    {ApiErrorCode::InvalidExecutionInput, "InvalidExecutionInput", 400, 0},
    {ApiErrorCode::InvalidOutput, "InvalidOutput", 400, 0},
    {ApiErrorCode::InvalidToken, "InvalidToken", 400, 0},
    {ApiErrorCode::ValidationFailed, "ValidationFailed", 400, 0},
    {ApiErrorCode::StateMachineAlreadyExists, "StateMachineAlreadyExists", 409, 0},
    {ApiErrorCode::StateMachineDeleting, "StateMachineDeleting", 409, 0},
    {ApiErrorCode::StateMachineDoesNotExist, "StateMachineDoesNotExist", 404, 0},
    {ApiErrorCode::StateMachineTypeNotSupported, "StateMachineTypeNotSupported", 400, 0},
    {ApiErrorCode::ExecutionAlreadyExists, "ExecutionAlreadyExists", 409, 0},
    {ApiErrorCode::ExecutionDoesNotExist, "ExecutionDoesNotExist", 404, 0},
    {ApiErrorCode::ExecutionNotRedrivable, "ExecutionNotRedrivable", 409, 0},
    {ApiErrorCode::TaskDoesNotExist, "TaskDoesNotExist", 404, 0},
    {ApiErrorCode::TaskTimedOut, "TaskTimedOut", 409, 0},
    {ApiErrorCode::TriggerDoesNotExist, "TriggerDoesNotExist", 404, 0},
    {ApiErrorCode::MapRunDoesNotExist, "MapRunDoesNotExist", 404, 0},
    {ApiErrorCode::MapRunEnded, "MapRunEnded", 409, 0},
    {ApiErrorCode::ResourceDoesNotExist, "ResourceDoesNotExist", 404, 0},
    {ApiErrorCode::QuotaExceeded, "QuotaExceeded", 409, 0},
    {ApiErrorCode::Conflict, "Conflict", 409, 0},
    {ApiErrorCode::Throttled, "Throttled", 429, 1},
    {ApiErrorCode::StorageFull, "StorageFull", 507, 5},
    {ApiErrorCode::Unavailable, "Unavailable", 503, 1},
    {ApiErrorCode::ShuttingDown, "ShuttingDown", 503, 1},
    {ApiErrorCode::Internal, "Internal", 500, 0},
};

const CodeRow& row(ApiErrorCode code) {
  for (const CodeRow& candidate : kCodes) {
    if (candidate.code == code) return candidate;
  }
  return kCodes[std::size(kCodes) - 1];
}

void begin_member(std::string& out, std::string_view name) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  out += '"';
  out += name;
  out += "\":";
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string_view to_string(ApiErrorCode code) {
  return row(code).name;
}
unsigned http_status(ApiErrorCode code) {
  return row(code).status;
}
bool worth_retrying(ApiErrorCode code) {
  return row(code).retry_after_seconds > 0;
}

std::vector<http::Finding> to_findings(const std::vector<statelang::Diagnostic>& diagnostics) {
  std::vector<http::Finding> findings;
  for (const auto& diagnostic : diagnostics) {
    findings.push_back({diagnostic.pointer.empty() ? diagnostic.location : diagnostic.pointer,
                        diagnostic.message, diagnostic.hint, diagnostic.code,
                        diagnostic.severity == statelang::Diagnostic::Severity::Warning});
  }
  return findings;
}

http::Response to_response(const ApiError& error) {
  const CodeRow& known = row(error.code);
  return http::to_response({known.status, std::string(known.name), error.message,
                            to_findings(error.diagnostics), known.retry_after_seconds});
}

http::Response json(std::string body, unsigned status) {
  body += '\n';  // kind to terminals
  return {status, "application/json", {}, std::move(body)};
}

std::string machine_arn(const Engine& engine, std::string_view name_or_arn) {
  return name_or_arn.starts_with("arn:") ? std::string(name_or_arn) : engine.state_machine_arn(name_or_arn);
}

std::optional<std::string> execution_arn(const Engine& engine, std::string_view name_or_arn) {
  if (name_or_arn.starts_with("arn:")) return std::string(name_or_arn);
  const size_t colon = name_or_arn.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == name_or_arn.size()) return std::nullopt;
  std::string arn = engine.state_machine_arn(name_or_arn.substr(0, colon));
  constexpr std::string_view kind = ":stateMachine:";
  arn.replace(arn.find(kind), kind.size(), ":execution:");
  return arn += name_or_arn.substr(colon);
}

http::Response not_an_execution(std::string_view given) {
  return http::to_response(
      {404,
       "ExecutionDoesNotExist",
       "\"" + std::string(given) + "\" names no execution: give its ARN, or MACHINE:NAME.",
       {}});
}

std::string to_time(int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(24);
  const auto append = [&text](int64_t number, size_t digits, char behind) {
    char reversed[20];
    for (size_t i = 0; i < digits; ++i, number /= 10) reversed[i] = static_cast<char>('0' + number % 10);
    while (digits > 0) text += reversed[--digits];
    text += behind;
  };
  const int year = static_cast<int>(date.year());
  if (year < 0) text += '-';
  append(std::abs(year), std::abs(year) > 9999 ? 5 : 4, '-');
  append(static_cast<unsigned>(date.month()), 2, '-');
  append(static_cast<unsigned>(date.day()), 2, 'T');
  append(clock.hours().count(), 2, ':');
  append(clock.minutes().count(), 2, ':');
  append(clock.seconds().count(), 2, '.');
  append(clock.subseconds().count(), 3, 'Z');
  return text;
}

std::optional<int64_t> from_time(std::string_view text) {
  int64_t number = 0;
  if (read_number(text, number)) return number;
  const auto time = statelang::timestamps::parse(text);
  return time ? std::optional(time->epoch_ms()) : std::nullopt;
}

void member(std::string& out, std::string_view name, std::string_view text) {
  begin_member(out, name);
  http::append_quoted(out, text);
}
void member(std::string& out, std::string_view name, int64_t number) {
  begin_member(out, name);
  out += std::to_string(number);
}
void member_json(std::string& out, std::string_view name, std::string_view json_text) {
  begin_member(out, name);
  out += json_text;
}
void member_time(std::string& out, std::string_view name, int64_t unix_ms) {
  member(out, name, to_time(unix_ms));
}

void QueryReader::wrong(std::string_view name, std::string message, std::string hint) {
  findings.push_back({"?" + std::string(name), std::move(message), std::move(hint), "", false});
}

int64_t QueryReader::integer(std::string_view name, int64_t least, int64_t most, int64_t fallback) {
  const auto given = request.query(name);
  if (!given) return fallback;
  int64_t number = 0;
  if (read_number(*given, number) && number >= least && number <= most) return number;
  wrong(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

int64_t QueryReader::seconds_as_ms(std::string_view name, int64_t most_seconds) {
  const auto given = request.query(name);
  if (!given) return 0;
  double seconds = 0;
  if (read_number(*given, seconds) && seconds >= 0 && seconds <= static_cast<double>(most_seconds)) {
    return std::llround(seconds * 1000);
  }
  wrong(name, "must be a number of seconds from 0 to " + std::to_string(most_seconds));
  return 0;
}

int64_t QueryReader::time(std::string_view name) {
  const auto given = request.query(name);
  if (!given) return 0;
  if (const auto parsed = from_time(*given)) return *parsed;
  wrong(name, "must be a time", "RFC 3339, 2026-01-31T08:00:00Z, or Unix milliseconds");
  return 0;
}

std::string QueryReader::text(std::string_view name) {
  return request.query(name).value_or("");
}

bool QueryReader::flag(std::string_view name) {
  const auto given = request.query(name);
  if (!given || *given == "false" || *given == "0") return false;
  if (given->empty() || *given == "true" || *given == "1") return true;
  wrong(name, "must be true or false");
  return false;
}

std::optional<http::Problem> QueryReader::problem() const {
  if (findings.empty()) return std::nullopt;
  return http::Problem{400, "ValidationFailed", findings[0].pointer.substr(1) + " " + findings[0].message,
                       findings};
}

}  // namespace engine::rest
