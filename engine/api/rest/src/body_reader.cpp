#include "body_reader.h"

#include <charconv>
#include <cmath>

#include <statelang/edit_distance.h>
#include <statelang/json_pointer.h>
#include <statelang/payload.h>
#include <statelang/value.h>

namespace engine::rest {
namespace {

constexpr size_t kDepthMax = 200;

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\r") == std::string_view::npos;
}

}  // namespace

BodyReader::BodyReader(std::string_view text) {
  if (blank(text)) return;  // no body is an empty object
  if (!statelang::valid_json(text, kDepthMax)) {
    malformed_ = true;
    const auto parsed = statelang::parse_json(text, {.depth_max = kDepthMax});
    http::Finding finding;
    finding.message = parsed ? "nested too deeply" : parsed.error().message;
    finding.hint = parsed ? "" : "reading stopped at byte " + std::to_string(parsed.error().offset);
    findings_.push_back(std::move(finding));
    return;
  }
  load(text);
}

BodyReader::BodyReader(std::string_view text, std::string pointer) : pointer_(std::move(pointer)) {
  load(text);
}

void BodyReader::load(std::string_view text) {
  if (text[text.find_first_not_of(" \t\n\r")] != '{') {
    malformed_ = true;
    findings_.push_back({pointer_, "must be a JSON object", "", "", false});
    return;
  }
  for (auto& [name, value] : json_members(text)) {
    for (const Member& earlier : members_) {
      if (earlier.name == name) wrong(name, "is there twice");
    }
    members_.push_back({std::move(name), value, false});
  }
}

std::optional<std::string_view> BodyReader::find(std::string_view name) {
  known_.emplace_back(name);
  for (Member& member : members_) {
    if (member.name != name) continue;
    member.read = true;
    return member.value;
  }
  return std::nullopt;
}

void BodyReader::wrong(std::string_view name, std::string message, std::string hint) {
  findings_.push_back(
      {pointer_ + "/" + statelang::pointer_token(name), std::move(message), std::move(hint), "", false});
}

std::string BodyReader::text(std::string_view name, size_t bytes_max, std::string fallback) {
  const auto given = find(name);
  if (!given) return fallback;
  auto string = json_string(*given);
  if (!string) {
    wrong(name, "must be a string");
    return fallback;
  }
  if (string->size() > bytes_max) {
    wrong(name, "must be at most " + std::to_string(bytes_max) + " bytes long");
    return fallback;
  }
  return std::move(*string);
}

std::string BodyReader::required_text(std::string_view name, size_t bytes_max) {
  std::string given = text(name, bytes_max);
  const auto reported = [&] {
    const std::string pointer = pointer_ + "/" + statelang::pointer_token(name);
    for (const auto& finding : findings_) {
      if (finding.pointer == pointer) return true;
    }
    return false;
  };
  if (given.empty() && !malformed_ && !reported()) wrong(name, "is required");
  return given;
}

int64_t BodyReader::integer(std::string_view name, int64_t least, int64_t most, int64_t fallback) {
  const auto given = find(name);
  if (!given) return fallback;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
  if (error == std::errc() && end == given->data() + given->size() && number >= least && number <= most) {
    return number;
  }
  wrong(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return fallback;
}

int64_t BodyReader::seconds_as_ms(std::string_view name, int64_t most_seconds) {
  const auto given = find(name);
  if (!given) return 0;
  double seconds = -1;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), seconds);
  if (error == std::errc() && end == given->data() + given->size() && seconds >= 0 &&
      seconds <= static_cast<double>(most_seconds)) {
    return std::llround(seconds * 1000);
  }
  wrong(name, "must be a number of seconds from 0 to " + std::to_string(most_seconds));
  return 0;
}

bool BodyReader::boolean(std::string_view name, bool fallback) {
  const auto given = find(name);
  if (!given) return fallback;
  if (*given == "true") return true;
  if (*given == "false") return false;
  wrong(name, "must be true or false");
  return fallback;
}

std::vector<std::string_view> BodyReader::items(std::string_view name, size_t items_max) {
  const auto given = find(name);
  if (!given) return {};
  if (given->empty() || given->front() != '[') {
    wrong(name, "must be an array");
    return {};
  }
  auto found = json_items(*given);
  if (found.size() > items_max) {
    wrong(name, "must have at most " + std::to_string(items_max) + " items");
    return {};
  }
  return found;
}

std::vector<http::Finding> BodyReader::take_findings() {
  for (const Member& member : members_) {
    if (member.read) continue;
    std::string nearest, all;
    size_t best = 3;  // more changes than that are another word
    for (const std::string& known : known_) {
      all += (all.empty() ? "" : ", ") + known;
      const size_t distance = statelang::edit_distance(member.name, known);
      if (distance >= best) continue;
      best = distance;
      nearest = known;
    }
    wrong(member.name, "is not a member of this request",
          nearest.empty() ? "known are: " + all : "Did you mean \"" + nearest + "\"?");
  }
  return std::move(findings_);
}

void BodyReader::adopt(BodyReader& part) {
  for (auto& finding : part.take_findings()) findings_.push_back(std::move(finding));
}

std::optional<http::Problem> BodyReader::problem() {
  auto findings = take_findings();
  if (findings.empty()) return std::nullopt;
  http::Problem problem{400, malformed_ ? "MalformedBody" : "ValidationFailed", "", {}};
  if (malformed_ && findings[0].pointer.empty()) {
    problem.detail = "The body is not what is expected: " + findings[0].message + ".";
  } else {
    problem.detail =
        findings[0].pointer.substr(findings[0].pointer.empty() ? 0 : 1) + " " + findings[0].message;
    if (findings.size() > 1) problem.detail += " (and " + std::to_string(findings.size() - 1) + " more)";
  }
  problem.findings = std::move(findings);
  return problem;
}

std::string read_definition(BodyReader& body) {
  const auto given = body.value("definition");
  if (!given) {
    body.wrong("definition", "is required");
    return {};
  }
  if (auto text = json_string(*given)) return std::move(*text);
  return std::string(*given);
}

}  // namespace engine::rest
