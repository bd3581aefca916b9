#include "triggers.h"

#include <connectors/kafka/kafka_triggers.h>
#include <connectors/schedule/scheduler.h>
#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/thread_strand.h>
#include <connectors/triggers/trigger_registry.h>
#include <connectors/triggers/trigger_routes.h>
#include <connectors/webhook/webhooks.h>

namespace engine::server {

struct Triggers::Content {
  explicit Content(Engine& given) : engine(given) {}

  // One node of a cluster: the one that has the catalog.
  bool in_charge() const {
    EventFeed* feed = engine.event_feed();
    return feed == nullptr || feed->runs_here(0);
  }

  Engine& engine;
  connectors::triggers::SystemClock clock;
  connectors::triggers::ExecutionStarter starter{engine, clock};
  connectors::triggers::ThreadStrand strand;
  connectors::webhook::Webhooks webhooks{starter, clock};
  connectors::schedule::Scheduler scheduler{engine, starter, strand, clock, [this] { return in_charge(); }};
  connectors::kafka::KafkaTriggers kafka{engine, starter, clock};
  connectors::triggers::TriggerRegistry registry{engine, clock, starter, {&webhooks, &scheduler, &kafka}};
};

Triggers::Triggers(Engine& engine) : content_(std::make_unique<Content>(engine)) {}

Triggers::~Triggers() {
  stop();
}

std::vector<std::string> Triggers::load(const std::string& folder) {
  std::vector<std::string> problems;
  if (const auto loaded = content_->registry.load(problems); !loaded)
    problems.push_back(loaded.error().message);
  if (!folder.empty()) content_->registry.load_directory(folder, problems);
  return problems;
}

void Triggers::follow(EventFeed& feed) {
  content_->registry.follow(feed);
}

void Triggers::add_routes(http::Router& router) {
  connectors::triggers::add_routes(router, content_->registry);
  connectors::webhook::add_routes(router, content_->webhooks);
}

void Triggers::append_metrics(std::string& text) const {
  content_->starter.append_metrics(text);
  content_->kafka.append_metrics(text);
}

void Triggers::stop() {
  content_->registry.stop();
  content_->strand.stop();
  content_->kafka.stop();
}

}  // namespace engine::server
