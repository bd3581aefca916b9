#include "live_feed.h"

#include <algorithm>

#include <connectors/logs/execution_logs.h>
#include <connectors/logs/log_line.h>
#include <engine/api/http/problem.h>
#include <statelang/timestamps/timestamp.h>

namespace connectors::logs {

using engine::core::ExecutionChanged;
using engine::core::ExpressLogged;
using statelang::EventId;
using statelang::ExecutionStatus;

namespace {

constexpr size_t kChangesMax = 10'000;        // that wait to be told
constexpr size_t kBufferBytesMax = 4u << 20;  // of one watcher
constexpr size_t kToldMax = 100'000;          // executions whose place is remembered
constexpr size_t kEventsMax = 1'000;          // in one reading
constexpr int64_t kBeatMs = 15'000;           // a comment, so that watchers who are gone are noticed

std::string sse(std::string_view event, std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';  // between JSON tokens a space means the same
  }
  return "event: " + std::string(event) + "\ndata: " + text + "\n\n";
}

}  // namespace

std::string_view machine_name_in(std::string_view execution_arn) {
  // arn:aws:states:REGION:ACCOUNT:execution:MACHINE[/LABEL]:NAME; express:MACHINE:NAME:ID
  for (int parts = 6; parts > 0; --parts) {
    const size_t colon = execution_arn.find(':');
    if (colon == std::string_view::npos) return {};
    execution_arn.remove_prefix(colon + 1);
  }
  return execution_arn.substr(0, execution_arn.find_first_of(":/"));
}

// One stream: what it has not taken yet waits here.
class LiveFeed::Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(Watch watch, std::shared_ptr<engine::http::Stream> stream)
      : watch_(std::move(watch)), stream_(std::move(stream)) {}

  // `type`: of the event; empty: a status change.
  bool wants(const std::string& arn, std::string_view type) const {
    if (!watch_.execution_arn.empty() && arn != watch_.execution_arn) return false;
    if (!watch_.state_machine_name.empty() && machine_name_in(arn) != watch_.state_machine_name) return false;
    return type.empty() || is_logged(watch_.level, type);
  }

  void offer(const std::string& text) {
    {
      std::lock_guard lock(mutex_);
      if (closed_) return;
      if (waiting_.size() + text.size() > kBufferBytesMax) {
        ++lost_;
        return;
      }
      waiting_ += text;
    }
    write();
  }

  void lose(uint64_t events) {
    std::lock_guard lock(mutex_);
    lost_ += events;
  }

  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }

  void finish() {
    {
      std::lock_guard lock(mutex_);
      if (std::exchange(closed_, true)) return;
    }
    stream_->finish();
  }

 private:
  void write() {
    std::string text;
    {
      std::lock_guard lock(mutex_);
      if (closed_ || writing_ || waiting_.empty()) return;
      writing_ = true;
      text.swap(waiting_);
      if (lost_ > 0) text += sse("gap", R"({"events":)" + std::to_string(std::exchange(lost_, 0)) + "}");
    }
    stream_->write(std::move(text), [self = shared_from_this()](bool written) {
      if (!written) return self->finish();
      {
        std::lock_guard lock(self->mutex_);
        self->writing_ = false;
      }
      self->write();
    });
  }

  const Watch watch_;
  const std::shared_ptr<engine::http::Stream> stream_;
  mutable std::mutex mutex_;
  std::string waiting_;
  uint64_t lost_ = 0;
  bool writing_ = false;
  bool closed_ = false;
};

LiveFeed::LiveFeed(engine::Engine& engine, const engine::Clock& clock) : engine_(engine), clock_(clock) {}

LiveFeed::~LiveFeed() {
  stop();
}

bool LiveFeed::full() const {
  std::lock_guard lock(mutex_);
  return watchers_.size() >= kWatchersMax;
}

bool LiveFeed::add(Watch watch, const std::shared_ptr<engine::http::Stream>& stream) {
  auto watcher = std::make_shared<Watcher>(std::move(watch), stream);
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    if (watchers_.size() >= kWatchersMax) return false;
    first = watchers_.empty();
    watchers_.push_back(watcher);
    any_ = true;
  }
  watcher->offer(": here\n\n");
  // With others the beat goes on already.
  if (first) strand_.alarm(clock_.now_ms() + kBeatMs, [this] { beat(); });
  return true;
}

