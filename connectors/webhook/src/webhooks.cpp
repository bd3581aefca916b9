#include <mutex>

#include <connectors/triggers/trigger_routes.h>
#include <connectors/webhook/webhooks.h>

#include "event.h"
#include "settings.h"

namespace connectors::webhook {

using engine::ApiError;
using engine::ApiErrorCode;
using engine::http::Problem;
using engine::http::Request;
using engine::http::Responder;
using engine::http::Response;
using statelang::Value;

namespace {

Response refusal(unsigned status, const char* code, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.code = code;
  problem.detail = std::move(detail);
  return to_response(problem);
}

Response answer(unsigned status, const Value& body) {
  Response response;
  response.status = status;
  response.body = statelang::to_json(body);
  return response;
}

Response answer_for(const engine::Execution& execution) {
  switch (execution.status) {
    case statelang::ExecutionStatus::Succeeded: {
      Response response;
      response.body = execution.output ? execution.output->text() : "null";
      response.headers.emplace_back("Stepstream-Execution", execution.execution_arn);
      return response;
    }
    case statelang::ExecutionStatus::Running:
    case statelang::ExecutionStatus::PendingRedrive:
      return answer(202, Value::object({{"execution_arn", execution.execution_arn},
                                        {"status", to_string(execution.status)}}));
    default:
      break;
  }
  return answer(502, Value::object({{"execution_arn", execution.execution_arn},
                                    {"status", to_string(execution.status)},
                                    {"error", execution.error ? Value(*execution.error) : Value()},
                                    {"cause", execution.cause ? Value(*execution.cause) : Value()}}));
}

}  // namespace

struct Webhooks::Hook {
  triggers::TriggerPtr trigger;
  Settings settings;
};

namespace {

// Empty: this delivery cannot be told from others.
std::string delivery_without_header(const Settings& settings, const Request& request, const Value& event) {
  if (!settings.delivery_id_member.empty()) {
    const Value* body = event.find("body");
    const Value* id =
        body != nullptr && body->is_object() ? body->find(settings.delivery_id_member) : nullptr;
    if (id != nullptr && id->is_string()) return std::string(id->as_string());
  }
  return settings.replay_header.empty() ? "" : std::string(request.header(settings.replay_header));
}

}  // namespace

Webhooks::Webhooks(triggers::ExecutionStarter& starter, const engine::Clock& clock)
    : starter_(starter), clock_(clock) {}
Webhooks::~Webhooks() = default;

void Webhooks::check(const Value& settings, std::vector<statelang::Diagnostic>& findings) const {
  read_settings(settings, findings);
}

void Webhooks::put(triggers::TriggerPtr trigger) {
  auto hook = std::make_shared<Hook>();
  std::vector<statelang::Diagnostic> findings;  // it has passed check()
  hook->settings = read_settings(trigger->settings, findings);
  hook->trigger = std::move(trigger);
  std::unique_lock lock(mutex_);
  hooks_[hook->trigger->name] = std::move(hook);
}

void Webhooks::erase(const std::string& name) {
  std::unique_lock lock(mutex_);
  hooks_.erase(name);
}

std::shared_ptr<const Webhooks::Hook> Webhooks::find(const std::string& name) const {
  std::shared_lock lock(mutex_);
  auto found = hooks_.find(name);
  return found == hooks_.end() || !found->second->trigger->enabled ? nullptr : found->second;
}

void Webhooks::handle(Request request, Responder responder) {
  auto hook = find(request.parameter("trigger"));
  if (hook == nullptr) {
    responder.send(refusal(404, "TriggerDoesNotExist", "there is no webhook at this address"));
    return;
  }
  const Settings& settings = hook->settings;
  const std::string& name = hook->trigger->name;
  if (request.body().size() > static_cast<size_t>(settings.body_bytes_max)) {
    responder.send(
        refusal(413, "PayloadTooLarge",
                "the body may have at most " + std::to_string(settings.body_bytes_max) + " bytes"));
    return;
  }
  std::string problem;
  auto secrets = read_secrets(settings, problem);
  if (secrets.empty() && !problem.empty()) {  // our fault, not the sender's, who may try again
    starter_.note_failure(name, problem);
    responder.send(refusal(503, "SecretUnavailable", "the secret of this webhook cannot be read"));
    return;
  }
  SignedMessage message{[&](std::string_view header) { return request.header(header); }, request.body(),
                        clock_.now_ms()};
  std::string wrong = check_signature(settings.scheme, secrets, settings.tolerance_s, message);
  if (!wrong.empty()) {
    starter_.note_failure(name, problem.empty() ? wrong : wrong + "; " + problem);
    responder.send(refusal(401, "InvalidSignature", wrong));
    return;
  }
  if (!problem.empty()) starter_.explain_failure(name, problem);  // another secret did
  std::string execution;
  if (!settings.delivery_id_header.empty()) {
    std::string_view delivery = request.header(settings.delivery_id_header);
    if (delivery.empty()) {
      starter_.note_failure(name, "a delivery without " + settings.delivery_id_header);
      responder.send(
          refusal(400, "ValidationFailed", "the header " + settings.delivery_id_header + " is missing"));
      return;
    }
    execution = execution_name(name, delivery);
  }
  Value event = event_of(request);
  if (execution.empty()) {
    const std::string delivery = delivery_without_header(settings, request, event);
    if (!delivery.empty()) execution = execution_name(name, delivery);
  }
  if (settings.reply_result) {
    starter_.start_and_wait(
        hook->trigger, execution, event, settings.reply_timeout_ms,
        [responder](engine::ApiResult<engine::Execution> ended) {
          responder.send(ended ? answer_for(*ended) : triggers::problem_of(ended.error()));
        });
    return;
  }
  starter_.start(
      hook->trigger, execution, event, [responder](engine::ApiResult<triggers::StartOutcome> started) {
        responder.send(started ? answer(202, Value::object({{"execution_arn", started->execution_arn},
                                                            {"duplicate", started->duplicate}}))
                               : triggers::problem_of(started.error()));
      });
}

void add_routes(engine::http::Router& router, Webhooks& webhooks) {
  engine::http::Route route;
  route.method = engine::http::Method::Post;
  route.path = "/hooks/{trigger}";
  route.handler = [&webhooks](Request request, Responder responder) {
    webhooks.handle(std::move(request), responder);
  };
  route.open = true;
  router.add(std::move(route));
}

}  // namespace connectors::webhook
