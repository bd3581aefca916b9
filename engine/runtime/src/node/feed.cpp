#include "feed.h"

#include <mutex>

#include <engine/core/queries.h>
#include <engine/core/redrive.h>

#include "node_engine.h"

namespace engine::runtime {

using core::UpdateFeedReader;
using statelang::ExecutionStatus;
using statelang::Unexpected;

namespace {

Execution names_of(core::StoredExecutionView& view) {
  Execution execution;
  execution.execution_arn = std::move(view.facts.execution_arn);
  execution.name = std::move(view.facts.name);
  execution.state_machine_arn = std::move(view.facts.state_machine_arn);
  execution.state_machine_version_arn = std::move(view.facts.state_machine_version_arn);
  execution.state_machine_alias_arn = std::move(view.facts.state_machine_alias_arn);
  execution.revision_id = std::move(view.facts.revision_id);
  execution.map_run_arn = std::move(view.facts.map_run_arn);
  execution.start_ms = view.state.start_time_ms;
  execution.redrive_count = view.state.redrive_count;
  return execution;
}

// How it ended then is what the last event of that step says: a redriven execution has forgotten it.
void add_end(Execution& execution, const std::vector<statelang::HistoryEvent>& events) {
  if (events.empty()) return;
  const statelang::HistoryEvent& end = events.back();
  if (end.has_payload) execution.output = end.payload;
  if (end.has_error) execution.error = end.error;
  if (end.has_cause) execution.cause = end.cause;
  statelang::ExecutionState then;
  then.next_event_id = end.id + 1;
  if (core::has_room_for_redrive(then, statelang::StepLimits().history_events_max)) return;
  execution.redrive_status = to_string(core::Redrivability::NotRedrivable);
  execution.redrive_status_reason = core::kHistoryFullReason;
}

// A child that was aborted while it waited for its redrive has no events of that: what comes at their place
// is the next redrive's.
bool is_later_redrive(const core::FeedEntry& entry, const std::vector<statelang::HistoryEvent>& events) {
  return !events.empty() && events.front().type == statelang::EventType::ExecutionRedriven &&
         events.front().extras && events.front().extras->redrive_count > entry.redrive_count;
}

// False: something of it is erased.
Expected<bool> fill_status(const StoreReader& store, const core::FeedEntry& entry, FeedEvent& event,
                           core::StoredExecutionView& view) {
  std::optional<statelang::Payload> input = std::move(view.input);
  if (entry.redrive_count > 0) event.redrive_ms = view.state.redrive_time_ms;
  event.time_ms = entry.time_ms;
  event.execution = names_of(view);
  event.execution.status = entry.status;
  event.execution.redrive_count = entry.redrive_count;
  if (!input) {
    auto read = core::read_input(store, entry.execution);
    if (!read) return Unexpected{read.error()};
    input = std::move(*read);
  }
  event.execution.input = std::move(*input);
  if (entry.status == ExecutionStatus::Running || entry.status == ExecutionStatus::PendingRedrive)
    return true;
  event.execution.stop_ms = entry.time_ms;
  auto events = core::read_step_events(store, entry.execution, entry.first_event);
  if (!events) return Unexpected{events.error()};
  if (*events && !is_later_redrive(entry, **events)) add_end(event.execution, **events);
  return true;
}

Expected<bool> fill_history(const StoreReader& store, const core::FeedEntry& entry, FeedEvent& event,
                            core::StoredExecutionView& view) {
  event.execution = names_of(view);
  auto events = core::read_step_events(store, entry.execution, entry.first_event);
  if (!events) return Unexpected{events.error()};
  if (!*events) return false;
  event.events = std::move(**events);
  event.logged = entry.logged;
  if (!entry.logged) return true;
  auto definition = core::read_definition(store, event.execution.revision_id);
  if (!definition) return Unexpected{definition.error()};
  if (*definition) {
    event.log = std::move((*definition)->log);
    event.state_machine_name = std::move((*definition)->state_machine_name);
  }
  return true;
}

Expected<bool> fill(const StoreReader& store, const core::FeedEntry& entry, FeedEvent& event) {
  auto view = core::read_execution(store, entry.execution);
  if (!view) return Unexpected{view.error()};
  if (!*view) return false;
  if (entry.kind == core::FeedEntry::Kind::Status) return fill_status(store, entry, event, **view);
  event.kind = FeedEvent::Kind::History;
  return fill_history(store, entry, event, **view);
}

bool wanted(const core::FeedEntry& entry, uint8_t wants) {
  if (entry.kind == core::FeedEntry::Kind::Status) return wants & UpdateFeedReader::kStatus;
  return (wants & UpdateFeedReader::kHistory) || (entry.logged && (wants & UpdateFeedReader::kLog));
}

}  // namespace

void NodeFeed::in_every_partition(const UpdateFeedReader& record, ApiCallback<bool> done) {
  struct Open {
    std::mutex mutex;
    size_t left;
    std::optional<ApiError> error;
    ApiCallback<bool> done;
  };
  auto open = std::make_shared<Open>();
  open->left = partitions();
  open->done = std::move(done);
  for (uint16_t partition = 0; partition < partitions(); ++partition) {
    submit_(static_cast<PartitionId>(partition), record, [open](ApiResult<bool> answer) {
      {
        std::lock_guard lock(open->mutex);
        if (!answer) open->error = answer.error();
        if (--open->left > 0) return;
      }
      if (open->error) return open->done(Unexpected{*open->error});
      open->done(true);
    });
  }
}

void NodeFeed::put_reader(std::string name, uint8_t wants, ApiCallback<bool> done) {
  in_every_partition({std::move(name), wants, {}}, std::move(done));
}

void NodeFeed::erase_reader(std::string name, ApiCallback<bool> done) {
  in_every_partition({std::move(name), UpdateFeedReader::kNothing, {}}, std::move(done));
}

ApiResult<core::FeedPosition> NodeFeed::position(std::string_view reader, uint16_t partition) {
  auto state = core::read_feed_reader(store_.reader(static_cast<PartitionId>(partition)), reader);
  if (!state) return Unexpected{api_error(state.error())};
  if (!*state) {
    return Unexpected{ApiError{
        ApiErrorCode::ResourceDoesNotExist, "the feed has no such reader: " + std::string(reader), {}}};
  }
  return (*state)->next;
}

ApiResult<FeedPage> NodeFeed::read(uint16_t partition, uint8_t wants, core::FeedPosition from, size_t limit) {
  const StoreReader& store = store_.reader(static_cast<PartitionId>(partition));
  auto items = core::read_feed(store, from, limit);
  if (!items) return Unexpected{api_error(items.error())};
  FeedPage page;
  page.next = from;
  page.more = items->size() == limit;
  for (const core::FeedItem& item : *items) {
    page.next = {item.position.record, item.position.index + 1};
    if (!wanted(item.entry, wants)) continue;
    FeedEvent event;
    event.position = item.position;
    event.first_event = item.entry.first_event;
    auto filled = fill(store, item.entry, event);
    if (!filled) return Unexpected{api_error(filled.error())};
    if (*filled) {
      page.events.push_back(std::move(event));
    } else {
      ++page.missing;
    }
  }
  return page;
}

void NodeFeed::advance(std::string reader, uint8_t wants, uint16_t partition, core::FeedPosition next,
                       ApiCallback<bool> done) {
  submit_(static_cast<PartitionId>(partition), UpdateFeedReader{std::move(reader), wants, next},
          std::move(done));
}

}  // namespace engine::runtime
