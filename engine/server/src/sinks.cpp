#include "sinks.h"

#include <connectors/sinks/sink_registry.h>
#include <connectors/triggers/thread_strand.h>

namespace engine::server {

namespace {

class ServerOutside : public connectors::sinks::Outside {
 public:
  explicit ServerOutside(integrations::OutboundSettings settings) : outbound_(std::move(settings)) {}
  std::string url_mistake(const std::string& url) const override { return outbound_.url_mistake(url); }
  std::string secret_mistake(const statelang::Value& reference) const override {
    return outbound_.secret_mistake(reference);
  }
  statelang::Expected<std::string, std::string> secret(const statelang::Value& reference) const override {
    return outbound_.secret(reference);
  }
  void post(const std::string& url, Headers headers, std::string body,
            integrations::Outbound::Done done) override {
    outbound_.post(url, std::move(headers), std::move(body), std::move(done));
  }
  void stop() { outbound_.stop(); }

 private:
  integrations::Outbound outbound_;
};

}  // namespace

struct Sinks::Content {
  Content(Engine& engine, integrations::OutboundSettings settings)
      : outside(std::move(settings)), registry(engine, *engine.event_feed(), clock, outside) {}
  connectors::triggers::SystemClock clock;
  ServerOutside outside;
  connectors::sinks::SinkRegistry registry;
};

Sinks::Sinks(Engine& engine, integrations::OutboundSettings settings)
    : content_(std::make_unique<Content>(engine, std::move(settings))) {}

Sinks::~Sinks() {
  stop();
}

std::vector<std::string> Sinks::load(const std::string& folder) {
  std::vector<std::string> problems;
  content_->registry.load(problems);
  if (!folder.empty()) content_->registry.load_directory(folder, problems);
  return problems;
}

void Sinks::follow() {
  content_->registry.follow();
}

void Sinks::add_routes(http::Router& router) {
  connectors::sinks::add_routes(router, content_->registry);
}

void Sinks::append_metrics(std::string& text) const {
  content_->registry.append_metrics(text);
}

void Sinks::stop() {
  content_->registry.stop();
  content_->outside.stop();
}

}  // namespace engine::server
