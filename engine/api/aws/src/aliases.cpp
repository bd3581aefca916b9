// Aliases of state machines (API reference: Create-, Update-, Describe-, DeleteStateMachineAlias,
// ListStateMachineAliases).
#include <algorithm>
#include <cstdlib>

#include "action.h"
#include "arn.h"
#include "constraints.h"
#include "page_token.h"

namespace engine::api::aws {
namespace {

using Routes = std::vector<StateMachineAlias::Route>;

// Numbers, bounds and members are the table's to check.
statelang::Expected<Routes, AwsError> read_routes(const Value& list) {
  Routes routes;
  for (const Value& item : list.as_array()) {
    std::string arn(item.find("stateMachineVersionArn")->as_string());
    if (auto parsed = parse_arn(arn, "stateMachine"); !parsed) return statelang::Unexpected{parsed.error()};
    routes.push_back({std::move(arn), static_cast<int64_t>(item.find("weight")->as_double())});
  }
  return routes;
}

// The ARN of an alias; an error when it names something else.
statelang::Expected<std::string, AwsError> alias_arn(const Call& call) {
  std::string text = call.text("stateMachineAliasArn");
  const auto arn = parse_arn(text, "stateMachine");
  if (!arn) return statelang::Unexpected{arn.error()};
  if (!matches(kAliasName, arn->rest)) return statelang::Unexpected{invalid_arn(text)};
  return text;
}

}  // namespace

void create_state_machine_alias(const Call& call) {
  CreateAliasRequest request;
  request.name = call.text("name");
  request.description = call.text("description");
  auto routes = read_routes(*call.input.find("routingConfiguration"));
  if (!routes) return call.fail(routes.error());
  request.routes = std::move(*routes);
  call.engine.create_alias(std::move(request), [call](ApiResult<StateMachineAlias> created) {
    if (!created) return call.fail(created.error());
    call.succeed(Value::object(
        {{"creationDate", timestamp(created->created_ms)}, {"stateMachineAliasArn", created->arn}}));
  });
}

void update_state_machine_alias(const Call& call) {
  const auto arn = alias_arn(call);
  if (!arn) return call.fail(arn.error());
  if (!call.has("description") && !call.has("routingConfiguration")) {
    return call.fail(AwsError{
        "ValidationException", "Either the description or the routingConfiguration must be specified", {}});
  }
  UpdateAliasRequest request;
  request.arn = *arn;
  if (call.has("description")) request.description = call.text("description");
  if (call.has("routingConfiguration")) {
    auto routes = read_routes(*call.input.find("routingConfiguration"));
    if (!routes) return call.fail(routes.error());
    request.routes = std::move(*routes);
  }
  call.engine.update_alias(std::move(request), [call](ApiResult<StateMachineAlias> updated) {
    if (!updated) return call.fail(updated.error());
    call.succeed(Value::object({{"updateDate", timestamp(updated->updated_ms)}}));
  });
}

void describe_state_machine_alias(const Call& call) {
  const auto arn = alias_arn(call);
  if (!arn) return call.fail(arn.error());
  const auto alias = call.engine.describe_alias(*arn);
  if (!alias) return call.fail(alias.error());
  Value routes = Value::array();
  for (const auto& route : alias->routes) {
    routes.push_back(
        Value::object({{"stateMachineVersionArn", route.version_arn}, {"weight", route.weight}}));
  }
  Value out = Value::object({{"stateMachineAliasArn", alias->arn}, {"name", alias->name}});
  if (!alias->description.empty()) out.set("description", alias->description);
  out.set("routingConfiguration", std::move(routes));
  out.set("creationDate", timestamp(alias->created_ms));
  out.set("updateDate", timestamp(alias->updated_ms));
  call.succeed(out);
}

void delete_state_machine_alias(const Call& call) {
  const auto arn = alias_arn(call);
  if (!arn) return call.fail(arn.error());
  call.engine.delete_alias(*arn, [call](ApiResult<bool> deleted) {
    // Deleting what is not there is a success, as with the service.
    if (!deleted && deleted.error().code != ApiErrorCode::ResourceDoesNotExist)
      return call.fail(deleted.error());
    call.succeed(Value::object());
  });
}

namespace {

std::string place_of(const StateMachineAlias& alias) {
  return std::to_string(alias.created_ms) + ' ' + alias.arn;
}

// The list is in the order of creation. One that was deleted since it was shown is where it would be.
std::vector<StateMachineAlias>::const_iterator after_alias(const std::vector<StateMachineAlias>& aliases,
                                                           const std::string& place) {
  const auto shown = std::find_if(aliases.begin(), aliases.end(),
                                  [&](const auto& alias) { return place_of(alias) == place; });
  if (shown != aliases.end()) return std::next(shown);
  const int64_t created_ms = std::strtoll(place.c_str(), nullptr, 10);
  return std::find_if(aliases.begin(), aliases.end(),
                      [&](const auto& alias) { return alias.created_ms > created_ms; });
}

}  // namespace

void list_state_machine_aliases(const Call& call) {
  const std::string arn = call.text("stateMachineArn");
  if (auto parsed = parse_arn(arn, "stateMachine"); !parsed) return call.fail(parsed.error());
  const std::string listing = "ListStateMachineAliases " + arn;
  const auto place = open_page_token(call, listing);  // the last one shown: when it was created, and its ARN
  if (!place) return call.fail(place.error());
  const auto aliases = call.engine.list_aliases(arn);
  if (!aliases) return call.fail(aliases.error());
  auto next = aliases->begin();
  if (!place->empty()) next = after_alias(*aliases, *place);
  const int64_t asked = call.integer("maxResults", 0);
  const size_t limit = asked == 0 ? 100 : static_cast<size_t>(asked);
  Value items = Value::array();
  for (; next != aliases->end() && items.size() < limit; ++next) {
    items.push_back(
        Value::object({{"creationDate", timestamp(next->created_ms)}, {"stateMachineAliasArn", next->arn}}));
  }
  Value output = Value::object({{"stateMachineAliases", std::move(items)}});
  if (next != aliases->end())
    output.set("nextToken", make_page_token(call, listing, place_of(*std::prev(next))));
  call.succeed(output);
}

}  // namespace engine::api::aws
