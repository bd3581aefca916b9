#include "log_writer.h"

#include <algorithm>
#include <future>

#include <connectors/logs/execution_logs.h>
#include <connectors/logs/log_line.h>
#include <engine/runtime/metrics_text.h>

namespace connectors::logs {

using engine::ApiResult;
using engine::FeedEvent;
using engine::core::ExpressLogged;
using engine::core::LogSettings;
using engine::core::UpdateFeedReader;

namespace {

constexpr const char* kReader = "log";
constexpr uint8_t kWants = UpdateFeedReader::kLog;
constexpr size_t kReadMax = 100;          // entries in one reading
constexpr int64_t kRetryMs = 1'000;       // the disk or the engine does not take it now
constexpr int64_t kAdvanceEveryMs = 500;  // the files are synced as often

void add_lines(std::map<std::string, std::string>& lines, size_t& count, const LogSettings& log,
               std::string_view machine_name, const engine::Execution& execution,
               const std::vector<statelang::HistoryEvent>& events) {
  std::string* text = nullptr;
  for (const auto& event : events) {
    if (!is_logged(log.level, event.type)) continue;
    if (!text) text = &lines[log.group.empty() ? default_group(machine_name) : log.group];
    *text += log_line(execution.execution_arn, execution.redrive_count, event, log.include_data) + "\n";
    ++count;
  }
}

}  // namespace

std::string default_group(std::string_view state_machine_name) {
  return "/aws/vendedlogs/states/" + std::string(state_machine_name) + "-Logs";
}

class LogWriter::Listener : public engine::EventListener {
 public:
  explicit Listener(LogWriter& writer) : writer_(writer) {}
  void feed_grown(uint16_t partition) override { writer_.poke(partition); }
  void express_logged(const ExpressLogged& step) override { writer_.take_express(step); }

 private:
  LogWriter& writer_;
};

LogWriter::LogWriter(engine::EventFeed& feed, const engine::Clock& clock, LogFiles& files)
    : feed_(feed), clock_(clock), files_(files), listener_(std::make_shared<Listener>(*this)) {
  for (uint16_t i = 0; i < feed_.partitions(); ++i) lanes_.push_back(std::make_unique<Lane>());
}

LogWriter::~LogWriter() {
  stop();
}

ApiResult<bool> LogWriter::start() {
  auto taken = std::make_shared<std::promise<ApiResult<bool>>>();
  feed_.put_reader(kReader, kWants, [taken](ApiResult<bool> answer) { taken->set_value(std::move(answer)); });
  auto answer = taken->get_future().get();
  if (!answer) return answer;
  feed_.add_listener(listener_);
  for (uint16_t i = 0; i < lanes_.size(); ++i) poke(i);
  return true;
}

void LogWriter::stop() {
  if (stopped_.exchange(true)) return;
  feed_.remove_listener(listener_.get());
  strand_.stop();
  write_express();  // what is left
  (void)files_.sync();
}

void LogWriter::poke(uint16_t partition) {
  if (lanes_[partition]->poked.exchange(true)) return;
  strand_.post([this, partition] {
    lanes_[partition]->poked = false;
    pump(partition);
  });
}

void LogWriter::wake_by(int64_t due_ms) {
  if (alarm_ms_ != 0 && alarm_ms_ <= due_ms) return;
  alarm_ms_ = due_ms;
  strand_.alarm(due_ms, [this] {
    alarm_ms_ = 0;
    write_express();
    for (uint16_t i = 0; i < lanes_.size(); ++i) pump(i);
  });
}

void LogWriter::pump(uint16_t partition) {
  Lane& lane = *lanes_[partition];
  if (!feed_.runs_here(partition)) {  // another node's; it may come back further on
    lane.known = false;
    return;
  }
  if (!read_on(partition, lane)) return wake_by(clock_.now_ms() + kRetryMs);
  advance(partition, lane);
}

// False: try again later; lines that were written before the failure come twice then.
bool LogWriter::read_on(uint16_t partition, Lane& lane) {
  if (!lane.known) {
    const auto position = feed_.position(kReader, partition);
    if (!position) return ++failed_, false;
    lane.read = lane.advanced = *position;
    lane.known = true;
  }
  for (bool more = true; more && !stopped_;) {
    const auto page = feed_.read(partition, kWants, lane.read, kReadMax);
    if (!page) return ++failed_, false;
    Lines lines;
    size_t count = 0;
    for (const FeedEvent& event : page->events) {
      if (event.logged)
        add_lines(lines, count, event.log, event.state_machine_name, event.execution, event.events);
    }
    if (!write(lines)) return false;
    lines_ += count;
    lane.read = page->next;
    more = page->more;
  }
  return true;
}

bool LogWriter::write(const Lines& lines) {
  for (const auto& [group, text] : lines) {
    if (!files_.append(group, text)) return ++failed_, false;
  }
  return true;
}

// Behind what is safe on the disk.
void LogWriter::advance(uint16_t partition, Lane& lane) {
  if (!(lane.advanced < lane.read) || lane.advancing) return;
  const int64_t now = clock_.now_ms();
  const bool lately =
      now >= lane.advanced_ms && now < lane.advanced_ms + kAdvanceEveryMs;  // a clock may jump
  if (lately) return wake_by(lane.advanced_ms + kAdvanceEveryMs);
  if (!files_.sync()) {
    ++failed_;
    return wake_by(now + kRetryMs);
  }
  lane.advancing = true;
  lane.advanced_ms = now;
  feed_.advance(kReader, kWants, partition, lane.read,
                [weak = weak_from_this(), partition, to = lane.read](ApiResult<bool> done) {
                  const auto self = weak.lock();
                  if (!self || self->stopped_) return;
                  self->strand_.post([writer = self.get(), partition, to, ok = done.has_value()] {
                    writer->advanced(partition, to, ok);
                  });
                });
}

void LogWriter::advanced(uint16_t partition, const engine::core::FeedPosition& to, bool done) {
  Lane& lane = *lanes_[partition];
  lane.advancing = false;
  if (done) lane.advanced = to;
  wake_by(clock_.now_ms() + (done ? kAdvanceEveryMs : kRetryMs));
}

// ------------------------------------------------------------------------------------------ Express

void LogWriter::take_express(const ExpressLogged& step) {
  {
    std::lock_guard lock(express_mutex_);
    if (express_.size() >= kExpressStepsWaitingMax) {
      ++dropped_;
      return;
    }
    express_.push_back(step);
    if (express_.size() > 1) return;  // its writing is on the way
  }
  strand_.post([this] { write_express(); });
}

void LogWriter::write_express() {
  std::deque<ExpressLogged> steps;
  {
    std::lock_guard lock(express_mutex_);
    steps.swap(express_);
  }
  Lines lines;
  size_t count = 0;
  for (const ExpressLogged& step : steps) {
    engine::Execution execution;
    execution.execution_arn = step.execution_arn;
    add_lines(lines, count, step.log, step.state_machine_name, execution, step.events);
  }
  if (write(lines)) {
    lines_ += count;
  } else {
    dropped_ += steps.size();
  }
}

void LogWriter::append_metrics(std::string& text) const {
  engine::append_counter(text, "stepstream_log_lines_total", "Lines written to log files.", lines_);
  engine::append_counter(text, "stepstream_log_failures_total",
                         "Readings and writings of logs that failed and are tried again.", failed_);
  engine::append_counter(text, "stepstream_log_dropped_total",
                         "Steps of Express executions that could not be logged.", dropped_);
}

}  // namespace connectors::logs
