#include <algorithm>
#include <functional>
#include <future>

#include <connectors/sinks/sink_registry.h>
#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/stored_document.h>
#include <connectors/triggers/trigger_routes.h>
#include <engine/runtime/metrics_text.h>
#include <statelang/timestamps/timestamp.h>

#include "delivery.h"

namespace connectors::sinks {
namespace {

using engine::ApiError;
using engine::ApiErrorCode;
using engine::ApiResult;
using statelang::Unexpected;
using statelang::Value;

constexpr std::string_view kPrefix = "sink/";

std::string catalog_key(const std::string& name) {
  return std::string(kPrefix) + name;
}

ApiError does_not_exist(const std::string& name) {
  return {ApiErrorCode::ResourceDoesNotExist, "There is no sink named \"" + name + "\".", {}};
}

Value figures_json(const DeliveryFigures& figures) {
  const auto time = [](int64_t ms) {
    return ms == 0 ? Value() : Value(statelang::timestamps::format_epoch_ms_fixed(ms));
  };
  const auto count = [](uint64_t number) { return Value(static_cast<int64_t>(number)); };
  return Value::object({{"delivered", count(figures.delivered)},
                        {"failed", count(figures.failed)},
                        {"dropped", count(figures.dropped)},
                        {"missing", count(figures.missing)},
                        {"waiting", count(figures.waiting)},
                        {"oldest_waiting_at", time(figures.oldest_ms)},
                        {"last_delivered_at", time(figures.last_delivered_ms)},
                        {"last_failed_at", time(figures.last_failed_ms)},
                        {"last_error", figures.last_error.empty() ? Value() : Value(figures.last_error)}});
}

}  // namespace

SinkRegistry::SinkRegistry(engine::Engine& engine, engine::EventFeed& feed, const engine::Clock& clock,
                           Outside& outside)
    : engine_(engine), feed_(feed), clock_(clock), outside_(outside) {}

SinkRegistry::~SinkRegistry() {
  stop();
}

void SinkRegistry::stop() {
  if (follower_) follower_->stop();
  strand_.stop();
  std::map<std::string, Installed> sinks;
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    sinks = sinks_;
  }
  for (auto& [name, installed] : sinks) {
    if (installed.delivery) installed.delivery->stop();
  }
}

SinkRegistry::Installed SinkRegistry::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = sinks_.find(name);
  return found == sinks_.end() ? Installed{} : found->second;
}

// On the strand. The reader is there or, without a delivery, gone.
void SinkRegistry::install(SinkPtr sink) {
  if (const Installed before = find(sink->name); before.delivery) before.delivery->stop();
  Installed installed{sink, nullptr};
  if (sink->enabled) installed.delivery = std::make_shared<Delivery>(sink, feed_, clock_);
  std::lock_guard lock(mutex_);
  if (stopped_) return;
  sinks_[sink->name] = installed;
  if (installed.delivery) installed.delivery->start();
}

void SinkRegistry::remove(const std::string& name) {
  if (const Installed before = find(name); before.delivery) before.delivery->stop();
  std::lock_guard lock(mutex_);
  sinks_.erase(name);
}

// What is not enabled has no reader.
void SinkRegistry::arrange_reader(const SinkPtr& sink, engine::ApiCallback<bool> done) {
  const std::string reader = Delivery::reader_name(sink->name);
  if (!sink->enabled) return feed_.erase_reader(reader, std::move(done));
  feed_.put_reader(reader, Delivery::wants(*sink), std::move(done));
}

void SinkRegistry::store(SinkPtr sink, engine::ApiCallback<std::string> done) {
  arrange_reader(sink, [this, sink, done](ApiResult<bool> answer) {
    if (!answer) return done(Unexpected{answer.error()});
    strand_.post([this, sink, done] {
      install(sink);
      if (follower_) look(sink->name);  // another node may have put a later one meanwhile
      done(described(Installed{sink, find(sink->name).delivery}));
    });
  });
}

statelang::Expected<Sink, std::string> SinkRegistry::read_stored(const std::string& name,
                                                                 const std::string& text) const {
  const auto stored = triggers::decode_document(text);
  if (!stored) return Unexpected<std::string>{stored.error()};
  auto sink = read_sink(name, statelang::to_json(stored->document), engine_, outside_);
  if (!sink) return Unexpected<std::string>{triggers::sentence(sink.error())};
  sink->created_ms = stored->created_ms;
  sink->updated_ms = stored->updated_ms;
  return std::move(*sink);
}

