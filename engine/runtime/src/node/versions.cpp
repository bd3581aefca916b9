// Versions and aliases of state machines: one index document for each machine, changed by compare-and-set, so
// that numbering, limits and "no alias routes to it" hold whatever happens at once or is killed in between.
#include <algorithm>

#include "node_engine.h"

namespace engine::runtime {

using statelang::Unexpected;

namespace {

constexpr int kChangeAttemptsMax = 20;

ApiError unknown_machine(std::string_view arn) {
  return {
      ApiErrorCode::StateMachineDoesNotExist, "State Machine Does Not Exist: '" + std::string(arn) + "'", {}};
}

ApiError unknown_resource() {
  return {ApiErrorCode::ResourceDoesNotExist, "Request references a resource that does not exist.", {}};
}

ApiError unreadable(std::string_view what) {
  return {ApiErrorCode::Internal, "the catalog entry of " + std::string(what) + " cannot be read", {}};
}

ApiError refused(ApiErrorCode code, std::string message) {
  return {code, std::move(message), {}};
}

std::string revision_key(const StateMachine& machine) {
  return revision_keys_of(machine.arn) + machine.revision_id;
}

StateMachineVersion to_version(const StateMachine& machine, const VersionIndex::Version& version) {
  return {machine.arn + ":" + std::to_string(version.number), version.revision_id, version.description,
          version.created_ms};
}

StateMachineAlias to_alias(const std::string& machine_arn, const VersionIndex::Alias& alias) {
  StateMachineAlias out{
      machine_arn + ":" + alias.name, alias.name, alias.description, {}, alias.created_ms, alias.updated_ms};
  for (const auto& route : alias.routes) {
    out.routes.push_back({machine_arn + ":" + std::to_string(route.number), route.weight});
  }
  return out;
}

std::string listed(const std::vector<StateMachineAlias::Route>& routes) {
  std::string out;
  for (const auto& route : routes) out += (out.empty() ? "" : ", ") + route.version_arn;
  return "[" + out + "]";
}

struct Routing {
  std::string machine_arn;
  std::vector<VersionIndex::Route> routes;
};

// The service's rules for a routing configuration, as far as they can be told without the state machine.
ApiResult<Routing> check_routes(const std::vector<StateMachineAlias::Route>& routes) {
  const auto invalid = [](std::string message) {
    return Unexpected{refused(ApiErrorCode::ValidationFailed, std::move(message))};
  };
  if (routes.empty() || routes.size() > 2) return invalid("Routing configuration must have 1 or 2 versions.");
  Routing routing;
  int64_t sum = 0;
  std::string weights;
  for (const auto& route : routes) {
    const QualifiedArn arn = split_qualifier(route.version_arn);
    const auto number = version_number(arn.qualifier);
    if (!number) {
      return invalid("Routing configuration must contain state machine version ARNs. Received: " +
                     listed(routes));
    }
    if (!routing.machine_arn.empty() && routing.machine_arn != arn.machine_arn) {
      return invalid("Routing configuration must contain versions of the same state machine. Received: " +
                     listed(routes));
    }
    routing.machine_arn = arn.machine_arn;
    routing.routes.push_back({*number, route.weight});
    if (route.weight < 0) return invalid("Routing configuration weights must not be negative.");
    sum += route.weight;
    weights += (weights.empty() ? "" : ", ") + std::to_string(route.weight);
  }
  if (routes.size() == 2 && routing.routes[0].number == routing.routes[1].number) {
    return invalid("Routing configuration must contain distinct state machine version ARNs. Received: " +
                   listed(routes));
  }
  if (sum != 100)
    return invalid("Sum of routing configuration weights must equal 100. Received: [" + weights + "]");
  return routing;
}

bool all_exist(const VersionIndex& index, const std::vector<VersionIndex::Route>& routes) {
  return std::all_of(routes.begin(), routes.end(),
                     [&](const VersionIndex::Route& route) { return index.version(route.number); });
}

// What an edit leaves for the answer after the commit.
template <class T>
ApiCallback<bool> answer_with(std::shared_ptr<T> result, ApiCallback<T> done) {
  return [result = std::move(result), done = std::move(done)](ApiResult<bool> changed) {
    if (!changed) return done(Unexpected{changed.error()});
    done(std::move(*result));
  };
}

// Of an alias that belongs to no state machine, AWS says that the alias is unknown.
ApiCallback<bool> or_unknown_resource(ApiCallback<bool> done) {
  return [done = std::move(done)](ApiResult<bool> changed) {
    if (!changed && changed.error().code == ApiErrorCode::StateMachineDoesNotExist)
      return done(Unexpected{unknown_resource()});
    done(std::move(changed));
  };
}

// What is being deleted gets no new versions and aliases; those it has may be deleted.
template <class Edit>
auto if_active(Edit edit) {
  return [edit = std::move(edit)](const StateMachine& machine, VersionIndex& index) -> ApiResult<bool> {
    if (machine.status == kDeletingStatus) return Unexpected{deleting_machine(machine.arn)};
    return edit(machine, index);
  };
}

}  // namespace

// ------------------------------------------------------------------------------------------ the index

ApiResult<VersionIndex> NodeEngine::read_index(const StateMachine& machine, std::string* document) {
  auto stored = catalog_entry(version_index_key(machine.arn));
  if (!stored) return Unexpected{stored.error()};
  VersionIndex fresh;
  fresh.machine_created_ms = machine.created_ms;
  if (!*stored) return fresh;
  auto index = read_version_index(**stored);
  if (!index) return Unexpected{unreadable("the versions of this state machine")};
  if (document) *document = std::move(**stored);
  if (index->machine_created_ms != machine.created_ms) return fresh;  // a deleted one's
  return std::move(*index);
}

void NodeEngine::change_index(std::string machine_arn, IndexEdit edit, int attempts_left,
                              ApiCallback<bool> done) {
  const auto machine = find_machine(machine_arn);
  if (!machine) return done(Unexpected{machine.error()});
  std::string document;
  auto index = read_index(**machine, &document);
  if (!index) return done(Unexpected{index.error()});
  const auto changed = edit(**machine, *index);
  if (!changed) return done(Unexpected{changed.error()});
  if (!*changed) return done(true);
  using Condition = core::PutCatalogEntry::Condition;
  const Condition condition = document.empty() ? Condition::Absent : Condition::Equals;
  core::PutCatalogEntry put{version_index_key(machine_arn), write_version_index(*index), condition,
                            std::move(document)};
  put_catalog_entry(std::move(put), [this, machine_arn = std::move(machine_arn), edit = std::move(edit),
                                     attempts_left, done = std::move(done)](ApiResult<bool> stored) mutable {
    if (!stored && stored.error().code == ApiErrorCode::Conflict && attempts_left > 0) {
      return change_index(std::move(machine_arn), std::move(edit), attempts_left - 1, std::move(done));
    }
    done(std::move(stored));
  });
}

ApiResult<NodeEngine::Resolved> NodeEngine::resolve(std::string_view arn, std::string_view execution_name) {
  const QualifiedArn parts = split_qualifier(arn);
  auto machine = find_machine(parts.machine_arn);
  if (!machine) {
    const bool unknown = machine.error().code == ApiErrorCode::StateMachineDoesNotExist;
    return Unexpected{unknown ? unknown_machine(arn) : machine.error()};
  }
  Resolved resolved;
  resolved.deleting = (*machine)->status == kDeletingStatus;
  if (parts.qualifier.empty()) {
    resolved.machine = std::move(*machine);
    return resolved;
  }
  const auto index = read_index(**machine);
  if (!index) return Unexpected{index.error()};
  auto number = version_number(parts.qualifier);
  if (!number) {
    const VersionIndex::Alias* alias = index->alias(parts.qualifier);
    if (!alias) return Unexpected{unknown_machine(arn)};
    number = execution_name.empty() ? alias->routes.front().number : choose_version(*alias, execution_name);
    resolved.alias_arn = std::string(arn);
  }
  const VersionIndex::Version* version = index->version(*number);
  if (!version) return Unexpected{unknown_machine(arn)};
  resolved.version_arn = parts.machine_arn + ":" + std::to_string(*number);
  resolved.description = version->description;
  resolved.created_ms = version->created_ms;
  auto document = catalog_entry(revision_keys_of(parts.machine_arn) + version->revision_id);
  if (!document) return Unexpected{document.error()};
  auto kept = *document ? read_state_machine(**document) : std::nullopt;
  if (!kept) return Unexpected{unreadable("this version")};
  resolved.machine = std::make_shared<const StateMachine>(std::move(*kept));
  return resolved;
}

// ------------------------------------------------------------------------------------------ versions

void NodeEngine::publish_version(PublishVersionRequest request, ApiCallback<StateMachineVersion> done) {
  publish_revision(std::move(request), kChangeAttemptsMax, std::move(done));
}

// The revision's document is stored before the number that makes it a version: whoever sees the number finds
// the document. It is the same for all who store it.
void NodeEngine::publish_revision(PublishVersionRequest request, int attempts_left,
                                  ApiCallback<StateMachineVersion> done) {
  const auto machine = find_active_machine(request.state_machine_arn);
  if (!machine) return done(Unexpected{machine.error()});
  const StateMachine& now = **machine;
  const bool meant = request.revision_id.empty() || request.revision_id == now.revision_id ||
                     (request.revision_id == "INITIAL" && now.initial_revision);
  if (!meant) {
    return done(Unexpected{
        refused(ApiErrorCode::Conflict, "Failed to publish the State Machine version for revision " +
                                            request.revision_id + ". The current State Machine revision is " +
                                            (now.initial_revision ? "INITIAL" : now.revision_id) + ".")});
  }
  core::PutCatalogEntry put{revision_key(now), write_state_machine(now), {}, {}};
  auto published = std::make_shared<StateMachineVersion>();
  auto overtaken = std::make_shared<bool>(false);
  IndexEdit edit = [this, published, overtaken, revision = now.revision_id,
                    description = request.description](const StateMachine& current,
                                                       VersionIndex& index) -> ApiResult<bool> {
    *overtaken = current.revision_id != revision;
    if (*overtaken) return false;
    if (const auto* same = index.version_of_revision(revision)) {
      *published = to_version(current, *same);
      return false;
    }
    if (index.versions.size() >= kVersionsMax) {
      return Unexpected{refused(ApiErrorCode::QuotaExceeded,
                                "The maximum number of 1000 versions of a state machine is reached.")};
    }
    index.versions.push_back({index.next_number++, revision, description, now_ms()});
    *published = to_version(current, index.versions.back());
    return true;
  };
  auto answer = [this, request = std::move(request), attempts_left, published, overtaken,
                 done](ApiResult<bool> changed) mutable {
    if (!changed) return done(Unexpected{changed.error()});
    if (*overtaken && attempts_left > 0)
      return publish_revision(std::move(request), attempts_left - 1, std::move(done));
    if (*overtaken) {
      return done(
          Unexpected{refused(ApiErrorCode::Conflict, "this state machine is being changed; try again")});
    }
    done(std::move(*published));
  };
  put_catalog_entry(std::move(put), [this, arn = now.arn, edit = std::move(edit), answer = std::move(answer),
                                     done](ApiResult<bool> stored) mutable {
    if (!stored) return done(Unexpected{stored.error()});
    change_index(std::move(arn), if_active(std::move(edit)), kChangeAttemptsMax, std::move(answer));
  });
}

// Its document stays until the state machine is deleted: the same revision may be published again meanwhile.
void NodeEngine::delete_version(std::string version_arn, ApiCallback<bool> done) {
  const QualifiedArn arn = split_qualifier(version_arn);
  const auto number = version_number(arn.qualifier);
  if (!number) return done(true);
  auto edit = [number = *number](const StateMachine&, VersionIndex& index) -> ApiResult<bool> {
    std::string names;
    for (const auto& alias : index.aliases) {
      const bool routes_to_it = std::any_of(alias.routes.begin(), alias.routes.end(),
                                            [&](const auto& route) { return route.number == number; });
      if (routes_to_it) names += (names.empty() ? "" : ", ") + alias.name;
    }
    if (!names.empty()) {
      return Unexpected{refused(ApiErrorCode::Conflict,
                                "Version to be deleted must not be referenced by an alias. Current list of "
                                "aliases referencing this version: [" +
                                    names + "]")};
    }
    return std::erase_if(index.versions, [&](const auto& version) { return version.number == number; }) > 0;
  };
  change_index(arn.machine_arn, std::move(edit), kChangeAttemptsMax, [done](ApiResult<bool> changed) {
    if (!changed && changed.error().code == ApiErrorCode::StateMachineDoesNotExist) return done(true);
    done(std::move(changed));
  });
}

ApiResult<std::vector<StateMachineVersion>> NodeEngine::list_versions(std::string_view state_machine_arn) {
  const auto machine = find_machine(state_machine_arn);
  if (!machine) return Unexpected{machine.error()};
  const auto index = read_index(**machine);
  if (!index) return Unexpected{index.error()};
  std::vector<StateMachineVersion> versions;
  for (auto v = index->versions.rbegin(); v != index->versions.rend(); ++v)
    versions.push_back(to_version(**machine, *v));
  return versions;
}

// ------------------------------------------------------------------------------------------ aliases

void NodeEngine::create_alias(CreateAliasRequest request, ApiCallback<StateMachineAlias> done) {
  const auto routing = check_routes(request.routes);
  if (!routing) return done(Unexpected{routing.error()});
  auto created = std::make_shared<StateMachineAlias>();
  auto edit = [this, created, routes = routing->routes, request = std::move(request)](
                  const StateMachine& machine, VersionIndex& index) -> ApiResult<bool> {
    if (!all_exist(index, routes)) return Unexpected{unknown_resource()};
    if (const VersionIndex::Alias* same = index.alias(request.name)) {
      if (same->routes != routes || same->description != request.description) {
        return Unexpected{refused(ApiErrorCode::Conflict,
                                  "Failed to create alias because an alias with the same name and a "
                                  "different routing configuration already exists.")};
      }
      *created = to_alias(machine.arn, *same);
      return false;
    }
    if (index.aliases.size() >= kAliasesMax) {
      return Unexpected{refused(ApiErrorCode::QuotaExceeded,
                                "The maximum number of 100 aliases of a state machine is reached.")};
    }
    const int64_t now = now_ms();
    index.aliases.push_back({request.name, request.description, routes, now, now});
    *created = to_alias(machine.arn, index.aliases.back());
    return true;
  };
  change_index(routing->machine_arn, if_active(std::move(edit)), kChangeAttemptsMax,
               or_unknown_resource(answer_with(created, std::move(done))));
}

void NodeEngine::update_alias(UpdateAliasRequest request, ApiCallback<StateMachineAlias> done) {
  const QualifiedArn arn = split_qualifier(request.arn);
  std::optional<Routing> routing;
  if (request.routes) {
    auto checked = check_routes(*request.routes);
    if (!checked) return done(Unexpected{checked.error()});
    if (checked->machine_arn != arn.machine_arn) {
      return done(
          Unexpected{refused(ApiErrorCode::ValidationFailed,
                             "Routing configuration must contain versions of the alias's state machine.")});
    }
    routing = std::move(*checked);
  }
  auto updated = std::make_shared<StateMachineAlias>();
  auto edit = [this, updated, routing, name = arn.qualifier, description = request.description](
                  const StateMachine& machine, VersionIndex& index) -> ApiResult<bool> {
    VersionIndex::Alias* alias = index.alias(name);
    if (!alias || (routing && !all_exist(index, routing->routes))) return Unexpected{unknown_resource()};
    if (routing) alias->routes = routing->routes;
    if (description) alias->description = *description;
    alias->updated_ms = now_ms();
    *updated = to_alias(machine.arn, *alias);
    return true;
  };
  change_index(arn.machine_arn, if_active(std::move(edit)), kChangeAttemptsMax,
               or_unknown_resource(answer_with(updated, std::move(done))));
}

void NodeEngine::delete_alias(std::string alias_arn, ApiCallback<bool> done) {
  const QualifiedArn arn = split_qualifier(alias_arn);
  auto edit = [name = arn.qualifier](const StateMachine&, VersionIndex& index) -> ApiResult<bool> {
    if (std::erase_if(index.aliases, [&](const auto& alias) { return alias.name == name; }) > 0) return true;
    return Unexpected{unknown_resource()};
  };
  change_index(arn.machine_arn, std::move(edit), kChangeAttemptsMax, or_unknown_resource(std::move(done)));
}

ApiResult<StateMachineAlias> NodeEngine::describe_alias(std::string_view alias_arn) {
  const QualifiedArn arn = split_qualifier(alias_arn);
  const auto machine = find_machine(arn.machine_arn);
  if (!machine) {
    const bool unknown = machine.error().code == ApiErrorCode::StateMachineDoesNotExist;
    return Unexpected{unknown ? unknown_resource() : machine.error()};
  }
  const auto index = read_index(**machine);
  if (!index) return Unexpected{index.error()};
  const VersionIndex::Alias* alias = index->alias(arn.qualifier);
  if (!alias) return Unexpected{unknown_resource()};
  return to_alias(arn.machine_arn, *alias);
}

ApiResult<std::vector<StateMachineAlias>> NodeEngine::list_aliases(std::string_view state_machine_arn) {
  const QualifiedArn arn = split_qualifier(state_machine_arn);
  const auto machine = find_active_machine(arn.machine_arn);
  if (!machine) return Unexpected{machine.error()};
  const auto index = read_index(**machine);
  if (!index) return Unexpected{index.error()};
  const auto number = version_number(arn.qualifier);
  if (!arn.qualifier.empty() && (!number || !index->version(*number))) return Unexpected{unknown_resource()};
  std::vector<StateMachineAlias> aliases;
  for (const auto& alias : index->aliases) {
    const bool wanted = arn.qualifier.empty() ||
                        std::any_of(alias.routes.begin(), alias.routes.end(),
                                    [&](const auto& route) { return number && route.number == *number; });
    if (wanted) aliases.push_back(to_alias(arn.machine_arn, alias));
  }
  return aliases;
}

}  // namespace engine::runtime
