// State machines: documents in the catalog, changed only if they are still what was read.
#include <algorithm>

#include <statelang/definition/definition.h>

#include "node_engine.h"
#include "unique_id.h"

namespace engine::runtime {

namespace {

// Two updates at once: the second one reads again and writes over the first. More than this is a storm.
constexpr int kUpdateAttemptsMax = 20;

ApiError unknown_machine(std::string_view arn) {
  return {
      ApiErrorCode::StateMachineDoesNotExist, "State Machine Does Not Exist: '" + std::string(arn) + "'", {}};
}

std::optional<ApiError> check_definition(const std::string& definition, core::MachineType type, bool strict) {
  auto parsed = statelang::Definition::parse(definition, {type == core::MachineType::Express, strict});
  if (parsed) return std::nullopt;
  return ApiError{ApiErrorCode::InvalidDefinition, statelang::invalid_definition_message(parsed.error()),
                  parsed.error()};
}

}  // namespace

std::string NodeEngine::state_machine_arn(std::string_view name) const {
  return "arn:aws:states:" + settings_.region + ":" + settings_.account +
         ":stateMachine:" + std::string(name);
}

ApiResult<std::shared_ptr<const StateMachine>> NodeEngine::find_machine(std::string_view arn) {
  uint64_t generation = 0;
  auto kept = machines_.find(arn, generation);
  if (!kept) {
    auto read = read_machine(arn);
    if (!read) return statelang::Unexpected{read.error()};
    kept = std::make_shared<const StateMachine>(std::move(*read));
    machines_.keep(kept, generation);
  }
  const auto gone = is_gone(*kept);
  if (!gone) return statelang::Unexpected{gone.error()};
  if (*gone) return statelang::Unexpected{unknown_machine(arn)};
  return kept;
}

ApiResult<std::shared_ptr<const StateMachine>> NodeEngine::find_active_machine(std::string_view arn) {
  auto machine = find_machine(arn);
  if (machine && (*machine)->status == kDeletingStatus) return statelang::Unexpected{deleting_machine(arn)};
  return machine;
}

ApiResult<StateMachine> NodeEngine::read_machine(std::string_view arn) {
  auto document = catalog_entry(state_machine_key(arn));
  if (!document) return statelang::Unexpected{document.error()};
  if (!*document) return statelang::Unexpected{unknown_machine(arn)};
  auto machine = read_state_machine(**document);
  if (!machine) {
    return statelang::Unexpected{
        ApiError{ApiErrorCode::Internal, "the catalog entry of this state machine cannot be read", {}}};
  }
  return std::move(*machine);
}

std::vector<statelang::Diagnostic> NodeEngine::validate_definition(std::string_view definition,
                                                                   core::MachineType type) const {
  return statelang::Definition::validate(definition, {type == core::MachineType::Express, false});
}

// ------------------------------------------------------------------------------------------ create

void NodeEngine::create_state_machine(CreateStateMachineRequest request, ApiCallback<StateMachine> done) {
  const std::string arn = state_machine_arn(request.name);
  if (auto bad = check_definition(request.definition, request.type, request.strict)) {
    return done(statelang::Unexpected{std::move(*bad)});
  }
  StateMachine machine;
  machine.arn = arn;
  machine.name = request.name;
  machine.type = request.type;
  machine.definition = request.definition;
  machine.role_arn = request.role_arn;
  machine.revision_id = random_uuid();
  machine.created_ms = machine.updated_ms = now_ms();
  machine.configuration = request.configuration;
  store_new_machine(std::move(request), std::move(machine), {}, kUpdateAttemptsMax, std::move(done));
}

// `over`: the document of one that is gone, which may still lie there; empty: there is none.
void NodeEngine::store_new_machine(CreateStateMachineRequest request, StateMachine machine, std::string over,
                                   int attempts_left, ApiCallback<StateMachine> done) {
  using Condition = core::PutCatalogEntry::Condition;
  const Condition condition = over.empty() ? Condition::Absent : Condition::Equals;
  core::PutCatalogEntry put{state_machine_key(machine.arn), write_state_machine(machine), condition,
                            std::move(over)};
  submit(kCatalogPartition, std::move(put), {kCatalogPartition},
         [this, request = std::move(request), machine = std::move(machine), attempts_left,
          done = std::move(done)](ApiResult<core::Reply> answer) mutable {
           if (!answer) return done(statelang::Unexpected{answer.error()});
           if (answer->code == core::ReplyCode::Done) return done(std::move(machine));
           if (answer->code != core::ReplyCode::ConditionFailed)
             return done(statelang::Unexpected{api_error(*answer)});
           if (answer->text.empty() && attempts_left > 0) {  // erased meanwhile
             return store_new_machine(std::move(request), std::move(machine), {}, attempts_left - 1,
                                      std::move(done));
           }
           auto existing = read_state_machine(answer->text);
           if (!existing) {
             return done(statelang::Unexpected{ApiError{
                 ApiErrorCode::Internal, "the catalog entry of this state machine cannot be read", {}}});
           }
           if (existing->status != kDeletingStatus)
             return settle_creation(std::move(request), *existing, done);
           const auto runs = has_running_executions(existing->arn);
           if (!runs) return done(statelang::Unexpected{runs.error()});
           if (*runs || attempts_left == 0)
             return done(statelang::Unexpected{deleting_machine(existing->arn)});
           store_new_machine(std::move(request), std::move(machine), std::move(answer->text),
                             attempts_left - 1, std::move(done));
         });
}

// AWS: the same name, definition, type and configuration again is the same state machine; role and tags are
// not compared.
void NodeEngine::settle_creation(CreateStateMachineRequest request, const StateMachine& existing,
                                 const ApiCallback<StateMachine>& done) const {
  if (existing.definition == request.definition && existing.type == request.type &&
      existing.configuration == request.configuration) {
    return done(existing);
  }
  done(statelang::Unexpected{ApiError{
      ApiErrorCode::StateMachineAlreadyExists, "State Machine Already Exists: '" + existing.arn + "'", {}}});
}

// ------------------------------------------------------------------------------------------ update

void NodeEngine::update_state_machine(UpdateStateMachineRequest request, ApiCallback<StateMachine> done) {
  try_update(std::move(request), kUpdateAttemptsMax, std::move(done));
}

void NodeEngine::try_update(UpdateStateMachineRequest request, int attempts_left,
                            ApiCallback<StateMachine> done) {
  auto document = catalog_entry(state_machine_key(request.arn));
  if (!document) return done(statelang::Unexpected{document.error()});
  auto machine = *document ? read_state_machine(**document) : std::nullopt;
  if (!machine) return done(statelang::Unexpected{unknown_machine(request.arn)});
  if (machine->status == kDeletingStatus) {
    const auto gone = is_gone(*machine);
    if (!gone) return done(statelang::Unexpected{gone.error()});
    return done(statelang::Unexpected{*gone ? unknown_machine(request.arn) : deleting_machine(request.arn)});
  }
  const StateMachine before = *machine;
  if (request.definition) {
    if (auto bad = check_definition(*request.definition, machine->type, request.strict)) {
      return done(statelang::Unexpected{std::move(*bad)});
    }
    machine->definition = *request.definition;
  }
  if (request.role_arn) machine->role_arn = *request.role_arn;
  if (request.configuration) machine->configuration = *request.configuration;
  // What changes nothing is no new revision.
  if (machine->definition == before.definition && machine->role_arn == before.role_arn &&
      machine->configuration == before.configuration) {
    return done(before);
  }
  machine->revision_id = random_uuid();
  machine->initial_revision = false;
  machine->updated_ms = now_ms();
  // What is replaced is kept first, as publishing keeps it: executions that run by it are described by it.
  core::PutCatalogEntry keep{revision_keys_of(before.arn) + before.revision_id, **document, {}, {}};
  core::PutCatalogEntry put{state_machine_key(request.arn), write_state_machine(*machine),
                            core::PutCatalogEntry::Condition::Equals, std::move(**document)};
  auto answered = [this, request = std::move(request), machine = std::move(*machine), attempts_left,
                   done](ApiResult<core::Reply> answer) mutable {
    if (!answer) return done(statelang::Unexpected{answer.error()});
    if (answer->code == core::ReplyCode::Done) return done(std::move(machine));
    if (answer->code != core::ReplyCode::ConditionFailed)
      return done(statelang::Unexpected{api_error(*answer)});
    if (attempts_left > 0) return try_update(std::move(request), attempts_left - 1, std::move(done));
    done(statelang::Unexpected{
        ApiError{ApiErrorCode::Conflict, "this state machine is being changed; try again", {}}});
  };
  put_catalog_entry(std::move(keep), [this, put = std::move(put), answered = std::move(answered),
                                      done = std::move(done)](ApiResult<bool> kept) mutable {
    if (!kept) return done(statelang::Unexpected{kept.error()});
    submit(kCatalogPartition, std::move(put), {kCatalogPartition}, std::move(answered));
  });
}

// ------------------------------------------------------------------------------------------ read

namespace {

// Takes /LABEL out of arn:...:stateMachine:NAME/LABEL[:QUALIFIER]; empty: there is none.
std::string take_label(std::string& arn) {
  const size_t slash = arn.find('/');
  if (slash == std::string::npos) return {};
  const size_t end = std::min(arn.find(':', slash), arn.size());
  std::string label = arn.substr(slash + 1, end - slash - 1);
  arn.erase(slash, end - slash);
  return label;
}

constexpr size_t kUuidSize = 36;

bool has_map_labelled(const std::string& definition, std::string_view label) {
  const auto parsed = statelang::Definition::parse(definition);
  if (!parsed) return false;
  const auto& states = (*parsed)->states();
  return std::any_of(states.begin(), states.end(), [&](const statelang::State& state) {
    const auto* map = std::get_if<statelang::MapFields>(&state.fields);
    if (!map || !map->distributed) return false;
    // One without a label is given a UUID for each Map Run.
    return map->label.empty() ? label.size() == kUuidSize : map->label == label;
  });
}

}  // namespace

ApiResult<StateMachine> NodeEngine::describe_state_machine(std::string_view arn) {
  std::string whole(arn);
  const std::string label = take_label(whole);
  if (!label.empty()) {
    auto machine = describe_state_machine(whole);
    if (!machine) return machine;
    if (!has_map_labelled(machine->definition, label)) return statelang::Unexpected{unknown_machine(arn)};
    machine->arn = std::string(arn);
    machine->label = label;
    return machine;
  }
  auto found = resolve(arn, {});
  if (!found) return statelang::Unexpected{found.error()};
  StateMachine machine = *found->machine;
  if (found->version_arn.empty()) return machine;
  machine.arn = std::string(arn);
  machine.description = std::move(found->description);
  machine.created_ms = found->created_ms;
  return machine;
}

ApiResult<Page<StateMachine>> NodeEngine::list_state_machines(size_t limit, std::string_view page_token) {
  auto entries = catalog_entries(kStateMachineKeys);
  if (!entries) return statelang::Unexpected{entries.error()};
  std::vector<StateMachine> all;
  for (const auto& [key, document] : *entries) {
    auto machine = read_state_machine(document);
    if (!machine) continue;
    const auto gone = is_gone(*machine);
    if (!gone) return statelang::Unexpected{gone.error()};
    if (!*gone) all.push_back(std::move(*machine));
  }
  std::sort(all.begin(), all.end(), [](const StateMachine& a, const StateMachine& b) {
    return a.created_ms != b.created_ms ? a.created_ms > b.created_ms : a.arn < b.arn;
  });
  // The token names the last machine shown, so that machines made in between shift nothing.
  size_t first = 0;
  if (!page_token.empty()) {
    const size_t colon = page_token.find(':');
    if (colon == std::string_view::npos) {
      return statelang::Unexpected{
          ApiError{ApiErrorCode::InvalidToken, "Invalid Token: 'Invalid token'", {}}};
    }
    const int64_t created_ms = std::strtoll(std::string(page_token.substr(0, colon)).c_str(), nullptr, 10);
    const std::string_view arn = page_token.substr(colon + 1);
    while (first < all.size() && (all[first].created_ms > created_ms ||
                                  (all[first].created_ms == created_ms && all[first].arn <= arn))) {
      ++first;
    }
  }
  Page<StateMachine> page;
  for (size_t i = first; i < all.size() && page.items.size() < limit; ++i)
    page.items.push_back(std::move(all[i]));
  if (first + page.items.size() < all.size() && !page.items.empty()) {
    page.next_page_token = std::to_string(page.items.back().created_ms) + ":" + page.items.back().arn;
  }
  return page;
}

}  // namespace engine::runtime
