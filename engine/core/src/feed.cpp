// The feed of events that leave the engine: entries in the order of their making, in the batch that made them
// true, for as long as a reader has not passed them.
#include "feed.h"

#include <algorithm>

#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

namespace {

// As in retention.cpp: up to so many are erased one by one.
constexpr size_t kSingleErasesMax = 256;

void for_each_reader(Transaction& transaction,
                     const std::function<void(std::string_view name, const FeedReaderState&)>& visit) {
  const std::string prefix = feed_reader_key({});
  transaction.scan(Table::Meta, prefix, after_prefix(prefix),
                   [&](std::string_view key, std::string_view value) {
                     if (const auto state = decode_feed_reader(value))
                       visit(key.substr(prefix.size()), *state);
                     return true;
                   });
}

// Up to where every reader has come; nothing: there is none.
std::optional<FeedPosition> passed_by_all(Transaction& transaction) {
  std::optional<FeedPosition> passed;
  for_each_reader(transaction, [&](std::string_view, const FeedReaderState& state) {
    passed = passed ? std::min(*passed, state.next) : state.next;
  });
  return passed;
}

void erase_entries(Transaction& transaction, const std::string& begin, const std::string& end) {
  std::vector<std::string> keys;
  transaction.scan(Table::Outbox, begin, end, [&](std::string_view key, std::string_view) {
    keys.emplace_back(key);
    return keys.size() <= kSingleErasesMax;
  });
  if (keys.size() > kSingleErasesMax) return transaction.erase_range(Table::Outbox, begin, end);
  for (std::string& key : keys) transaction.erase(Table::Outbox, std::move(key));
}

}  // namespace

uint8_t Feed::wants(Transaction& transaction) {
  if (!wants_) {
    uint8_t wants = 0;
    for_each_reader(transaction,
                    [&](std::string_view, const FeedReaderState& state) { wants |= state.wants; });
    wants_ = wants;
  }
  return *wants_;
}

void Application::apply(const UpdateFeedReader& body) {
  const std::string key = feed_reader_key(body.reader);
  const FeedPosition now{position_.offset, 0};
  const FeedPosition passed_before = passed_by_all(transaction_).value_or(now);
  const auto stored = transaction_.get(Table::Meta, key);
  if (body.wants == UpdateFeedReader::kNothing) {
    if (stored) transaction_.erase(Table::Meta, key);
  } else {
    const auto before = stored ? decode_feed_reader(*stored) : std::nullopt;
    // Nobody is ahead of what has happened.
    FeedReaderState state{body.wants, before ? std::min(std::max(before->next, body.next), now) : now};
    transaction_.put(Table::Meta, key, encode(state));
  }
  feed_.readers_changed();
  const FeedPosition passed = passed_by_all(transaction_).value_or(now);
  if (passed_before < passed) erase_entries(transaction_, feed_key(passed_before), feed_key(passed));
  reply(ReplyCode::Done);
}

void Application::enter_in_feed(const FeedEntry& entry) {
  if (feed_index_ == 0) actions_.push_back(FeedGrown{});
  transaction_.put(Table::Outbox, feed_key({position_.offset, feed_index_++}), encode(entry));
}

// Express executions have no status changes: neither do Express children of a Distributed Map.
bool Application::is_express_child(const Running& running) {
  const ExecutionFacts& facts = running.storage.facts();
  return facts.is_child() && running.machine &&
         running.machine->definition->state(facts.map_state).as<statelang::MapFields>().express_children;
}

void Application::enter_status_in_feed(Running& child) {
  if (!(feed_.wants(transaction_) & UpdateFeedReader::kStatus) || is_express_child(child)) return;
  const statelang::ExecutionState& state = child.storage.execution();
  FeedEntry entry;
  entry.execution = child.number;
  entry.first_event = state.next_event_id;  // of its own it has none
  entry.redrive_count = state.redrive_count;
  entry.status = state.status;
  entry.time_ms = position_.now_ms;
  enter_in_feed(entry);
}

void Application::enter_in_feed(Running& running, const StatusBefore& before) {
  using statelang::ExecutionStatus;
  const uint8_t wants = feed_.wants(transaction_);
  if (wants == UpdateFeedReader::kNothing) return;
  const statelang::ExecutionState& state = running.storage.execution();
  FeedEntry entry;
  entry.execution = running.number;
  entry.first_event = running.storage.first_event();
  entry.redrive_count = state.redrive_count;
  if ((wants & UpdateFeedReader::kStatus) && !is_express_child(running)) {
    // One that is started or redriven and ends in the same step has both changes.
    const bool runs_now = !before.begun || state.redrive_count > before.redrives;
    if (runs_now) {
      entry.time_ms = before.begun ? state.redrive_time_ms : state.start_time_ms;
      enter_in_feed(entry);
    }
    if (state.status != ExecutionStatus::Running && (runs_now || before.status == ExecutionStatus::Running)) {
      entry.status = state.status;
      entry.time_ms = running.storage.outcome() ? running.storage.outcome()->stop_ms : position_.now_ms;
      enter_in_feed(entry);
    }
  }
  if (entry.first_event == 0) return;
  entry.logged = (wants & UpdateFeedReader::kLog) && running.machine->registered.log.level != LogLevel::Off;
  if (!entry.logged && !(wants & UpdateFeedReader::kHistory)) return;
  entry.kind = FeedEntry::Kind::History;
  entry.status = ExecutionStatus::Running;
  entry.time_ms = 0;
  entry.redrive_count = 0;
  enter_in_feed(entry);
}

}  // namespace engine::core
