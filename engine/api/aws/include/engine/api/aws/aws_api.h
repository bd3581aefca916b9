// AwsApi: AWS's own wire API, AWS JSON 1.0 (service model 2016-11-23): code written for Step Functions runs
// unchanged when its endpoint points here. One call is one action: X-Amz-Target and a JSON body in, status,
// error type and JSON body out; HTTP itself is the caller's. docs/guides/aws_api.md lists what is there.
//
// Thread rule: handle() may be called from any thread; `respond` is called exactly once, from any thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <engine/auth/authorize.h>
#include <engine/runtime/engine.h>

namespace engine::api::aws {

struct AwsResponse {
  int status = 200;
  std::string error_type;  // also for the header x-amzn-errortype; empty: success
  std::string body;        // JSON
};

struct AwsSettings {
  std::string account = "000000000000";
  std::string region = "us-east-1";
};

class AwsApi {
 public:
  AwsApi(Engine& engine, AwsSettings settings) : engine_(engine), settings_(std::move(settings)) {}

  using Respond = std::function<void(AwsResponse)>;
  // Takes what is to be called when the caller of a long poll has gone. May be null.
  using OnClose = std::function<void(std::function<void()> gone)>;
  // `target` is the header's value, "AWSStepFunctions.StartExecution". `principal` must be allowed the action
  // on what it acts on, else AccessDeniedException; null: every caller may do everything. `trace_header`: the
  // X-Ray header of the call, for executions that are started without one in the body.
  void handle(std::string_view target, std::string_view body, const auth::Principal* principal,
              Respond respond, const OnClose& on_close = nullptr, std::string_view trace_header = {});

 private:
  Engine& engine_;
  AwsSettings settings_;
};

}  // namespace engine::api::aws
