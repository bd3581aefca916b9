// Webhooks: the "webhook" kind of trigger. POST /hooks/<trigger> verifies the signature over the raw body,
// turns the request into an event and starts an execution under a name made of trigger and delivery id, so
// that a delivery that is sent again finds the execution it has started. Thread rule: any thread.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/trigger.h>
#include <engine/api/http/router.h>
#include <engine/ports/time.h>

namespace connectors::webhook {

class Webhooks : public triggers::TriggerKind {
 public:
  // Both must outlive this object.
  Webhooks(triggers::ExecutionStarter& starter, const engine::Clock& clock);
  ~Webhooks() override;

  std::string_view name() const override { return "webhook"; }
  void check(const statelang::Value& settings, std::vector<statelang::Diagnostic>& findings) const override;
  void put(triggers::TriggerPtr trigger) override;
  void erase(const std::string& name) override;

  // Answers 202 with the execution, or its result; 401 for a wrong signature, 404 for an unknown or disabled
  // trigger, 413, 400 without a delivery id where one is due, and the engine's refusals.
  void handle(engine::http::Request request, engine::http::Responder responder);

 private:
  struct Hook;
  std::shared_ptr<const Hook> find(const std::string& name) const;

  triggers::ExecutionStarter& starter_;
  const engine::Clock& clock_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const Hook>> hooks_;
};

// POST /hooks/{trigger}, open: the signature is the key. `webhooks` must outlive the router.
void add_routes(engine::http::Router& router, Webhooks& webhooks);

}  // namespace connectors::webhook
