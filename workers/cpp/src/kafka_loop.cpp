#include "kafka_loop.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <poll.h>

#include <engine/ports/failpoint.h>
#include <engine/wire/topic_name.h>

#include "json_scan.h"

namespace stepstream_worker {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kBackoffMin{50}, kBackoffMax{5000};
constexpr milliseconds kLookOver{100};
// A worker that is busy for longer than this pauses its partitions and goes on polling, so that it stays in
// its group; for short tasks that would cost a new fetch each time.
constexpr milliseconds kPauseAfter{200};
constexpr milliseconds kServe{100};            // the clients are served at least so often
constexpr milliseconds kToldAfter{1000};       // a handler that runs so long is told to the history
constexpr milliseconds kHeartbeatLeast{1000};  // for one task
constexpr std::chrono::seconds kSameLine{60};  // a line is logged again after this
constexpr size_t kRecordsAheadMax = 10'000;    // behind one unfinished task of a partition
constexpr size_t kDoneMax = 10'000;            // tokens that are remembered

int64_t unix_ms() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::optional<std::string> header(const rd_kafka_message_t& message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* bytes = nullptr;
  size_t size = 0;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &bytes, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return std::string(static_cast<const char*>(bytes), size);
}

template <class Number>
std::optional<Number> number_header(const rd_kafka_message_t& message, const char* name) {
  const auto text = header(message, name);
  if (!text) return std::nullopt;
  Number number{};
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::unique_ptr<Worker::Runner> Worker::Runner::over_kafka(Options options) {
  return std::make_unique<KafkaLoop>(std::move(options));
}

Worker::KafkaLoop::KafkaLoop(Options options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = default_worker_name();
  options_.concurrency = std::max(options_.concurrency, 1u);
}

void Worker::KafkaLoop::add_queue(std::string queue, TextHandler handler) {
  Lane lane;
  lane.name = std::move(queue);
  lane.handler = std::move(handler);
  lanes_.push_back(std::move(lane));
}

void Worker::KafkaLoop::stop() {
  stop_requested_ = true;
  board_.wake();
}

void Worker::KafkaLoop::log(const std::string& line) {
  const auto now = Clock::now();
  auto [place, is_new] = logged_.emplace(line, now);
  if (!is_new && now - place->second < kSameLine) return;
  place->second = now;
  if (logged_.size() > 100) logged_.clear();
  write_log(options_, line);
}

// While no broker answers there is nothing to do but to wait for one.
bool Worker::KafkaLoop::ensure_topics() {
  for (const Lane& lane : lanes_) {
    for (;;) {
      if (stop_requested_) return false;
      std::string problem;
      const auto state =
          kafka::ensure_topic(reporter_->client(), engine::wire::task_topic(address_.prefix, lane.name),
                              options_.kafka_partitions, problem);
      if (state == kafka::TopicState::NoAnswer) problem += reporter_->complaint();
      if (state != kafka::TopicState::There) log(problem);
      if (state != kafka::TopicState::NoAnswer) break;
    }
  }
  return true;
}

bool Worker::KafkaLoop::open() {
  if (!kafka::parse_kafka_url(options_.url, address_) || lanes_.empty()) {
    log(lanes_.empty() ? "no handler is registered"
                       : "not a URL of the form kafka://host:port,host:port/prefix: " + options_.url);
    return false;
  }
  std::string problem;
  reporter_ = kafka::Reporter::open(address_, options_, board_.wake_fd(), problem);
  if (reporter_ && !ensure_topics()) return true;
  for (Lane& lane : lanes_) {
    if (!reporter_ || !problem.empty()) break;
    lane.consumer = kafka::TaskConsumer::open(
        address_, options_, lane.name, board_.wake_fd(), [this](const std::string& line) { log(line); },
        problem);
  }
  if (!problem.empty()) log(problem);
  return problem.empty();
}

int Worker::KafkaLoop::run() {
  const StopSignals signals(options_.stop_on_signals, stop_requested_, board_.wake_fd());
  if (!open()) return 1;
  board_.start(options_.concurrency);
  for (;;) {
    const auto now = Clock::now();
    if (stop_requested_ && !draining_) {
      draining_ = true;
      drain_until_ = now + options_.drain_timeout;
      board_.drop_waiting();
    }
    const bool idle = board_.busy() == 0;  // asked first: what ends in between is collected in the next turn
    turn(now);
    if (draining_ && ((idle && ready_.empty() && results_on_the_way_ == 0) || now >= drain_until_)) break;
    pollfd fd{board_.wake_fd(), POLLIN, 0};
    if (::poll(&fd, 1, static_cast<int>(wait_time(now).count())) > 0) board_.clear_wake();
  }
  const bool clean = board_.finish(drain_until_) && ready_.empty() && results_on_the_way_ == 0;
  for (Lane& lane : lanes_) {
    if (lane.consumer) lane.consumer->close();
  }
  reporter_.reset();
  if (!clean) log("stopped with work under way; the brokers give it out again");
  return clean ? 0 : 1;
}

void Worker::KafkaLoop::turn(Clock::time_point now) {
  collect_results();
  send_results(now);
  reporter_->serve();
  look_over_held(now);
  commits_wait_ = false;
  for (size_t i = 0; i < lanes_.size(); i++) {
    if (!lanes_[i].consumer) continue;
    receive(i, now);
    commits_wait_ |= lanes_[i].consumer->commit(now);
  }
}

milliseconds Worker::KafkaLoop::wait_time(Clock::time_point now) const {
  if (heartbeat_wanted_) return milliseconds(0);
  auto until = now + (commits_wait_ ? kServe / 2 : kServe);
  if (!ready_.empty()) until = std::min(until, std::max(send_at_, now + milliseconds(1)));
  return std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), milliseconds(0));
}

