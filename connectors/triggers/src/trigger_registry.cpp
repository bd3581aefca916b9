
#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/stored_document.h>
#include <connectors/triggers/trigger_registry.h>
#include <statelang/timestamps/timestamp.h>

namespace connectors::triggers {
namespace {

using engine::ApiError;
using engine::ApiErrorCode;
using statelang::Value;

constexpr std::string_view kPrefix = "trigger/";

std::string catalog_key(const std::string& name) {
  return std::string(kPrefix) + name;
}

ApiError does_not_exist(const std::string& name) {
  return {ApiErrorCode::TriggerDoesNotExist, "there is no trigger named \"" + name + "\"", {}};
}

}  // namespace

TriggerRegistry::TriggerRegistry(engine::Engine& engine, const engine::Clock& clock,
                                 ExecutionStarter& starter, std::vector<TriggerKind*> kinds)
    : engine_(engine), clock_(clock), starter_(starter), kinds_(std::move(kinds)) {}

TriggerRegistry::~TriggerRegistry() {
  stop();
}

TriggerKind* TriggerRegistry::kind_of(const Trigger& trigger) const {
  for (TriggerKind* kind : kinds_) {
    if (kind->name() == trigger.kind) return kind;
  }
  return nullptr;
}

TriggerPtr TriggerRegistry::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto found = triggers_.find(name);
  return found == triggers_.end() ? nullptr : found->second;
}

void TriggerRegistry::install(TriggerPtr trigger) {
  std::lock_guard lock(mutex_);
  TriggerPtr& place = triggers_[trigger->name];
  if (place != nullptr && place->kind != trigger->kind) kind_of(*place)->erase(trigger->name);
  place = trigger;
  kind_of(*trigger)->put(trigger);
}

void TriggerRegistry::drop(const std::string& name) {
  std::lock_guard lock(mutex_);  // one call to a kind at a time
  const auto found = triggers_.find(name);
  if (found == triggers_.end()) return;
  kind_of(*found->second)->erase(name);
  triggers_.erase(found);
  starter_.forget(name);
}

statelang::Expected<Trigger, std::string> TriggerRegistry::read_stored(const std::string& name,
                                                                       const std::string& text) const {
  using statelang::Unexpected;
  const auto stored = decode_document(text);
  if (!stored) return Unexpected<std::string>{stored.error()};
  auto trigger = read_trigger(name, statelang::to_json(stored->document), kinds_);
  if (!trigger) return Unexpected<std::string>{sentence(trigger.error())};
  trigger->created_ms = stored->created_ms;
  trigger->updated_ms = stored->updated_ms;
  return std::move(*trigger);
}

engine::ApiResult<size_t> TriggerRegistry::load(std::vector<std::string>& problems) {
  auto entries = engine_.catalog_entries(kPrefix);
  if (!entries) return statelang::Unexpected<ApiError>{entries.error()};
  size_t loaded = 0;
  for (const auto& [key, text] : *entries) {
    std::string name = key.substr(kPrefix.size());
    auto trigger = read_stored(name, text);
    if (!trigger) {
      problems.push_back("trigger " + name + ": " + trigger.error());
      continue;
    }
    install(std::make_shared<const Trigger>(std::move(*trigger)));
    loaded++;
  }
  return loaded;
}

// ------------------------------------------------------------------------------------------ following

void TriggerRegistry::follow(engine::EventFeed& feed) {
  strand_ = std::make_unique<ThreadStrand>();
  follower_ = std::make_unique<CatalogFollower>(feed, *strand_, clock_, std::string(kPrefix),
                                                [this](const std::string& name) { look(name); });
  look_soon("");  // what has changed since it was loaded
}

void TriggerRegistry::stop() {
  if (follower_) follower_->stop();
  if (strand_) strand_->stop();
}

void TriggerRegistry::look_soon(const std::string& name) {
  if (strand_) strand_->post([this, name] { look(name); });
}

void TriggerRegistry::look(const std::string& name) {
  look_at_catalog(engine_, kPrefix, name, *this);
}

std::vector<std::string> TriggerRegistry::names_in_force() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, trigger] : triggers_) names.push_back(name);
  return names;
}

