#include "loop.h"

#include <algorithm>

#include "json_scan.h"

namespace stepstream_worker {
namespace {

using std::chrono::milliseconds;

constexpr size_t kTasksMax = 1000;            // wire: tasks_max
constexpr size_t kResultsMax = 1000;          // wire: results
constexpr size_t kBodyBytesMax = 900 * 1024;  // wire: a body has at most 1 MiB
constexpr milliseconds kBackoffMin{50}, kBackoffMax{5000};
// After a batch arrives, the next poll waits this long for its results, so that short tasks cost one request.
constexpr std::chrono::microseconds kLinger{1000};

}  // namespace

Worker::Loop::Loop(Options options) : options_(std::move(options)) {
  if (options_.name.empty()) options_.name = default_worker_name();
  options_.concurrency = std::max(options_.concurrency, 1u);
}

void Worker::Loop::log(const std::string& line) const {
  write_log(options_, line);
}

void Worker::Loop::add_queue(std::string queue, TextHandler handler) {
  queues_.push_back({std::move(queue), std::move(handler)});
}

void Worker::Loop::stop() {
  stop_requested_ = true;
  board_.wake();
}

int Worker::Loop::run() {
  if (!parse_url(options_.url, address_) || queues_.empty()) {
    log(queues_.empty() ? "no handler is registered"
                        : "not a URL of the form http://host:port: " + options_.url);
    return 1;
  }
  for (size_t i = 0; i <= queues_.size(); i++) {
    lanes_.push_back(Lane{HttpConnection(address_, options_.api_key)});
    lanes_.back().polls = i < queues_.size();
  }
  const StopSignals signals(options_.stop_on_signals, stop_requested_, board_.wake_fd());
  board_.start(options_.concurrency);
  while (!refused_) {
    auto now = Clock::now();
    if (stop_requested_ && !draining_) begin_drain(now);
    bool idle = board_.busy() == 0;  // asked first: what ends in between is collected in the next turn
    collect_results();
    if (draining_ && ((idle && nothing_to_report()) || now >= drain_until_)) break;
    give_work(now);
    wait_for_events(now);
  }
  bool clean =
      board_.finish(draining_ ? drain_until_ : Clock::now() + options_.drain_timeout) && ready_.empty();
  if (!clean && !refused_) log("stopped with work under way; the engine gives it out again");
  return clean && !refused_ ? 0 : 1;
}

// Attempts that nobody has begun are left to their lease; those under way still bring a result.
void Worker::Loop::begin_drain(Clock::time_point now) {
  draining_ = true;
  drain_until_ = now + options_.drain_timeout;
  board_.drop_waiting();
  for (auto& lane : lanes_) {
    if (!lane.waits) continue;
    lane.connection.close();  // leaves the long poll; results that went with it are sent again
    for (auto& result : lane.in_flight) {
      result.repeated = true;
      ready_.push_back(std::move(result));
    }
    lane.in_flight.clear();
    lane.waits = false;
  }
}

bool Worker::Loop::nothing_to_report() const {
  return ready_.empty() &&
         std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.in_flight.empty(); });
}

void Worker::Loop::collect_results() {
  for (auto& result : board_.take_results()) {
    result.attempt->finished_ = true;
    lanes_[result.attempt->lane_].to_run--;
    ready_.push_back(std::move(result));
  }
}

// Finds the heartbeats and lease renewals that are due, and when to look again.
void Worker::Loop::look_over_held(Clock::time_point now) {
  if (now < look_over_at_ && !heartbeat_wanted_.exchange(false)) return;
  beats_due_.clear();
  renewal_due_ = false;
  auto next = Clock::time_point::max();
  for (const auto& [token, attempt] : held_) {
    if (attempt->finished_) continue;
    auto renewal = attempt->renewed_at_ + lease_ / 3;
    renewal_due_ |= now >= renewal;
    next = std::min(next, renewal);
    if (attempt->cancelled_) continue;
    bool due = attempt->heartbeat_wanted_;
    if (options_.automatic_heartbeats && attempt->heartbeat_interval_.count() > 0) {
      auto beat = attempt->beaten_at_ + attempt->heartbeat_interval_ / 3;
      due |= now >= beat;
      next = std::min(next, beat);
    }
    if (due && beats_due_.size() < kTasksMax) beats_due_.push_back(attempt);
  }
  look_over_at_ = next;
}

