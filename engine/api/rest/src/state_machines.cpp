// /v1/state-machines and /v1/validate.
#include "answers.h"
#include "body_reader.h"
#include "logging.h"
#include "names.h"
#include "routes.h"

namespace engine::rest {
namespace {

constexpr size_t kNameBytesMax = 2048;  // names and ARNs; the engine checks the finer rules
constexpr int64_t kPageMax = 1000;

std::string_view type_name(core::MachineType type) {
  return type == core::MachineType::Express ? "EXPRESS" : "STANDARD";
}

std::string to_json(const StateMachine& machine, bool with_definition) {
  std::string out = "{";
  member(out, "arn", machine.arn);
  member(out, "name", machine.name);
  member(out, "type", type_name(machine.type));
  member(out, "status", machine.status);
  member(out, "revision_id", machine.revision_id);
  if (!machine.role_arn.empty()) member(out, "role_arn", machine.role_arn);
  member_time(out, "created", machine.created_ms);
  member_time(out, "updated", machine.updated_ms);
  show_logging(out, machine);
  if (with_definition) member_json(out, "definition", machine.definition);
  return out += '}';
}

core::MachineType read_type(BodyReader& body, core::MachineType fallback) {
  const std::string given = body.text("type", 20);
  if (given.empty()) return fallback;
  if (given == "STANDARD") return core::MachineType::Standard;
  if (given == "EXPRESS") return core::MachineType::Express;
  body.wrong("type", "must be STANDARD or EXPRESS");
  return fallback;
}

void check_name(BodyReader& body, std::string_view member_name, std::string_view name) {
  if (auto problem = name_problem(name); !problem.empty()) body.wrong(member_name, std::move(problem));
}

void answer_machine(const http::Responder& responder, const ApiResult<StateMachine>& machine,
                    unsigned status) {
  if (!machine) return responder.send(to_response(machine.error()));
  auto response = json(to_json(*machine, true), status);
  if (status == 201) {
    response.headers.emplace_back("Location", "/v1/state-machines/" + http::percent_encode(machine->name));
  }
  responder.send(std::move(response));
}

void create(Engine& engine, http::Request request, const http::Responder& responder) {
  BodyReader body(request.body());
  CreateStateMachineRequest wanted;
  wanted.name = body.required_text("name", kNameBytesMax);
  if (!wanted.name.empty()) check_name(body, "name", wanted.name);
  wanted.definition = read_definition(body);
  wanted.type = read_type(body, core::MachineType::Standard);
  wanted.role_arn = body.text("role_arn", kNameBytesMax);
  wanted.strict = body.boolean("strict", false);
  if (const auto logging = read_logging(body)) {
    wanted.configuration = with_logging({}, *logging, engine.state_machine_arn(wanted.name));
  }
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  engine.create_state_machine(std::move(wanted), [responder](ApiResult<StateMachine> machine) {
    answer_machine(responder, machine, 201);
  });
}

// Puts the definition in force whether the state machine exists or not: what a deployment wants.
void put(Engine& engine, http::Request request, const http::Responder& responder) {
  BodyReader body(request.body());
  const std::string& given = request.parameter("state_machine");
  const std::string arn = machine_arn(engine, given);
  std::string definition = read_definition(body);
  const bool strict = body.boolean("strict", false);
  const auto existing = engine.describe_state_machine(arn);
  const auto type = read_type(body, existing ? existing->type : core::MachineType::Standard);
  if (existing && type != existing->type) {
    body.wrong("type", "cannot be changed", "delete the state machine first, or use another name");
  }
  const bool has_role = body.has("role_arn");
  std::string role = body.text("role_arn", kNameBytesMax);
  const auto logging = read_logging(body);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  if (existing) {
    UpdateStateMachineRequest update{arn, std::move(definition), std::nullopt, std::nullopt, strict};
    if (has_role) update.role_arn = std::move(role);
    if (logging) update.configuration = with_logging(existing->configuration, *logging, arn);
    return engine.update_state_machine(std::move(update), [responder](ApiResult<StateMachine> machine) {
      answer_machine(responder, machine, 200);
    });
  }
  if (existing.error().code != ApiErrorCode::StateMachineDoesNotExist || given.starts_with("arn:")) {
    return responder.send(to_response(existing.error()));
  }
  if (auto problem = name_problem(given); !problem.empty()) {
    return responder.send(http::to_response({400, "InvalidName", "The name " + problem + ".", {}}));
  }
  CreateStateMachineRequest wanted;
  wanted.name = given;
  wanted.definition = std::move(definition);
  wanted.type = type;
  wanted.role_arn = std::move(role);
  wanted.strict = strict;
  if (logging) wanted.configuration = with_logging({}, *logging, arn);
  engine.create_state_machine(std::move(wanted), [responder](ApiResult<StateMachine> machine) {
    answer_machine(responder, machine, 201);
  });
}

void list(Engine& engine, const http::Request& request, const http::Responder& responder) {
  QueryReader query{request, {}};
  const auto limit = static_cast<size_t>(query.integer("limit", 1, kPageMax, 100));
  const std::string page_token = query.text("page_token");
  if (const auto problem = query.problem()) return responder.send(http::to_response(*problem));
  const auto page = engine.list_state_machines(limit, page_token);
  if (!page) return responder.send(to_response(page.error()));
  std::string out = R"({"items":[)";
  for (const StateMachine& machine : page->items) {
    if (out.back() != '[') out += ',';
    out += to_json(machine, false);
  }
  out += ']';
  if (!page->next_page_token.empty()) member(out, "next_page_token", page->next_page_token);
  responder.send(json(out += '}'));
}

void erase(Engine& engine, const http::Request& request, const http::Responder& responder) {
  const std::string arn = machine_arn(engine, request.parameter("state_machine"));
  if (const auto existing = engine.describe_state_machine(arn); !existing) {
    return responder.send(to_response(existing.error()));
  }
  engine.delete_state_machine(arn, [responder](ApiResult<bool> done) {
    if (!done) return responder.send(to_response(done.error()));
    responder.send({204, "", {}, ""});
  });
}

void validate(Engine& engine, const http::Request& request, const http::Responder& responder) {
  BodyReader body(request.body());
  const std::string definition = read_definition(body);
  const auto type = read_type(body, core::MachineType::Standard);
  if (const auto problem = body.problem()) return responder.send(http::to_response(*problem));
  const auto diagnostics = engine.validate_definition(definition, type);
  std::string out = "{";
  member_json(out, "valid", statelang::has_errors(diagnostics) ? "false" : "true");
  out += R"(,"diagnostics":[)";
  for (const auto& finding : to_findings(diagnostics)) {
    if (out.back() != '[') out += ',';
    http::append_finding(out, finding);
  }
  responder.send(json(out += "]}"));
}

}  // namespace

void add_state_machine_routes(http::Router& router, Engine& engine) {
  const std::string all = "/v1/state-machines", one = all + "/{state_machine}";
  router.get(all, [&engine](http::Request request, const http::Responder& responder) {
    list(engine, request, responder);
  });
  router.post(all, [&engine](http::Request request, const http::Responder& responder) {
    create(engine, std::move(request), responder);
  });
  router.get(one, [&engine](const http::Request& request, const http::Responder& responder) {
    answer_machine(responder,
                   engine.describe_state_machine(machine_arn(engine, request.parameter("state_machine"))),
                   200);
  });
  router.put(one, [&engine](http::Request request, const http::Responder& responder) {
    put(engine, std::move(request), responder);
  });
  router.del(one, [&engine](const http::Request& request, const http::Responder& responder) {
    erase(engine, request, responder);
  });
  router.post("/v1/validate", [&engine](const http::Request& request, const http::Responder& responder) {
    validate(engine, request, responder);
  });
}

}  // namespace engine::rest