void TriggerRegistry::take_stored(const std::string& name, const std::string& text, bool told) {
  auto trigger = read_stored(name, text);
  if (!trigger) {  // what is only seen was told when it was put
    if (told) starter_.note_failure(name, "not in force: " + trigger.error());
    return;
  }
  const TriggerPtr here = find(name);
  if (here == nullptr || here->updated_ms != trigger->updated_ms || here->document != trigger->document)
    install(std::make_shared<const Trigger>(std::move(*trigger)));
}

// ------------------------------------------------------------------------------------------ changes

size_t TriggerRegistry::load_directory(const std::string& folder, std::vector<std::string>& problems) {
  return put_directory(
      folder, [this](const auto& name, const auto& json, auto done) { put(name, json, std::move(done)); },
      problems);
}

void TriggerRegistry::put(const std::string& name, const std::string& json,
                          engine::ApiCallback<std::string> done) {
  auto read = read_trigger(name, json, kinds_);
  if (!read) {
    done(statelang::Unexpected<ApiError>{
        {ApiErrorCode::ValidationFailed, "the trigger is not valid", read.error()}});
    return;
  }
  auto trigger = std::make_shared<Trigger>(std::move(*read));
  trigger->created_ms = trigger->updated_ms = clock_.now_ms();
  TriggerPtr before = find(name);
  if (before != nullptr && before->document == trigger->document) {
    done(described(*before));
    return;
  }
  if (before != nullptr) trigger->created_ms = before->created_ms;
  engine::core::PutCatalogEntry entry;
  entry.key = catalog_key(name);
  entry.value = encode_document({trigger->document, trigger->created_ms, trigger->updated_ms});
  engine_.put_catalog_entry(entry, [this, trigger, done](engine::ApiResult<bool> result) {
    if (!result) {
      done(statelang::Unexpected<ApiError>{result.error()});
      return;
    }
    install(trigger);
    look_soon(trigger->name);  // another node may have put a later one meanwhile
    done(described(*trigger));
  });
}

void TriggerRegistry::erase(const std::string& name, engine::ApiCallback<bool> done) {
  if (find(name) == nullptr) {
    done(statelang::Unexpected<ApiError>{does_not_exist(name)});
    return;
  }
  engine_.erase_catalog_entry(catalog_key(name), [this, name, done](engine::ApiResult<bool> result) {
    if (result) {
      drop(name);
      look_soon(name);
    }
    done(std::move(result));
  });
}

std::string TriggerRegistry::described(const Trigger& trigger) const {
  TriggerStatus status = starter_.status(trigger.name);
  auto time = [](int64_t ms) {
    return ms == 0 ? Value() : Value(statelang::timestamps::format_epoch_ms_fixed(ms));
  };
  Value out = Value::object({{"name", trigger.name}});
  for (const auto& [key, value] : trigger.document.as_object()) out.set(key.as_string(), value);
  out.set("enabled", trigger.enabled);
  out.set("created_at", time(trigger.created_ms));
  out.set("updated_at", time(trigger.updated_ms));
  int64_t due = kind_of(trigger)->next_due_ms(trigger.name);
  Value figures = Value::object(
      {{"started", status.fired},
       {"duplicates", status.duplicates},
       {"failed", status.failed},
       {"last_started_at", time(status.last_fired_ms)},
       {"last_execution_arn", status.last_execution_arn.empty() ? Value() : Value(status.last_execution_arn)},
       {"last_failed_at", time(status.last_failed_ms)},
       {"last_error", status.last_error.empty() ? Value() : Value(status.last_error)}});
  if (due != 0) figures.set("next_due_at", time(due));
  kind_of(trigger)->add_figures(trigger.name, figures);
  out.set("status", figures);
  return statelang::to_json(out);
}

engine::ApiResult<std::string> TriggerRegistry::describe(const std::string& name) const {
  TriggerPtr trigger = find(name);
  if (trigger == nullptr) return statelang::Unexpected<ApiError>{does_not_exist(name)};
  return described(*trigger);
}

std::string TriggerRegistry::list() const {
  std::lock_guard lock(mutex_);
  std::string out = "{\"items\":[";
  for (const auto& [name, trigger] : triggers_) {
    if (out.back() != '[') out += ',';
    out += described(*trigger);
  }
  return out + "]}";
}

}  // namespace connectors::triggers
