// Resource: what a Task's Resource says, taken apart (AWS "Integrating services", ARN forms). Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace statelang {

enum class ResourceKind : uint8_t {
  LambdaFunction,  // arn:aws:lambda:R:A:function:NAME[:QUALIFIER]
  Activity,        // arn:aws:states:R:A:activity:NAME
  Service,         // arn:aws:states:::SERVICE:API, lambda:invoke and http:invoke included
  AwsSdk,          // arn:aws:states:::aws-sdk:SERVICE:API
  Queue,           // our extension: a bare queue name
};
enum class IntegrationPattern : uint8_t { RequestResponse, Sync, Sync2, WaitForTaskToken };

struct Resource {
  std::string text;
  ResourceKind kind = ResourceKind::Queue;
  std::string service;  // Service: "lambda"; AwsSdk: "aws-sdk:dynamodb" (AWS's resourceType in the history)
  std::string api;   // "invoke", with the pattern's suffix as in the history: "sendMessage.waitForTaskToken"
  std::string name;  // function, activity or queue
  IntegrationPattern pattern = IntegrationPattern::RequestResponse;
};

// Nothing for what is no resource at all.
std::optional<Resource> parse_resource(std::string_view text);

}  // namespace statelang
