// Worker::Runner: what a worker does behind its registration of handlers; one for each way to the engine.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <stepstream_worker/worker.h>

namespace stepstream_worker {

class Worker::Runner {
 public:
  virtual ~Runner() = default;
  virtual void add_queue(std::string queue, TextHandler handler) = 0;
  virtual int run() = 0;
  virtual void stop() = 0;

  // For a URL kafka://...
  static std::unique_ptr<Runner> over_kafka(Options options);
};

// Name of this process for histories and metrics: host name and process id.
std::string default_worker_name();
// One line for an operator, without its end.
void write_log(const Options& options, const std::string& line);

// While it lives, SIGTERM and SIGINT set `flag` and write to the eventfd. One at a time in a process.
class StopSignals {
 public:
  StopSignals(bool wanted, std::atomic<bool>& flag, int wake_fd);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct Previous;
  std::unique_ptr<Previous> previous_;
};

}  // namespace stepstream_worker
