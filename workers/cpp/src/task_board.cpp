#include "task_board.h"

#include <typeinfo>

#include <cxxabi.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "json_scan.h"

namespace stepstream_worker {
namespace {

constexpr size_t kErrorBytesMax = 256;
constexpr size_t kCauseBytesMax = 32'768;

int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string type_name(const std::exception& exception) {
  int status = 0;
  char* name = abi::__cxa_demangle(typeid(exception).name(), nullptr, nullptr, &status);
  std::string out = status == 0 && name != nullptr ? name : typeid(exception).name();
  std::free(name);
  return out;
}

}  // namespace

std::string failure_text(const std::string& token, std::string error, std::string message) {
  if (error.size() > kErrorBytesMax) error.resize(kErrorBytesMax);
  if (message.size() > kCauseBytesMax / 2) message.resize(kCauseBytesMax / 2);
  Json cause = {{"errorMessage", message}, {"errorType", error}, {"stackTrace", Json::array()}};
  auto replace = Json::error_handler_t::replace;  // messages need not be UTF-8
  std::string cause_text = cause.dump(-1, ' ', false, replace);
  if (cause_text.size() > kCauseBytesMax) {  // only escapes can make it so long
    cause_text = R"({"errorMessage":"","errorType":"","stackTrace":[]})";
  }
  Json result = {{"token", token}, {"error", error}, {"cause", cause_text}};
  return result.dump(-1, ' ', false, replace);
}

int64_t Attempt::remaining_ms() const {
  if (deadline_ == Clock::time_point::max()) return INT64_MAX;
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
  return left > 0 ? left : 0;
}

void Attempt::heartbeat() {
  if (!heartbeat_wanted_.exchange(true) && wake_) wake_();
}

Result run_attempt(const AttemptPtr& shared) {
  Attempt& attempt = *shared;
  if (attempt.given_up_ || (attempt.ends_late_ && attempt.late())) return {shared, {}};
  attempt.started_ms_ = unix_ms();
  auto failed = [&](std::string error, std::string message) {
    return Result{shared, failure_text(attempt.token_, std::move(error), std::move(message)), true};
  };
  try {
    std::string output = (*attempt.handler_)(attempt.input_, attempt);
    std::string text;
    text.reserve(attempt.token_.size() + output.size() + 32);
    text += "{\"token\":";
    append_quoted(text, attempt.token_);
    text.append(",\"output\":").append(output.empty() ? "null" : output).append("}");
    return {shared, std::move(text)};
  } catch (const HandlerError& error) {
    return failed(error.error_name(), error.what());
  } catch (const std::exception& error) {
    return failed(type_name(error), error.what());
  } catch (...) {
    return failed("UnknownException", "the handler threw something that is not an exception");
  }
}

int64_t read_task(std::string_view task, Attempt& attempt) {
  int64_t timeout_ms = 0;
  for_each_member(task, [&](std::string_view key, std::string_view value) {
    if (key == "token") attempt.token_ = unquoted(value).value_or("");
    if (key == "input") attempt.input_ = value;
    if (key == "state_name") attempt.state_name_ = unquoted(value).value_or("");
    if (key == "execution_arn") attempt.execution_arn_ = unquoted(value).value_or("");
    if (key == "retry_count") attempt.retry_count_ = static_cast<unsigned>(integer_or(value, 0));
    if (key == "delivery") attempt.delivery_ = static_cast<unsigned>(integer_or(value, 1));
    if (key == "timeout_ms") timeout_ms = integer_or(value, 0);
    if (key == "heartbeat_ms") attempt.heartbeat_interval_ = std::chrono::milliseconds(integer_or(value, 0));
  });
  return timeout_ms;
}

struct TaskBoard::Shared {
  std::mutex mutex;
  std::condition_variable work;
  std::condition_variable idle;
  std::deque<AttemptPtr> waiting;
  std::vector<Result> results;
  unsigned busy = 0;
  unsigned alive = 0;
  bool stopping = false;
};

TaskBoard::TaskBoard()
    : shared_(std::make_shared<Shared>()), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
TaskBoard::~TaskBoard() {
  finish(Clock::now());
  if (!left_behind_) ::close(wake_fd_);  // a handler that was left behind may still write to it
}

void TaskBoard::wake() {
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(wake_fd_, &one, sizeof one);
}
void TaskBoard::clear_wake() {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t got = ::read(wake_fd_, &count, sizeof count);
}

void TaskBoard::start(unsigned threads) {
  shared_->alive = threads;
  for (unsigned i = 0; i < threads; i++) threads_.emplace_back([this] { run_handlers(); });
}

void TaskBoard::run_handlers() {
  auto shared = shared_;  // outlives the board if this thread is left behind
  int wake_fd = wake_fd_;
  std::unique_lock lock(shared->mutex);
  for (;;) {
    shared->work.wait(lock, [&] { return shared->stopping || !shared->waiting.empty(); });
    if (shared->stopping) break;
    AttemptPtr attempt = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    shared->busy++;
    lock.unlock();
    Result result = run_attempt(attempt);
    lock.lock();
    shared->busy--;
    shared->results.push_back(std::move(result));
    attempt.reset();
    // While more is waiting, the results of a batch are gathered and reported together.
    if (shared->results.size() == 1 || shared->waiting.empty()) {
      uint64_t one = 1;
      [[maybe_unused]] ssize_t written = ::write(wake_fd, &one, sizeof one);
    }
  }
  shared->alive--;
  shared->idle.notify_all();
}

void TaskBoard::add(std::vector<AttemptPtr> attempts) {
  {
    std::lock_guard lock(shared_->mutex);
    for (auto& attempt : attempts) shared_->waiting.push_back(std::move(attempt));
  }
  attempts.size() == 1 ? shared_->work.notify_one() : shared_->work.notify_all();
}

std::vector<Result> TaskBoard::take_results() {
  std::lock_guard lock(shared_->mutex);
  return std::move(shared_->results);
}

unsigned TaskBoard::busy() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->busy;
}

void TaskBoard::drop_waiting() {
  std::lock_guard lock(shared_->mutex);
  shared_->waiting.clear();
}

bool TaskBoard::finish(Clock::time_point deadline) {
  std::unique_lock lock(shared_->mutex);
  shared_->stopping = true;
  shared_->work.notify_all();
  bool done = shared_->idle.wait_until(lock, deadline, [&] { return shared_->alive == 0; });
  lock.unlock();
  left_behind_ |= !done;
  for (auto& thread : threads_) {
    if (done) {
      thread.join();
    } else {
      thread.detach();
    }
  }
  threads_.clear();
  return done;
}

}  // namespace stepstream_worker