// ---------------------------------------------------------------------------------------------- tasks

bool Worker::KafkaLoop::is_full(const Lane& lane) const {
  const size_t wanted = options_.concurrency + std::max(options_.concurrency, options_.prefetch);
  return lane.to_run >= wanted || lane.consumer->open_records() >= kRecordsAheadMax;
}

void Worker::KafkaLoop::receive(size_t index, Clock::time_point now) {
  Lane& lane = lanes_[index];
  const bool full = draining_ || is_full(lane);
  if (full && !lane.full) lane.full_since = now;
  lane.full = full;
  if (full && !draining_ && now < lane.full_since + kPauseAfter) return;
  lane.consumer->pause(full);
  while (full || !is_full(lane)) {
    kafka::Place place;
    const kafka::MessagePtr message = lane.consumer->receive(place);
    if (!message) break;
    if (!draining_) take(index, *message, place);
  }
  if (!taken_.empty()) board_.add(std::exchange(taken_, {}));
  if (lane.consumer->assignment() != lane.assignment) give_up_lost(index);
}

void Worker::KafkaLoop::take(size_t index, const rd_kafka_message_t& message, const kafka::Place& place) {
  Lane& lane = lanes_[index];
  const std::string where = "message " + std::to_string(place.offset) + " of partition " +
                            std::to_string(place.partition) + " for queue " + lane.name;
  const auto reply_partition = number_header<int32_t>(message, "rp");
  auto attempt = std::make_shared<Attempt>();
  int64_t timeout_ms = 0;
  if (message.payload != nullptr)
    timeout_ms = read_task({static_cast<const char*>(message.payload), message.len}, *attempt);
  if (header(message, "v") != "1" || reply_partition.value_or(-1) < 0 || attempt->token_.empty()) {
    log(where + " is no task and was skipped");
    return lane.consumer->finish(place);
  }
  if (done_.count(attempt->token_) != 0) return lane.consumer->finish(place);
  Held& held = held_[attempt->token_];
  held.places.push_back(place);
  if (held.attempt) {  // it runs here, or its result is on its way
    held.attempt->given_up_ = false;
    return;
  }
  const auto now = Clock::now();
  attempt->ends_late_ = true;
  if (const auto deadline = number_header<int64_t>(message, "deadline")) {
    attempt->deadline_ = now + milliseconds(std::clamp<int64_t>(*deadline - unix_ms(), -1, INT64_C(1) << 40));
  } else if (timeout_ms > 0) {
    attempt->deadline_ = now + milliseconds(std::min<int64_t>(timeout_ms, INT64_C(1) << 40));
  }
  attempt->queue_ = lane.name;
  attempt->handler_ = &lane.handler;
  attempt->beaten_at_ = now;
  attempt->wake_ = [this] {
    heartbeat_wanted_ = true;
    board_.wake();
  };
  held.attempt = attempt;
  held.lane = index;
  held.reply_partition = *reply_partition;
  lane.to_run++;
  engine::pass(engine::Failpoint::WorkerGotTask);
  taken_.push_back(std::move(attempt));
}

// What nobody here has begun is the next owner's; if that is this worker, it comes again.
void Worker::KafkaLoop::give_up_lost(size_t index) {
  Lane& lane = lanes_[index];
  lane.assignment = lane.consumer->assignment();
  for (auto& [token, held] : held_) {
    if (held.lane != index) continue;
    held.places.erase(std::remove_if(held.places.begin(), held.places.end(),
                                     [&](const auto& place) { return place.assignment != lane.assignment; }),
                      held.places.end());
    if (held.places.empty()) held.attempt->given_up_ = true;
  }
}

// ---------------------------------------------------------------------------------------------- results

void Worker::KafkaLoop::collect_results() {
  for (auto& result : board_.take_results()) {
    const auto place = held_.find(result.attempt->token_);
    if (place == held_.end()) continue;
    Held& held = place->second;
    if (result.text.empty()) {
      if (!result.attempt->late() && !held.places.empty()) {  // lost, and back again in the meantime
        board_.add({std::move(result.attempt)});
        continue;
      }
      lanes_[held.lane].to_run--;
      for (const auto& lies : held.places) lanes_[held.lane].consumer->finish(lies);
      held_.erase(place);
      continue;
    }
    lanes_[held.lane].to_run--;
    result.attempt->finished_ = true;
    engine::pass(engine::Failpoint::WorkerDone);
    Report report{result.attempt->token_, result.failed ? "task-failure" : "task-success",
                  std::move(result.text)};
    report.value.pop_back();
    report.value += ",\"worker\":";
    append_quoted(report.value, options_.name);
    report.value += ",\"started_ms\":" + std::to_string(result.attempt->started_ms_) + "}";
    ready_.push_back(std::move(report));
  }
}

