#include <vector>

#include <statelang/definition/resource.h>

namespace statelang {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  for (size_t end; (end = text.find(':', start)) != std::string_view::npos; start = end + 1) {
    parts.push_back(text.substr(start, end - start));
  }
  parts.push_back(text.substr(start));
  return parts;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

IntegrationPattern pattern_of(std::string_view api) {
  if (ends_with(api, ".sync")) return IntegrationPattern::Sync;
  if (ends_with(api, ".sync:2")) return IntegrationPattern::Sync2;
  if (ends_with(api, ".waitForTaskToken")) return IntegrationPattern::WaitForTaskToken;
  return IntegrationPattern::RequestResponse;
}

// Queue names: letters, digits and -_./: up to 128 characters; a text that begins like an ARN is never taken
// for one.
bool is_queue_name(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("-_./:").find(c) == std::string_view::npos) return false;
  }
  return true;
}

std::optional<Resource> parse_service(std::string_view text, const std::vector<std::string_view>& parts) {
  // arn:aws:states:::SERVICE:API or arn:aws:states:::aws-sdk:SERVICE:API; ".sync:2" holds a colon itself.
  const bool sdk = parts[5] == "aws-sdk";
  const size_t first = sdk ? 7 : 6;
  if (parts.size() <= first || parts[first].empty() || parts[5].empty()) return std::nullopt;
  Resource resource;
  resource.text = text;
  resource.kind = sdk ? ResourceKind::AwsSdk : ResourceKind::Service;
  resource.service = sdk ? "aws-sdk:" + std::string(parts[6]) : std::string(parts[5]);
  resource.api = parts[first];
  for (size_t i = first + 1; i < parts.size(); ++i) resource.api.append(":").append(parts[i]);
  resource.pattern = pattern_of(resource.api);
  return resource;
}

}  // namespace

std::optional<Resource> parse_resource(std::string_view text) {
  if (text.substr(0, 4) != "arn:") {
    if (!is_queue_name(text)) return std::nullopt;
    Resource resource;
    resource.text = text;
    resource.kind = ResourceKind::Queue;
    resource.name = text;
    return resource;
  }
  const auto parts = split(text);
  if (parts.size() < 7) return std::nullopt;
  Resource resource;
  resource.text = text;
  if (parts[2] == "lambda" && parts[5] == "function" && !parts[6].empty()) {
    resource.kind = ResourceKind::LambdaFunction;
    resource.name = parts[6];
    return resource;
  }
  if (parts[2] != "states") return std::nullopt;
  if (parts[5] == "activity" && !parts[6].empty() && !parts[3].empty()) {
    resource.kind = ResourceKind::Activity;
    resource.name = parts[6];
    return resource;
  }
  // AWS's own ARNs leave region and account empty; it accepts them filled in, too.
  return parse_service(text, parts);
}

}  // namespace statelang