void SinkRegistry::load(std::vector<std::string>& problems) {
  auto entries = engine_.catalog_entries(kPrefix);
  if (!entries) return problems.push_back(entries.error().message);
  for (const auto& [key, text] : *entries) {
    const std::string name = key.substr(kPrefix.size());
    auto sink = read_stored(name, text);
    if (!sink) {
      problems.push_back("sink " + name + ": " + sink.error());
      continue;
    }
    std::promise<std::string> said;
    store(std::make_shared<const Sink>(std::move(*sink)),
          [&](ApiResult<std::string> result) { said.set_value(result ? "" : result.error().message); });
    if (const std::string problem = said.get_future().get(); !problem.empty()) {
      problems.push_back("sink " + name + ": " + problem);
    }
  }
}

// ------------------------------------------------------------------------------------------ following

void SinkRegistry::follow() {
  follower_ = std::make_unique<triggers::CatalogFollower>(feed_, strand_, clock_, std::string(kPrefix),
                                                          [this](const std::string& name) { look(name); });
  strand_.post([this] { look(""); });  // what has changed since it was loaded
}

// On the strand, as all that follows.
void SinkRegistry::look(const std::string& name) {
  triggers::look_at_catalog(engine_, kPrefix, name, *this);
}

std::vector<std::string> SinkRegistry::names_in_force() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, installed] : sinks_) names.push_back(name);
  return names;
}

// The node that took the change makes the reader, too; but this one may come first.
void SinkRegistry::take_stored(const std::string& name, const std::string& text, bool) {
  auto read = read_stored(name, text);
  if (!read) return;  // checked when it was put; what this node alone lacks, its next start says
  const Installed here = find(name);
  if (here.sink && here.sink->updated_ms == read->updated_ms && here.sink->document == read->document) return;
  auto sink = std::make_shared<const Sink>(std::move(*read));
  arrange_reader(sink, [this, sink, text](ApiResult<bool> arranged) {
    if (arranged) strand_.post([this, sink, text] { confirm(sink, text); });
  });
}

// A sink that was erased while its reader was made must not leave that behind: nobody would move it on.
void SinkRegistry::confirm(const SinkPtr& sink, const std::string& text) {
  const auto now = engine_.catalog_entry(catalog_key(sink->name));
  if (now && !*now) return forget(sink->name);
  if (now && **now != text) return look(sink->name);
  install(sink);
}

void SinkRegistry::drop(const std::string& name) {
  if (find(name).sink) forget(name);
}

void SinkRegistry::forget(const std::string& name) {
  remove(name);
  feed_.erase_reader(Delivery::reader_name(name), [](const ApiResult<bool>&) {});
}

// ------------------------------------------------------------------------------------------ changes

void SinkRegistry::load_directory(const std::string& folder, std::vector<std::string>& problems) {
  (void)triggers::put_directory(
      folder, [this](const auto& name, const auto& json, auto done) { put(name, json, std::move(done)); },
      problems);
}

void SinkRegistry::put(const std::string& name, const std::string& json,
                       engine::ApiCallback<std::string> done) {
  auto read = read_sink(name, json, engine_, outside_);
  if (!read) {
    return done(Unexpected{ApiError{ApiErrorCode::ValidationFailed, "the sink is not valid", read.error()}});
  }
  const Installed before = find(name);
  if (before.sink && before.sink->document == read->document) return done(described(before));
  {
    std::lock_guard lock(mutex_);
    if (!before.sink && sinks_.size() >= kSinksMax) {
      return done(Unexpected{ApiError{
          ApiErrorCode::QuotaExceeded, "there are " + std::to_string(kSinksMax) + " sinks already", {}}});
    }
  }
  read->created_ms = read->updated_ms = clock_.now_ms();
  if (before.sink) read->created_ms = before.sink->created_ms;
  auto sink = std::make_shared<const Sink>(std::move(*read));
  engine::core::PutCatalogEntry entry;
  entry.key = catalog_key(name);
  entry.value = triggers::encode_document({sink->document, sink->created_ms, sink->updated_ms});
  engine_.put_catalog_entry(std::move(entry), [this, sink, done](ApiResult<bool> result) {
    if (!result) return done(Unexpected{result.error()});
    store(sink, done);
  });
}

// The reader first: a crash in between leaves a sink that begins anew, never a reader that nobody moves on.
void SinkRegistry::erase(const std::string& name, engine::ApiCallback<bool> done) {
  if (!find(name).sink) return done(Unexpected{does_not_exist(name)});
  strand_.post([this, name, done] {
    remove(name);
    feed_.erase_reader(Delivery::reader_name(name), [this, name, done](ApiResult<bool> erased) {
      if (!erased) return done(std::move(erased));
      engine_.erase_catalog_entry(catalog_key(name), done);
    });
  });
}

