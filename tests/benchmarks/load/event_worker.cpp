// The worker of W5: how long after its event each first task starts, and which events come twice. An event
// holds its number, "id", and when it was sent, "sent_us", or was due, "due_ms", in Unix time. Usage:
// event_worker URL QUEUE
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include <stepstream_worker/worker.h>

namespace {

// The whole number behind `"name":`; -1: there is none.
int64_t number_of(std::string_view event, std::string_view name) {
  const std::string member = "\"" + std::string(name) + "\":";
  const size_t at = event.find(member);
  if (at == std::string_view::npos) return -1;
  int64_t number = -1;
  std::from_chars(event.data() + at + member.size(), event.data() + event.size(), number);
  return number;
}

int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

class Seen {
 public:
  void add(std::string_view event) {
    const int64_t started_us = now_us();
    const int64_t due_ms = number_of(event, "due_ms");
    const int64_t sent_us = due_ms >= 0 ? due_ms * 1000 : number_of(event, "sent_us");
    const std::lock_guard lock(mutex_);
    tasks_++;
    if (!ids_.insert(number_of(event, "id")).second) return;
    latencies_us_.push_back(started_us - sent_us);
  }

  void print() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    const auto at = [&](double part) {
      if (latencies_us_.empty()) return 0.0;
      const auto index = static_cast<size_t>(part * static_cast<double>(latencies_us_.size() - 1));
      return static_cast<double>(latencies_us_[index]) / 1000;
    };
    std::printf("{\"tasks\": %zu, \"events\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
                tasks_, ids_.size(), at(0.5), at(0.99), at(1));
  }

 private:
  std::mutex mutex_;
  size_t tasks_ = 0;
  std::unordered_set<int64_t> ids_;
  std::vector<int64_t> latencies_us_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  stepstream_worker::Options options;
  options.url = argv[1];
  options.name = "events";
  options.concurrency = 2;
  options.prefetch = 500;
  Seen seen;
  stepstream_worker::Worker worker(options);
  worker.handle_text(argv[2], [&](std::string_view event, stepstream_worker::Context&) {
    seen.add(event);
    return std::string("{}");
  });
  const int code = worker.run();
  seen.print();
  return code;
}