void Worker::KafkaLoop::send_results(Clock::time_point now) {
  if (now < send_at_) return;
  for (size_t count = ready_.size(); count > 0; count--) {
    Report report = std::move(ready_.front());
    ready_.pop_front();
    const int32_t partition = held_.at(report.token).reply_partition;
    results_on_the_way_++;
    const bool taken = reporter_->send(partition, report.type, report.token, report.value,
                                       [this, report](kafka::Delivery delivery, const std::string& problem) {
                                         results_on_the_way_--;
                                         delivered(report, delivery, problem);
                                       });
    if (taken) continue;
    results_on_the_way_--;
    ready_.push_front(std::move(report));
    return;  // what is on its way makes room
  }
}

void Worker::KafkaLoop::delivered(const Report& report, kafka::Delivery delivery,
                                  const std::string& problem) {
  switch (delivery) {
    case kafka::Delivery::Done:
      backoff_ = milliseconds(0);
      engine::pass(engine::Failpoint::WorkerResultReported);
      return finish(report.token);
    case kafka::Delivery::TooLarge: {
      log("a result is larger than a message may be: " + problem);
      const std::string size = std::to_string(report.value.size());
      ready_.push_back(
          {report.token, "task-failure",
           failure_text(report.token, "States.DataLimitExceeded",
                        "the result has " + size + " bytes, more than a Kafka message may have")});
      return;
    }
    case kafka::Delivery::Nowhere:
      log("a task is not the engine's: the log has no partition " +
          std::to_string(held_.at(report.token).reply_partition) + " for its result");
      return finish(report.token);
    case kafka::Delivery::Again:
      log("a result did not get to the brokers (" + problem + "); sending it again until it does");
      backoff_ = std::clamp(backoff_ * 2, kBackoffMin, kBackoffMax);
      send_at_ = Clock::now() + backoff_ / 2 +
                 milliseconds(static_cast<int64_t>(jitter_() % static_cast<uint64_t>(backoff_.count())));
      ready_.push_back(report);
      return;
  }
}

void Worker::KafkaLoop::finish(const std::string& token) {
  const auto place = held_.find(token);
  if (place == held_.end()) return;
  for (const auto& lies : place->second.places) lanes_[place->second.lane].consumer->finish(lies);
  held_.erase(place);
  if (!done_.insert(token).second) return;
  done_order_.push_back(token);
  if (done_order_.size() <= kDoneMax) return;
  done_.erase(done_order_.front());
  done_order_.pop_front();
}

// ---------------------------------------------------------------------------------------------- signs of
// life

void Worker::KafkaLoop::look_over_held(Clock::time_point now) {
  if (now < look_over_at_ && !heartbeat_wanted_.exchange(false)) return;
  look_over_at_ = now + kLookOver;
  for (auto& [token, held] : held_) {
    Attempt& attempt = *held.attempt;
    if (attempt.finished_ || attempt.cancelled()) continue;
    const int64_t started = attempt.started_ms_;
    if (started > 0 && !held.told_start && unix_ms() - started >= kToldAfter.count()) tell_start(held);
    const auto interval = attempt.heartbeat_interval_;
    if (interval.count() == 0) continue;  // nobody waits for one
    const auto least = std::min(kHeartbeatLeast, interval / 3);
    const bool by_timer = options_.automatic_heartbeats && now >= attempt.beaten_at_ + interval / 3;
    if (by_timer || (attempt.heartbeat_wanted_ && now >= attempt.beaten_at_ + least)) beat(held, now);
  }
}

void Worker::KafkaLoop::beat(Held& held, Clock::time_point now) {
  held.attempt->beaten_at_ = now;
  held.attempt->heartbeat_wanted_ = false;
  std::string value = "{\"token\":";
  append_quoted(value, held.attempt->token_);
  value += '}';
  // A beat that is lost is followed by another one.
  reporter_->send(held.reply_partition, "task-heartbeat", held.attempt->token_, value,
                  [](kafka::Delivery, const std::string&) {});
}

void Worker::KafkaLoop::tell_start(Held& held) {
  held.told_start = true;
  std::string value = "{\"token\":";
  append_quoted(value, held.attempt->token_);
  value += ",\"worker\":";
  append_quoted(value, options_.name);
  value += ",\"started_ms\":" + std::to_string(held.attempt->started_ms_) + "}";
  reporter_->send(held.reply_partition, "task-started", held.attempt->token_, value,
                  [](kafka::Delivery, const std::string&) {});
}

}  // namespace stepstream_worker