// Starts a request on every lane that is free and has a reason for one.
void Worker::Loop::give_work(Clock::time_point now) {
  for (size_t i = 0; i < queues_.size(); i++) {
    Lane& lane = lanes_[i];
    if (draining_ || lane.connection.busy() || now < lane.not_before) continue;
    if (lane.to_run > 0 && now < lane.linger_until) continue;
    if (lane.to_run >= options_.concurrency + options_.prefetch) continue;
    start_poll(lane, i, now);
  }
  Lane& report = lanes_.back();
  if (report.connection.busy() || now < report.not_before) return;
  look_over_held(now);
  if (!beats_due_.empty()) {
    start_heartbeats(report, std::move(beats_due_), now);
    beats_due_.clear();
    return;
  }
  bool poll_lane_takes_results = false;  // it is only lingering: the results go with its poll
  for (size_t i = 0; i < queues_.size() && !draining_; i++) {
    const Lane& lane = lanes_[i];
    if (!lane.connection.busy() && now >= lane.not_before && now < lane.linger_until && lane.to_run > 0) {
      poll_lane_takes_results = true;
    }
  }
  if ((!ready_.empty() && !poll_lane_takes_results) || renewal_due_) start_report(report, now);
  renewal_due_ = false;
}

void Worker::Loop::append_results(std::string& body, Lane& lane) {
  if (ready_.empty()) return;
  body += ",\"results\":[";
  while (!ready_.empty() && lane.in_flight.size() < kResultsMax) {
    Result& next = ready_.front();
    if (!lane.in_flight.empty() && body.size() + next.text.size() > kBodyBytesMax) break;
    if (!lane.in_flight.empty()) body += ',';
    body += next.text;
    lane.in_flight.push_back(std::move(next));
    ready_.pop_front();
  }
  body += ']';
}

void Worker::Loop::append_holding(std::string& body, Clock::time_point now) {
  bool first = true;
  for (auto& [token, attempt] : held_) {
    if (attempt->finished_ || now < attempt->renewed_at_ + lease_ / 4 || body.size() > kBodyBytesMax)
      continue;
    body += first ? ",\"holding\":[" : ",";
    first = false;
    append_quoted(body, token);
    attempt->renewed_at_ = now;
  }
  if (!first) body += ']';
}

void Worker::Loop::start_poll(Lane& lane, size_t index, Clock::time_point now) {
  size_t wanted = options_.concurrency + options_.prefetch - lane.to_run;
  std::string body = "{\"queue\":";
  append_quoted(body, queues_[index].name);
  body += ",\"worker\":";
  append_quoted(body, options_.name);
  body += ",\"tasks_max\":" + std::to_string(std::min(wanted, kTasksMax));
  body += ",\"wait_seconds\":" + std::to_string(static_cast<double>(options_.poll_wait.count()) / 1000.0);
  append_results(body, lane);
  append_holding(body, now);
  body += '}';
  lane.waits = true;
  lane.connection.send("POST", "/v1/tasks/poll", body);
  advance(lane, 0, now);
}

void Worker::Loop::start_report(Lane& lane, Clock::time_point now) {
  std::string body = "{\"queue\":";
  append_quoted(body, queues_.front().name);
  body += ",\"worker\":";
  append_quoted(body, options_.name);
  body += ",\"tasks_max\":0";
  append_results(body, lane);
  append_holding(body, now);
  body += '}';
  lane.connection.send("POST", "/v1/tasks/poll", body);
  advance(lane, 0, now);
}

void Worker::Loop::start_heartbeats(Lane& lane, std::vector<AttemptPtr> beating, Clock::time_point now) {
  std::string body = "{\"tokens\":[";
  for (auto& attempt : beating) {
    if (body.back() != '[') body += ',';
    append_quoted(body, attempt->token_);
    attempt->heartbeat_wanted_ = false;
    attempt->beaten_at_ = attempt->renewed_at_ = now;
  }
  body += "]}";
  lane.beating = std::move(beating);
  lane.connection.send("POST", "/v1/tasks/heartbeat", body);
  advance(lane, 0, now);
}

