// /v1/activities: names that tasks queue under until a worker takes them. The same documents as the AWS
// API's, in the catalog under "activity/NAME" (docs/formats/catalog.md).
#include <statelang/value.h>

#include "answers.h"
#include "names.h"
#include "routes.h"

namespace engine::rest {
namespace {

using statelang::Value;

constexpr std::string_view kKeys = "activity/";

std::string arn_of(const Engine& engine, std::string_view name) {
  constexpr std::string_view kMachineType = "stateMachine:";
  std::string arn = engine.state_machine_arn("");
  arn.resize(arn.size() - kMachineType.size());
  return arn.append("activity:").append(name);
}

std::string shown(const Value& activity) {
  std::string out = "{";
  member(out, "arn", activity.find("activityArn")->as_string());
  member(out, "name", activity.find("name")->as_string());
  member_time(out, "created", activity.find("created_ms")->as_integer());
  return out += '}';
}

// nullopt: there is none.
ApiResult<std::optional<Value>> stored(Engine& engine, std::string_view name) {
  const auto entry = engine.catalog_entry(std::string(kKeys).append(name));
  if (!entry) return statelang::Unexpected{entry.error()};
  auto document = *entry ? statelang::parse_json(**entry) : statelang::parse_json("");
  return document ? std::optional(std::move(*document)) : std::nullopt;
}

void list(Engine& engine, const http::Responder& responder) {
  const auto entries = engine.catalog_entries(kKeys);
  if (!entries) return responder.send(to_response(entries.error()));
  std::string out = R"({"items":[)";
  for (const auto& [key, text] : *entries) {
    const auto document = statelang::parse_json(text);
    if (!document) continue;
    if (out.back() != '[') out += ',';
    out += shown(*document);
  }
  responder.send(json(out += "]}"));
}

void show(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const std::string& name = request.parameter("activity");
  const auto found = stored(engine, name);
  if (!found) return responder.send(to_response(found.error()));
  if (*found) return responder.send(json(shown(**found)));
  responder.send(
      http::to_response({404, "ActivityDoesNotExist", "There is no activity '" + name + "'.", {}}));
}

// There may be one already: it stays as it is.
void put(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const std::string& name = request.parameter("activity");
  if (auto problem = name_problem(name); !problem.empty()) {
    return responder.send(http::to_response({400, "InvalidName", "The name " + problem + ".", {}}));
  }
  Value document = Value::object({{"activityArn", arn_of(engine, name)}, {"name", name}});
  document.set("created_ms", engine.now_ms());
  document.set("encryptionConfiguration", Value::object({{"type", "AWS_OWNED_KEY"}}));
  core::PutCatalogEntry entry{
      std::string(kKeys) + name, statelang::to_json(document), core::PutCatalogEntry::Condition::Absent, {}};
  engine.put_catalog_entry(std::move(entry), [&engine, name, document, responder](ApiResult<bool> done) {
    if (done) return responder.send(json(shown(document), 201));
    const auto existing = stored(engine, name);
    if (done.error().code != ApiErrorCode::Conflict || !existing || !*existing)
      return responder.send(to_response(done.error()));
    responder.send(json(shown(**existing)));
  });
}

// The tags first: an activity of the same name has none of its predecessor's.
void erase(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const std::string& name = request.parameter("activity");
  engine.erase_catalog_entry(
      "tags/" + arn_of(engine, name), [&engine, name, responder](ApiResult<bool> done) {
        if (!done) return responder.send(to_response(done.error()));
        engine.erase_catalog_entry(std::string(kKeys) + name, [responder](ApiResult<bool> erased) {
          if (!erased) return responder.send(to_response(erased.error()));
          responder.send({204, "", {}, ""});
        });
      });
}

}  // namespace

void add_activity_routes(http::Router& router, Engine& engine) {
  router.get("/v1/activities",
             [&engine](const http::Request&, const http::Responder& responder) { list(engine, responder); });
  const std::string one = "/v1/activities/{activity}";
  router.get(one, [&engine](const http::Request& request, const http::Responder& responder) {
    show(engine, request, responder);
  });
  router.put(one, [&engine](const http::Request& request, const http::Responder& responder) {
    put(engine, request, responder);
  });
  router.del(one, [&engine](const http::Request& request, const http::Responder& responder) {
    erase(engine, request, responder);
  });
}

}  // namespace engine::rest
