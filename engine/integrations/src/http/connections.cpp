#include <engine/api/http/problem.h>
#include <engine/integrations/connections.h>
#include <statelang/timestamps/timestamp.h>

#include "catalog_connection.h"

namespace engine::integrations {

using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr std::string_view kPrefix = "connection/";

std::string key_of(const std::string& name) {
  return std::string(kPrefix) + name;
}

}  // namespace

std::string Connections::shown(const std::string& name, const std::string& stored) const {
  const auto entry = statelang::parse_json(stored);
  Value out = Value::object(
      {{"name", name},
       {"arn", "arn:aws:events:" + settings_.region + ":" + settings_.account + ":connection/" + name}});
  if (!entry) return statelang::to_json(out);
  for (const char* member : {"created", "updated"}) {
    const Value* ms = entry->find(std::string(member) + "_ms");
    if (ms && ms->is_integer())
      out.set(std::string(member) + "_at", statelang::timestamps::format_epoch_ms_fixed(ms->as_integer()));
  }
  if (const Value* document = entry->find("document"); document && document->is_object()) {
    for (const auto& [key, value] : document->as_object()) out.set(key.as_string(), value);
  }
  return statelang::to_json(out);
}

void Connections::put(const std::string& name, const std::string& json, ApiCallback<std::string> done) {
  const Secrets secrets(settings_.secrets);
  auto connection = parse_connection(name, json, secrets);
  if (!connection) {
    return done(Unexpected{
        ApiError{ApiErrorCode::ValidationFailed, "the connection is not valid", connection.error()}});
  }
  const auto before = engine_.catalog_entry(key_of(name));
  if (!before) return done(Unexpected{before.error()});
  int64_t created_ms = engine_.now_ms();
  if (*before) {
    const auto entry = statelang::parse_json(**before);
    const Value* created = entry ? entry->find("created_ms") : nullptr;
    if (created && created->is_integer()) created_ms = created->as_integer();
  }
  core::PutCatalogEntry entry;
  entry.key = key_of(name);
  entry.value = statelang::to_json(Value::object(
      {{"created_ms", created_ms}, {"updated_ms", engine_.now_ms()}, {"document", connection->document}}));
  std::string answer = shown(name, entry.value);
  engine_.put_catalog_entry(std::move(entry), [answer, done = std::move(done)](ApiResult<bool> stored) {
    if (!stored) return done(Unexpected{stored.error()});
    done(answer);
  });
}

ApiResult<std::optional<std::string>> Connections::describe(const std::string& name) {
  auto stored = engine_.catalog_entry(key_of(name));
  if (!stored) return Unexpected{stored.error()};
  if (!*stored) return std::optional<std::string>();
  return std::optional<std::string>(shown(name, **stored));
}

ApiResult<std::string> Connections::list() {
  const auto entries = engine_.catalog_entries(kPrefix);
  if (!entries) return Unexpected{entries.error()};
  std::string out = R"({"items":[)";
  for (const auto& [key, stored] : *entries) {
    if (out.back() != '[') out += ',';
    out += shown(key.substr(kPrefix.size()), stored);
  }
  return out + "]}";
}

void Connections::erase(const std::string& name, ApiCallback<bool> done) {
  const auto stored = engine_.catalog_entry(key_of(name));
  if (!stored) return done(Unexpected{stored.error()});
  if (!*stored) return done(false);
  engine_.erase_catalog_entry(key_of(name), std::move(done));
}

statelang::Expected<Connection, statelang::Failure> catalog_connection(Engine& engine,
                                                                       const std::string& name,
                                                                       const Secrets& secrets) {
  const auto stored = engine.catalog_entry(key_of(name));
  if (!stored)
    return Unexpected{statelang::Failure{"Events.ConnectionResource.InternalError", stored.error().message}};
  if (!*stored) {
    return Unexpected{statelang::Failure{"Events.ConnectionResource.ResourceNotFound",
                                         "The connection " + name + " does not exist."}};
  }
  const auto entry = statelang::parse_json(**stored);
  const Value* document = entry ? entry->find("document") : nullptr;
  auto connection = parse_connection(name, document ? statelang::to_json(*document) : "", secrets);
  if (connection) return std::move(*connection);
  const auto& finding = connection.error().front();
  return Unexpected{statelang::Failure{"Events.ConnectionResource.InvalidConnectionState",
                                       finding.location + ": " + finding.message}};
}

}  // namespace engine::integrations