void Worker::Loop::advance(Lane& lane, short revents, Clock::time_point now) {
  switch (lane.connection.advance(revents)) {
    case HttpConnection::Progress::Waiting:
      return;
    case HttpConnection::Progress::Answered:
      take_answer(lane, now);
      return;
    case HttpConnection::Progress::Broken:
      retry_later(lane, now, 0, "the connection to the engine broke");
      return;
  }
}

// Puts the results of the request back, first in line, and lets the lane rest.
void Worker::Loop::retry_later(Lane& lane, Clock::time_point now, int retry_after_s, std::string_view why) {
  for (auto result = lane.in_flight.rbegin(); result != lane.in_flight.rend(); ++result) {
    result->repeated = true;
    ready_.push_front(std::move(*result));
  }
  lane.in_flight.clear();
  for (auto& attempt : lane.beating) attempt->heartbeat_wanted_ = true;
  if (!lane.beating.empty()) look_over_at_ = now;
  lane.beating.clear();
  lane.waits = false;
  lane.backoff = std::clamp(lane.backoff * 2, kBackoffMin, kBackoffMax);
  auto pause = milliseconds(lane.backoff.count() / 2 +
                            static_cast<int64_t>(jitter_() % static_cast<uint64_t>(lane.backoff.count())));
  lane.not_before = now + std::max<milliseconds>(pause, std::chrono::seconds(retry_after_s));
  if (!reported_down_) log(std::string(why) + "; trying again until it is back");
  reported_down_ = true;
}

void Worker::Loop::take_answer(Lane& lane, Clock::time_point now) {
  HttpResponse& response = lane.connection.response();
  if (response.status == 200) {
    if (reported_down_) log("the engine answers again");
    reported_down_ = false;
    lane.backoff = milliseconds(0);
    if (!lane.beating.empty()) {
      take_heartbeat_answer(lane, response.body);
    } else {
      take_poll_answer(lane, response.body, now);
    }
    return;
  }
  std::string text = "the engine answers " + std::to_string(response.status);
  if (response.status == 400 || response.status == 401 || response.status == 403) {
    log(text + ": " + response.body.substr(0, 500));
    refused_ = true;
    return;
  }
  retry_later(lane, now, response.retry_after_s, text);
}

void Worker::Loop::take_poll_answer(Lane& lane, std::string_view body, Clock::time_point now) {
  std::string_view decisions;
  std::vector<AttemptPtr> fresh;
  lane.waits = false;
  bool whole = for_each_member(body, [&](std::string_view key, std::string_view value) {
    if (key == "results") decisions = value;
    if (key == "lease_ms") lease_ = milliseconds(std::max<int64_t>(integer_or(value, lease_.count()), 100));
    if (key == "tasks") {
      for_each_item(value, [&](std::string_view task) { take_task(lane, task, now, fresh); });
    }
  });
  if (!whole) {
    retry_later(lane, now, 0, "the engine's answer is not JSON");
    return;
  }
  decide(lane, decisions, now);
  if (fresh.empty()) return;
  lane.linger_until = now + kLinger;
  board_.add(std::move(fresh));
}

void Worker::Loop::take_task(Lane& lane, std::string_view task, Clock::time_point now,
                             std::vector<AttemptPtr>& fresh) {
  auto attempt = std::make_shared<Attempt>();
  const int64_t timeout_ms = read_task(task, *attempt);
  if (attempt->token_.empty()) return;
  auto [place, is_new] = held_.emplace(attempt->token_, attempt);
  if (!is_new) {  // delivered again while it runs here, or while its result is on its way
    place->second->renewed_at_ = now;
    return;
  }
  attempt->lane_ = static_cast<size_t>(&lane - lanes_.data());
  attempt->queue_ = queues_[attempt->lane_].name;
  attempt->handler_ = &queues_[attempt->lane_].handler;
  attempt->renewed_at_ = attempt->beaten_at_ = now;
  if (timeout_ms > 0) attempt->deadline_ = now + milliseconds(timeout_ms);
  attempt->wake_ = [this] {
    heartbeat_wanted_ = true;
    board_.wake();
  };
  look_over_at_ = std::min(look_over_at_, now + lease_ / 3);
  if (attempt->heartbeat_interval_.count() > 0)
    look_over_at_ = std::min(look_over_at_, now + attempt->heartbeat_interval_ / 3);
  lane.to_run++;
  fresh.push_back(std::move(attempt));
}