std::string SinkRegistry::described(const Installed& installed) {
  const Sink& sink = *installed.sink;
  Value out = Value::object({{"Name", sink.name}});
  for (const auto& [key, value] : sink.document.as_object()) out.set(key.as_string(), value);
  out.set("Enabled", sink.enabled);
  out.set("created_at", statelang::timestamps::format_epoch_ms_fixed(sink.created_ms));
  out.set("updated_at", statelang::timestamps::format_epoch_ms_fixed(sink.updated_ms));
  out.set("status", figures_json(installed.delivery ? installed.delivery->figures() : DeliveryFigures()));
  return statelang::to_json(out);
}

ApiResult<std::string> SinkRegistry::describe(const std::string& name) const {
  const Installed found = find(name);
  if (!found.sink) return Unexpected{does_not_exist(name)};
  return described(found);
}

std::string SinkRegistry::list() const {
  std::lock_guard lock(mutex_);
  std::string out = "{\"items\":[";
  for (const auto& [name, installed] : sinks_) {
    if (out.back() != '[') out += ',';
    out += described(installed);
  }
  return out + "]}";
}

void SinkRegistry::append_metrics(std::string& text) const {
  std::lock_guard lock(mutex_);
  if (sinks_.empty()) return;
  const auto metric = [&](const char* name, const char* kind, const char* help, const auto& figure) {
    engine::append_metric_head(text, name, help, kind);
    for (const auto& [sink, installed] : sinks_) {
      if (!installed.delivery) continue;
      engine::append_sample(text, name, engine::metric_label("sink", sink),
                            std::invoke(figure, installed.delivery->figures()));
    }
  };
  metric("stepstream_sink_delivered_total", "counter", "Events that a sink's target has taken.",
         &DeliveryFigures::delivered);
  metric("stepstream_sink_failed_total", "counter", "Attempts at delivery that failed.",
         &DeliveryFigures::failed);
  metric("stepstream_sink_dropped_total", "counter", "Events given up for their age.",
         &DeliveryFigures::dropped);
  metric("stepstream_sink_missing_total", "counter", "Events whose executions were erased before delivery.",
         &DeliveryFigures::missing);
  metric("stepstream_sink_waiting", "gauge", "Events read and not yet delivered.", &DeliveryFigures::waiting);
  metric("stepstream_sink_oldest_waiting_seconds", "gauge", "Age of the oldest event not yet delivered.",
         [now = clock_.now_ms()](const DeliveryFigures& figures) {
           const int64_t age_ms = figures.oldest_ms == 0 ? 0 : now - figures.oldest_ms;
           return static_cast<uint64_t>(std::max<int64_t>(0, age_ms) / 1000);
         });
}

// ------------------------------------------------------------------------------------------ routes

namespace {

engine::http::Response json(std::string body) {
  engine::http::Response response;
  response.body = std::move(body);
  return response;
}

engine::http::Response problem(const ApiError& error) {
  if (error.code == ApiErrorCode::ResourceDoesNotExist) {
    return engine::http::to_response({404, "SinkDoesNotExist", error.message, {}});
  }
  if (error.code == ApiErrorCode::QuotaExceeded) {
    return engine::http::to_response({409, "QuotaExceeded", error.message, {}});
  }
  return triggers::problem_of(error);
}

}  // namespace

void add_routes(engine::http::Router& router, SinkRegistry& registry) {
  using engine::http::Request;
  using engine::http::Responder;
  router.get("/v1/sinks",
             [&registry](Request, Responder responder) { responder.send(json(registry.list())); });
  router.get("/v1/sinks/{sink}", [&registry](Request request, Responder responder) {
    auto found = registry.describe(request.parameter("sink"));
    responder.send(found ? json(std::move(*found)) : problem(found.error()));
  });
  router.put("/v1/sinks/{sink}", [&registry](Request request, Responder responder) {
    registry.put(request.parameter("sink"), request.body(), [responder](ApiResult<std::string> stored) {
      responder.send(stored ? json(std::move(*stored)) : problem(stored.error()));
    });
  });
  router.del("/v1/sinks/{sink}", [&registry](Request request, Responder responder) {
    registry.erase(request.parameter("sink"), [responder](ApiResult<bool> erased) {
      engine::http::Response gone;
      gone.status = 204;
      responder.send(erased ? gone : problem(erased.error()));
    });
  });
}

}  // namespace connectors::sinks
