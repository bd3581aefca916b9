// The worker of the kill loop: before it reports a task, it writes what it did into a ledger of its own,
// flushed to the disk, so that a checker can compare what was done with what the engine says was done. Usage:
// ledger_worker URL LEDGER [QUEUE...] (without queues: of all)
//
// One line for each run: execution-arn TAB state TAB retry TAB token TAB value. The value is unique to the
// run and is the task's result.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include <fcntl.h>
#include <stepstream_worker/worker.h>
#include <unistd.h>

using stepstream_worker::Context;
using stepstream_worker::HandlerError;
using stepstream_worker::Json;

namespace {

// Appends lines; returns when they are on the disk. Writers that come together share one flush.
class Ledger {
 public:
  explicit Ledger(const char* path) : fd_(::open(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600)) {}
  bool open() const { return fd_ >= 0; }
  void write(const std::string& line) {
    std::unique_lock lock(mutex_);
    pending_ += line;
    uint64_t mine = next_flush_;
    while (flushed_ < mine) {
      if (flushing_) {
        done_.wait(lock);
        continue;
      }
      flushing_ = true;
      std::string lines = std::move(pending_);
      pending_.clear();
      uint64_t number = next_flush_++;
      lock.unlock();
      bool written = ::write(fd_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()) &&
                     ::fdatasync(fd_) == 0;
      lock.lock();
      if (!written) throw std::runtime_error("the ledger cannot be written");
      flushing_ = false;
      flushed_ = number;
      done_.notify_all();
    }
  }

 private:
  int fd_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::string pending_;
  uint64_t next_flush_ = 1, flushed_ = 0;
  bool flushing_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Ledger ledger(argv[2]);
  if (!ledger.open()) return 2;
  stepstream_worker::Options options;
  options.url = argv[1];
  options.concurrency = 32;
  options.prefetch = 64;
  options.log = [](std::string_view) {};
  std::atomic<uint64_t> runs{0};
  const std::string process = std::to_string(::getpid());
  auto work = [&](const Json&, Context& context) -> Json {
    std::string value = process + "-" + std::to_string(++runs);
    ledger.write(context.execution_arn() + "\t" + context.state_name() + "\t" +
                 std::to_string(context.retry_count()) + "\t" + context.token() + "\t" + value + "\n");
    return value;
  };
  stepstream_worker::Worker worker(options);
  const std::vector<std::string> queues(argv + 3, argv + argc);
  const auto handle = [&](const std::string& queue, stepstream_worker::Worker::Handler handler) {
    if (queues.empty() || std::find(queues.begin(), queues.end(), queue) != queues.end())
      worker.handle(queue, std::move(handler));
  };
  handle("chaos-step", work);
  handle("chaos-call", work);
  handle("chaos-flaky", [&](const Json& event, Context& context) -> Json {
    Json value = work(event, context);
    if (context.retry_count() == 0) throw HandlerError("Chaos.First", "the first attempt fails");
    return value;
  });
  return worker.run();
}
