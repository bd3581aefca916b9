// /v1/state-machines/NAME/versions and /aliases.
#include "answers.h"
#include "body_reader.h"
#include "routes.h"

namespace engine::rest {
namespace {

constexpr size_t kTextBytesMax = 1024;  // descriptions (AWS: 256 characters) and revision ids
constexpr size_t kRoutesMax = 2;

std::string_view qualifier(std::string_view arn) {
  return arn.substr(arn.rfind(':') + 1);
}

std::string machine_of(const Engine& engine, const http::Request& request) {
  return machine_arn(engine, request.parameter("state_machine"));
}

std::string alias_of(const Engine& engine, const http::Request& request) {
  return machine_of(engine, request) + ":" + request.parameter("alias");
}

std::string to_json(const StateMachineVersion& version) {
  std::string out = "{";
  member(out, "arn", version.arn);
  member_json(out, "version", qualifier(version.arn));
  member(out, "revision_id", version.revision_id);
  if (!version.description.empty()) member(out, "description", version.description);
  member_time(out, "created", version.created_ms);
  return out += '}';
}

std::string to_json(const StateMachineAlias& alias) {
  std::string out = "{";
  member(out, "arn", alias.arn);
  member(out, "name", alias.name);
  if (!alias.description.empty()) member(out, "description", alias.description);
  std::string routes = "[";
  for (const auto& route : alias.routes) {
    routes += routes.back() == '[' ? "{" : ",{";
    member_json(routes, "version", qualifier(route.version_arn));
    member(routes, "weight", route.weight);
    routes += '}';
  }
  member_json(out, "routes", routes + "]");
  member_time(out, "created", alias.created_ms);
  member_time(out, "updated", alias.updated_ms);
  return out += '}';
}

template <class Item>
void answer_list(const http::Responder& responder, const ApiResult<std::vector<Item>>& items) {
  if (!items) return responder.send(to_response(items.error()));
  std::string out = R"({"items":[)";
  for (const Item& item : *items) {
    if (out.back() != '[') out += ',';
    out += to_json(item);
  }
  responder.send(json(out += "]}"));
}

void answer_gone(const http::Responder& responder, const ApiResult<bool>& done) {
  if (!done) return responder.send(to_response(done.error()));
  responder.send({204, "", {}, ""});
}

void publish(Engine& engine, http::Request request, const http::Responder& responder) {
  BodyReader body(request.body());
  PublishVersionRequest wanted;
  wanted.state_machine_arn = machine_of(engine, request);
  wanted.revision_id = body.text("revision_id", kTextBytesMax);
  wanted.description = body.text("description", kTextBytesMax);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.publish_version(std::move(wanted), [responder](ApiResult<StateMachineVersion> version) {
    if (!version) return responder.send(to_response(version.error()));
    responder.send(json(to_json(*version), 201));
  });
}

std::vector<StateMachineAlias::Route> read_routes(BodyReader& body, const std::string& machine) {
  std::vector<StateMachineAlias::Route> routes;
  const auto items = body.items("routes", kRoutesMax);
  for (size_t i = 0; i < items.size(); ++i) {
    BodyReader part(items[i], "/routes/" + std::to_string(i));
    const int64_t version = part.integer("version", 1, INT64_MAX, 0);
    const int64_t weight = part.integer("weight", 0, 100, items.size() == 1 ? 100 : 0);
    if (version == 0) part.wrong("version", "is required");
    routes.push_back({machine + ":" + std::to_string(version), weight});
    body.adopt(part);
  }
  return routes;
}

// Puts the alias in force whether it exists or not.
void put_alias(Engine& engine, http::Request request, const http::Responder& responder) {
  BodyReader body(request.body());
  const std::string arn = alias_of(engine, request);
  const std::string name = request.parameter("alias");
  std::string description = body.text("description", kTextBytesMax);
  auto routes = read_routes(body, machine_of(engine, request));
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (name.empty() || name.size() > 80 || name.find_first_not_of(kAllowed) != std::string::npos ||
      name.find_first_not_of("0123456789") == std::string::npos) {
    return responder.send(http::to_response(
        {400, "InvalidName", "An alias has 1 to 80 letters, digits, -, _ and ., not digits alone.", {}}));
  }
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  const auto answer = [responder](unsigned status) {
    return [responder, status](ApiResult<StateMachineAlias> alias) {
      if (!alias) return responder.send(to_response(alias.error()));
      responder.send(json(to_json(*alias), status));
    };
  };
  if (engine.describe_alias(arn)) {
    return engine.update_alias({arn, std::move(description), std::move(routes)}, answer(200));
  }
  engine.create_alias({name, std::move(description), std::move(routes)}, answer(201));
}

}  // namespace

void add_version_routes(http::Router& router, Engine& engine) {
  const std::string one = "/v1/state-machines/{state_machine}";
  const std::string version = one + "/versions/{version}", alias = one + "/aliases/{alias}";
  router.get(one + "/versions", [&engine](const http::Request& request, const http::Responder& responder) {
    answer_list(responder, engine.list_versions(machine_of(engine, request)));
  });
  router.post(one + "/versions", [&engine](http::Request request, const http::Responder& responder) {
    publish(engine, std::move(request), responder);
  });
  router.del(version, [&engine](const http::Request& request, const http::Responder& responder) {
    engine.delete_version(machine_of(engine, request) + ":" + request.parameter("version"),
                          [responder](ApiResult<bool> done) { answer_gone(responder, done); });
  });
  router.get(one + "/aliases", [&engine](const http::Request& request, const http::Responder& responder) {
    answer_list(responder, engine.list_aliases(machine_of(engine, request)));
  });
  router.get(alias, [&engine](const http::Request& request, const http::Responder& responder) {
    const auto found = engine.describe_alias(alias_of(engine, request));
    if (!found) return responder.send(to_response(found.error()));
    responder.send(json(to_json(*found)));
  });
  router.put(alias, [&engine](http::Request request, const http::Responder& responder) {
    put_alias(engine, std::move(request), responder);
  });
  router.del(alias, [&engine](const http::Request& request, const http::Responder& responder) {
    engine.delete_alias(alias_of(engine, request),
                        [responder](ApiResult<bool> done) { answer_gone(responder, done); });
  });
}

}  // namespace engine::rest
