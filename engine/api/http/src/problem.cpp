#include <engine/api/http/problem.h>
#include <statelang/plain_json.h>
#include <statelang/value.h>

namespace engine::http {
namespace {

// Length of the UTF-8 sequence at the front of `text`; 0 when it is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate_or_above = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || surrogate_or_above ? 0 : length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  const std::string_view rest = text.substr(statelang::plain_json_prefix(text));
  if (rest.empty()) {  // nearly always
    out += '"';
    out += text;
    out += '"';
    return;
  }
  if (is_utf8(rest)) return statelang::append_json_string(out, text);
  std::string repaired;
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    repaired += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  statelang::append_json_string(out, repaired);
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