void LiveFeed::stop() {
  any_ = false;
  strand_.stop();
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    std::lock_guard lock(mutex_);
    watchers.swap(watchers_);
  }
  for (const auto& watcher : watchers) watcher->finish();
}

void LiveFeed::beat() {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    std::lock_guard lock(mutex_);
    watchers_.erase(std::remove_if(watchers_.begin(), watchers_.end(),
                                   [](const auto& watcher) { return watcher->closed(); }),
                    watchers_.end());
    any_ = !watchers_.empty();
    watchers = watchers_;
  }
  if (watchers.empty()) {
    told_.clear();
    return;
  }
  for (const auto& watcher : watchers) watcher->offer(": still here\n\n");
  strand_.alarm(clock_.now_ms() + kBeatMs, [this] { beat(); });
}

// ------------------------------------------------------------------------------------------ from the engine

void LiveFeed::execution_changed(const ExecutionChanged& change) {
  if (any_) push(change);
}

void LiveFeed::express_logged(const ExpressLogged& step) {
  if (any_) push(step);
}

void LiveFeed::push(Change change) {
  {
    std::lock_guard lock(mutex_);
    if (changes_.size() >= kChangesMax) {
      ++lost_;
      return;
    }
    changes_.push_back(std::move(change));
    if (changes_.size() > 1) return;  // its telling is on the way
  }
  strand_.post([this] { work(); });
}

void LiveFeed::work() {
  std::deque<Change> changes;
  {
    std::lock_guard lock(mutex_);
    changes.swap(changes_);
    if (const uint64_t lost = std::exchange(lost_, 0); lost > 0) {
      for (const auto& watcher : watchers_) watcher->lose(lost);
    }
  }
  for (const Change& change : changes) {
    std::visit([this](const auto& one) { tell(one); }, change);
  }
}

void LiveFeed::tell(const ExecutionChanged& change) {
  const std::string& arn = change.execution_arn;
  if (change.first_event == 0) {  // Express
    if (change.finished) tell_status(arn, change.status);
    return;
  }
  if (change.first_event == 1) tell_status(arn, ExecutionStatus::Running);
  // A later change may have been read with an earlier one.
  auto& [told, redrives] = told_[arn];
  told = std::max(told, change.first_event - 1);
  for (bool more = true; more;) {
    const auto events = engine_.history({arn, told, false, kEventsMax});
    if (!events || events->empty()) break;
    for (const auto& event : *events) {
      if (event.type != statelang::EventType::ExecutionRedriven) continue;
      tell_status(arn, ExecutionStatus::Running);
      if (event.extras) redrives = static_cast<uint32_t>(event.extras->redrive_count);
    }
    tell_events(arn, *events, redrives, true);
    told = events->back().id;
    more = events->size() == kEventsMax;
  }
  if (change.finished) tell_status(arn, change.status);
  if (change.finished || told_.size() > kToldMax) told_.erase(arn);
}

void LiveFeed::tell(const ExpressLogged& step) {
  tell_events(step.execution_arn, step.events, 0, step.log.include_data);
}

void LiveFeed::tell_status(const std::string& arn, ExecutionStatus status) {
  std::string text = R"({"execution_arn":)";
  engine::http::append_quoted(text, arn);
  text += R"(,"status":")" + std::string(to_string(status)) + R"(","time":")" +
          statelang::timestamps::format_epoch_ms_fixed(clock_.now_ms()) + "\"}";
  offer(arn, {}, sse("status", std::move(text)));
}

void LiveFeed::tell_events(const std::string& arn, const std::vector<statelang::HistoryEvent>& events,
                           uint32_t redrive_count, bool include_data) {
  for (const auto& event : events) {
    offer(arn, statelang::to_string(event.type),
          sse("log", log_line(arn, redrive_count, event, include_data)));
  }
}

void LiveFeed::offer(const std::string& arn, std::string_view type, const std::string& text) {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    std::lock_guard lock(mutex_);
    watchers = watchers_;
  }
  for (const auto& watcher : watchers) {
    if (watcher->wants(arn, type)) watcher->offer(text);
  }
}

}  // namespace connectors::logs
