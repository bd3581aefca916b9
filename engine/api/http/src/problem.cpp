#include <engine/api/http/problem.h>
#include <statelang/plain_json.h>
#include <statelang/utf8.h>
#include <statelang/value.h>

namespace engine::http {

void append_quoted(std::string& out, std::string_view text) {
  const std::string_view rest = text.substr(statelang::plain_json_prefix(text));
  if (rest.empty()) {  // nearly always
    out += '"';
    out += text;
    out += '"';
    return;
  }
  if (statelang::is_utf8(rest)) return statelang::append_json_string(out, text);
  statelang::append_json_string(out, statelang::repaired_utf8(text));
}

void append_finding(std::string& out, const Finding& finding) {
  out += R"({"pointer":)";
  append_quoted(out, finding.pointer);
  out += R"(,"message":)";
  append_quoted(out, finding.message);
  out += R"(,"hint":)";
  append_quoted(out, finding.hint);
  if (!finding.code.empty()) {
    out += R"(,"code":)";
    append_quoted(out, finding.code);
  }
  out += finding.warning ? R"(,"severity":"warning"})" : R"(,"severity":"error"})";
}

Response to_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  std::string& body = response.body;
  body = R"({"type":"about:blank","title":)";
  append_quoted(body, reason_phrase(problem.status));
  body += R"(,"status":)" + std::to_string(problem.status) + R"(,"code":)";
  append_quoted(body, problem.code);
  body += R"(,"detail":)";
  append_quoted(body, problem.detail);
  if (!problem.findings.empty()) {
    body += R"(,"errors":[)";
    for (size_t i = 0; i < problem.findings.size(); ++i) {
      if (i > 0) body += ',';
      append_finding(body, problem.findings[i]);
    }
    body += ']';
  }
  body += "}\n";
  if (problem.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after_seconds));
  }
  return response;
}

}  // namespace engine::http
