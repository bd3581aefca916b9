#include "delivery.h"

#include <algorithm>
#include <unordered_set>

#include <connectors/sinks/events.h>

namespace connectors::sinks {

using engine::ApiResult;
using engine::FeedEvent;
using engine::core::UpdateFeedReader;

namespace {

constexpr size_t kWindowMax = 1000;       // events of a partition read and not passed
constexpr size_t kReadMax = 100;          // entries in one reading
constexpr int64_t kRetryMs = 200;         // before the second attempt; doubles
constexpr int64_t kRetryMsMax = 60'000;   // ... up to this
constexpr int64_t kReadRetryMs = 1'000;   // the feed could not be read or advanced
constexpr int64_t kAdvanceEveryMs = 500;  // while events keep coming
constexpr uint32_t kDoublingsMax = 20;

int64_t retry_delay(uint32_t attempts) {
  return std::min(kRetryMs << std::min(attempts - 1, kDoublingsMax), kRetryMsMax);
}

}  // namespace

class Delivery::Listener : public engine::EventListener {
 public:
  explicit Listener(Delivery& delivery) : delivery_(delivery) {}
  void feed_grown(uint16_t partition) override { delivery_.poke(partition); }

 private:
  Delivery& delivery_;
};

Delivery::Delivery(SinkPtr sink, engine::EventFeed& feed, const engine::Clock& clock)
    : sink_(std::move(sink)), feed_(feed), clock_(clock), listener_(std::make_shared<Listener>(*this)) {
  for (uint16_t i = 0; i < feed_.partitions(); ++i) lanes_.push_back(std::make_unique<Lane>());
}

Delivery::~Delivery() {
  stop();
}

uint8_t Delivery::wants(const Sink& sink) {
  return static_cast<uint8_t>(UpdateFeedReader::kStatus | (sink.history ? UpdateFeedReader::kHistory : 0));
}

void Delivery::start() {
  feed_.add_listener(listener_);
  for (uint16_t i = 0; i < lanes_.size(); ++i) poke(i);
}

void Delivery::stop() {
  if (stopped_.exchange(true)) return;
  feed_.remove_listener(listener_.get());
  strand_.stop();
}

DeliveryFigures Delivery::figures() const {
  std::lock_guard lock(mutex_);
  return figures_;
}

void Delivery::note_failure(const std::string& error) {
  std::lock_guard lock(mutex_);
  figures_.failed++;
  figures_.last_failed_ms = clock_.now_ms();
  figures_.last_error = error;
}

// From any thread, as often as it likes.
void Delivery::poke(uint16_t partition) {
  lanes_[partition]->grown = true;
  pump_soon(partition);
}

// One pump is posted at a time; it sees what has grown until it begins.
void Delivery::pump_soon(uint16_t partition) {
  if (lanes_[partition]->poked.exchange(true)) return;
  strand_.post([this, partition] {
    Lane& lane = *lanes_[partition];
    lane.poked = false;
    if (lane.grown.exchange(false)) lane.more = true;
    pump(partition);
  });
}

void Delivery::wake_by(int64_t due_ms) {
  if (alarm_ms_ != 0 && alarm_ms_ <= due_ms) return;
  alarm_ms_ = due_ms;
  strand_.alarm(due_ms, [this] {
    alarm_ms_ = 0;
    for (uint16_t i = 0; i < lanes_.size(); ++i) pump(i);
  });
}

void Delivery::pump(uint16_t partition) {
  Lane& lane = *lanes_[partition];
  if (!feed_.runs_here(partition)) {  // another node's; it may come back further on
    lane.window.clear();
    lane.known = false;
    return note_waiting();
  }
  do {
    if (!fill(partition, lane)) return wake_by(clock_.now_ms() + kReadRetryMs);
    send_what_may(partition, lane);
    drop_done(lane);
  } while (lane.more && lane.window.size() < kWindowMax);
  advance(partition, lane);
}

// False: the engine does not answer now.
bool Delivery::fill(uint16_t partition, Lane& lane) {
  if (!lane.known) {
    const auto position = feed_.position(Delivery::reader_name(sink_->name), partition);
    if (!position) return note_failure(position.error().message), false;
    lane.read = lane.advanced = *position;
    lane.known = lane.more = true;
  }
  while (lane.more && lane.window.size() < kWindowMax) {
    const auto page = feed_.read(partition, wants(*sink_), lane.read, kReadMax);
    if (!page) return note_failure(page.error().message), false;
    for (const FeedEvent& event : page->events) take(lane, event);
    lane.read = page->next;
    lane.more = page->more;
    if (page->missing == 0) continue;
    std::lock_guard lock(mutex_);
    figures_.missing += page->missing;
  }
  return true;
}

void Delivery::take(Lane& lane, const FeedEvent& event) {
  // A state machine that takes its own events would start itself for ever.
  if (!sink_->state_machine_arn.empty() && event.execution.state_machine_arn == sink_->state_machine_arn)
    return;
  if (event.kind == FeedEvent::Kind::Status) return add(lane, event, status_event(event));
  for (const auto& one : event.events) add(lane, event, history_event(event.execution, one));
}

void Delivery::add(Lane& lane, const FeedEvent& event, const statelang::Value& document) {
  const auto matches = [&](const event_pattern::EventPattern& pattern) { return pattern.matches(document); };
  if (!sink_->filter.empty() && std::none_of(sink_->filter.begin(), sink_->filter.end(), matches)) return;
  Entry entry;
  entry.message = {std::string(document.find("id")->as_string()), event.execution.execution_arn,
                   std::string(document.find("detail-type")->as_string()), statelang::to_json(document)};
  entry.behind = {event.position.record, event.position.index + 1};
  entry.made_ms = event.kind == FeedEvent::Kind::Status ? event.time_ms : event.events.back().timestamp_ms;
  entry.number = next_number_++;
  lane.window.push_back(std::move(entry));
}

void Delivery::send_what_may(uint16_t partition, Lane& lane) {
  const int64_t now = clock_.now_ms();
  std::unordered_set<std::string_view> busy;  // executions with an earlier event that is not delivered
  for (Entry& entry : lane.window) {
    if (entry.done) continue;
    const bool first = busy.insert(entry.message.execution_arn).second;
    if (!first || entry.sent) continue;
    if (entry.attempts > 0 && now - entry.made_ms > sink_->event_age_ms_max) {
      entry.done = true;
      std::lock_guard lock(mutex_);
      figures_.dropped++;
      continue;
    }
    // A pause that seems longer than the longest began before the clock was put back.
    if (entry.due_ms > now && entry.due_ms - now <= kRetryMsMax) {
      wake_by(entry.due_ms);
      continue;
    }
    if (lane.in_flight >= sink_->channel->in_flight_max()) break;
    entry.sent = true;
    ++entry.attempts;
    ++lane.in_flight;
    sink_->channel->send(
        entry.message, [weak = weak_from_this(), partition, number = entry.number](const std::string& error) {
          const auto self = weak.lock();
          if (!self || self->stopped_) return;
          self->strand_.post([delivery = self.get(), partition, number, error] {
            delivery->sent(partition, number, error);
          });
        });
  }
}

void Delivery::sent(uint16_t partition, uint64_t number, const std::string& error) {
  Lane& lane = *lanes_[partition];
  --lane.in_flight;
  const auto entry = std::find_if(lane.window.begin(), lane.window.end(),
                                  [&](const Entry& one) { return one.number == number; });
  if (entry == lane.window.end()) return;
  entry->sent = false;
  if (error.empty()) {
    entry->done = true;
    std::lock_guard lock(mutex_);
    figures_.delivered++;
    figures_.last_delivered_ms = clock_.now_ms();
  } else {
    note_failure(error);
    entry->due_ms = clock_.now_ms() + retry_delay(entry->attempts);
    wake_by(entry->due_ms);
  }
  pump_soon(partition);  // together with the answers that have come meanwhile
}

void Delivery::drop_done(Lane& lane) {
  while (!lane.window.empty() && lane.window.front().done) {
    lane.window.pop_front();
  }
  note_waiting();
}

void Delivery::note_waiting() {
  uint64_t waiting = 0;
  int64_t oldest_ms = 0;
  for (const auto& one : lanes_) {
    if (one->window.empty()) continue;
    waiting += one->window.size();
    const int64_t made_ms = one->window.front().made_ms;  // the feed is in order
    oldest_ms = oldest_ms == 0 ? made_ms : std::min(oldest_ms, made_ms);
  }
  std::lock_guard lock(mutex_);
  figures_.waiting = waiting;
  figures_.oldest_ms = oldest_ms;
}

// Everything before the window is delivered. Told at once when the window is empty, else now and then.
void Delivery::advance(uint16_t partition, Lane& lane) {
  engine::core::FeedPosition to = lane.read;
  if (!lane.window.empty()) {
    // The event at the front is not done: no further than where it begins.
    to = lane.window.front().behind;
    --to.index;
  }
  if (!(lane.advanced < to) || lane.advancing) return;
  const int64_t now = clock_.now_ms();
  const bool lately =
      now >= lane.advanced_ms && now < lane.advanced_ms + kAdvanceEveryMs;  // a clock may jump
  if (lately) return wake_by(lane.advanced_ms + kAdvanceEveryMs);
  lane.advancing = true;
  lane.advanced_ms = now;
  feed_.advance(Delivery::reader_name(sink_->name), wants(*sink_), partition, to,
                [weak = weak_from_this(), partition, to](ApiResult<bool> done) {
                  const auto self = weak.lock();
                  if (!self || self->stopped_) return;
                  self->strand_.post([delivery = self.get(), partition, to, ok = done.has_value()] {
                    Lane& advanced = *delivery->lanes_[partition];
                    advanced.advancing = false;
                    if (ok) advanced.advanced = to;
                    delivery->wake_by(delivery->clock_.now_ms() + (ok ? kAdvanceEveryMs : kReadRetryMs));
                  });
                });
}

}  // namespace connectors::sinks