// One decision for each result that was sent, in order. What is not decided or may be tried again is kept.
void Worker::Loop::decide(Lane& lane, std::string_view decisions, Clock::time_point now) {
  std::vector<Result> sent = std::move(lane.in_flight);
  lane.in_flight.clear();
  size_t index = 0;
  size_t again = 0;
  for_each_item(decisions, [&](std::string_view decision) {
    if (index >= sent.size()) return;
    bool retry = false, accepted = false;
    std::string_view code, message;
    for_each_member(decision, [&](std::string_view key, std::string_view value) {
      if (key == "retry") retry = value == "true";
      if (key == "accepted") accepted = value == "true";
      if (key == "code") code = value;
      if (key == "message") message = value;
    });
    Result& result = sent[index++];
    if (!accepted && retry) {
      ready_.push_back(std::move(result));
      again++;
      return;
    }
    // A refusal of a result that was sent before mostly means that it was accepted then.
    if (!accepted && !result.repeated) {
      log("a result of state " + result.attempt->state_name_ + " was not accepted: " + std::string(code) +
          " " + std::string(message));
    }
    held_.erase(result.attempt->token_);
  });
  for (; index < sent.size(); index++, again++) ready_.push_back(std::move(sent[index]));
  if (again > 0) retry_later(lane, now, 0, "the engine could not take " + std::to_string(again) + " results");
}

void Worker::Loop::take_heartbeat_answer(Lane& lane, std::string_view body) {
  size_t index = 0;
  for_each_member(body, [&](std::string_view key, std::string_view value) {
    if (key != "heartbeats") return;
    for_each_item(value, [&](std::string_view beat) {
      if (index >= lane.beating.size()) return;
      Attempt& attempt = *lane.beating[index++];
      for_each_member(beat, [&](std::string_view name, std::string_view flag) {
        if (name == "cancelled" && flag == "true") attempt.cancelled_ = true;
      });
    });
  });
  lane.beating.clear();
}

Clock::time_point Worker::Loop::next_deadline(Clock::time_point now) const {
  auto next = now + std::chrono::seconds(draining_ ? 1 : 60);
  for (const auto& lane : lanes_) {
    if (lane.connection.busy()) continue;
    if (lane.not_before > now) next = std::min(next, lane.not_before);
    if (lane.polls && lane.to_run > 0 && lane.linger_until > now) next = std::min(next, lane.linger_until);
  }
  if (!lanes_.back().connection.busy()) next = std::min(next, look_over_at_);
  return next;
}

void Worker::Loop::wait_for_events(Clock::time_point now) {
  std::vector<pollfd> fds;
  fds.push_back({board_.wake_fd(), POLLIN, 0});
  for (const auto& lane : lanes_) fds.push_back({lane.connection.fd(), lane.connection.events(), 0});
  auto wait = std::max(next_deadline(now) - Clock::now(), Clock::duration::zero());
  for (const auto& lane : lanes_) {
    if (lane.connection.busy() && lane.connection.fd() < 0)
      wait = Clock::duration::zero();  // could not connect
  }
  timespec timeout{};
  timeout.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
  timeout.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count() % 1'000'000'000;
  if (ppoll(fds.data(), fds.size(), &timeout, nullptr) < 0) return;  // a signal: the loop looks again
  if (fds[0].revents != 0) board_.clear_wake();
  now = Clock::now();
  for (size_t i = 0; i < lanes_.size(); i++) {
    bool unconnected = lanes_[i].connection.busy() && lanes_[i].connection.fd() < 0;
    if (fds[i + 1].revents != 0 || unconnected) advance(lanes_[i], fds[i + 1].revents, now);
  }
}

}  // namespace stepstream_worker
