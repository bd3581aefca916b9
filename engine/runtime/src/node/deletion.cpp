// State machines that are deleted while executions of them run: DELETING until the last one has ended.
// Whoever meets such a state machine afterwards takes it for gone, and has it erased; and who runs the
// catalog looks for such ones every second, by a note that is written with the mark.
#include <algorithm>

#include <engine/core/execution_list.h>

#include "engine_parts.h"

namespace engine::runtime {

using statelang::Unexpected;

namespace {

constexpr int kDeletionAttemptsMax = 20;
constexpr int64_t kSweepMs = 1'000;
// A note whose state machine is ACTIVE so long after it: the mark that belongs to it has never come.
constexpr int64_t kNoteKeptMs = 60'000;
constexpr std::string_view kNotes = "state_machine_deleting/";

std::string note_key(const std::string& arn) {
  return std::string(kNotes) + arn;
}

// Erased only if it is still this: what was created under the same name meanwhile stays.
core::PutCatalogEntry erase_if_equal(std::string key, std::string document) {
  return {std::move(key), {}, core::PutCatalogEntry::Condition::Equals, std::move(document)};
}

void ignore(ApiResult<bool>) {}

}  // namespace

ApiError deleting_machine(std::string_view arn) {
  return {
      ApiErrorCode::StateMachineDeleting, "State Machine is being deleted: '" + std::string(arn) + "'", {}};
}

// Only the index is read. Asynchronous Express executions are in none and end within minutes: they do not
// count.
ApiResult<bool> NodeEngine::has_running_executions(const std::string& machine_arn) {
  core::ListingQuery query;
  query.state_machine_arn = machine_arn;
  query.status = statelang::ExecutionStatus::Running;
  for (uint16_t partition = 0; partition < store_->partition_count(); ++partition) {
    core::ExecutionList running(reader(static_cast<PartitionId>(partition)), query);
    const auto next = running.next();
    if (!next) return Unexpected{api_error(next.error())};
    if (*next) return true;
  }
  return false;
}

ApiResult<bool> NodeEngine::is_gone(const StateMachine& machine) {
  if (machine.status != kDeletingStatus) return false;
  const auto runs = has_running_executions(machine.arn);
  if (!runs) return Unexpected{runs.error()};
  if (!*runs) erase_machine(machine, ignore);
  return !*runs;
}

// Executions under way keep the revision they started with and run on.
void NodeEngine::delete_state_machine(std::string arn, ApiCallback<bool> done) {
  try_delete(std::move(arn), kDeletionAttemptsMax, std::move(done));
}

void NodeEngine::try_delete(std::string arn, int attempts_left, ApiCallback<bool> done) {
  auto document = catalog_entry(state_machine_key(arn));
  if (!document) return done(Unexpected{document.error()});
  if (!*document) return done(true);
  auto machine = read_state_machine(**document);
  if (!machine) return erase_catalog_entry(state_machine_key(arn), std::move(done));
  if (machine->status == kDeletingStatus) {
    const auto gone = is_gone(*machine);
    return gone ? done(true) : done(Unexpected{gone.error()});
  }
  machine->status = kDeletingStatus;
  core::PutCatalogEntry note{
      note_key(machine->arn), std::to_string(now_ms()), core::PutCatalogEntry::Condition::None, {}};
  put_catalog_entry(std::move(note), ignore);
  core::PutCatalogEntry put{state_machine_key(arn), write_state_machine(*machine),
                            core::PutCatalogEntry::Condition::Equals, std::move(**document)};
  put_catalog_entry(std::move(put), [this, machine = std::move(*machine), attempts_left,
                                     done = std::move(done)](ApiResult<bool> marked) mutable {
    if (!marked && marked.error().code == ApiErrorCode::Conflict && attempts_left > 0)
      return try_delete(std::move(machine.arn), attempts_left - 1, std::move(done));
    if (!marked) return done(std::move(marked));
    // From the mark on, starts are refused; one that was let through right before runs on.
    const auto runs = has_running_executions(machine.arn);
    if (!runs) return done(Unexpected{runs.error()});
    if (*runs) return done(true);
    erase_machine(machine, std::move(done));
  });
}

// Versions and aliases first, the state machine last, in one log. Of two who do it at once, the second finds
// nothing that is still as it was.
void NodeEngine::erase_machine(const StateMachine& machine, ApiCallback<bool> done) {
  if (auto revisions = catalog_entries(revision_keys_of(machine.arn))) {
    for (auto& [key, document] : *revisions) {
      const auto revision = read_state_machine(document);
      if (revision && revision->created_ms == machine.created_ms) erase_catalog_entry(std::move(key), ignore);
    }
  }
  if (auto index = catalog_entry(version_index_key(machine.arn)); index && *index) {
    const auto read = read_version_index(**index);
    if (!read || read->machine_created_ms == machine.created_ms)
      put_catalog_entry(erase_if_equal(version_index_key(machine.arn), std::move(**index)), ignore);
  }
  const std::string tags = "tags/" + machine.arn;
  if (auto tagged = catalog_entry(tags); tagged && *tagged)
    put_catalog_entry(erase_if_equal(tags, std::move(**tagged)), ignore);
  put_catalog_entry(erase_if_equal(state_machine_key(machine.arn), write_state_machine(machine)),
                    [this, arn = machine.arn, done = std::move(done)](ApiResult<bool> erased) {
                      if (!erased && erased.error().code == ApiErrorCode::Conflict) return done(true);
                      if (erased) erase_catalog_entry(note_key(arn), ignore);
                      done(std::move(erased));
                    });
}

void NodeEngine::await_deletions() {
  deletion_strand_->alarm(now_ms() + kSweepMs, [this] {
    if (stopping_) return;
    // A store that is away is not waited for.
    if (runs_here(kCatalogPartition) && !executor_->halted_why(kCatalogPartition)) sweep_deleted();
    await_deletions();
  });
}

void NodeEngine::sweep_deleted() {
  const auto notes = catalog_entries(kNotes);
  if (!notes) return;  // the next time
  for (const auto& [key, noted_ms] : *notes) {
    auto document = catalog_entry(state_machine_key(std::string_view(key).substr(kNotes.size())));
    if (!document) return;
    const auto machine = *document ? read_state_machine(**document) : std::nullopt;
    const bool deleting = machine && machine->status == kDeletingStatus;
    const bool waits_for_its_mark =
        machine && now_ms() - std::strtoll(noted_ms.c_str(), nullptr, 10) < kNoteKeptMs;
    if (deleting) {
      (void)is_gone(*machine);  // an error: the next time
    } else if (!waits_for_its_mark) {
      put_catalog_entry(erase_if_equal(key, noted_ms), ignore);
    }
  }
}

bool NodeEngine::is_being_deleted(std::string_view machine_arn) {
  const auto machine = find_machine(machine_arn);
  return machine && (*machine)->status == kDeletingStatus;
}

}  // namespace engine::runtime
