// RunningWorker: a worker on a thread of its own, stopped at the end of the test.
#pragma once

#include <future>

#include <stepstream_worker/worker.h>

class RunningWorker {
 public:
  explicit RunningWorker(stepstream_worker::Worker& worker)
      : worker_(worker), code_(std::async(std::launch::async, [&] { return worker.run(); })) {}
  ~RunningWorker() {
    if (code_.valid()) stop();
  }
  // What run() gave. Once: stop() or wait().
  int stop() {
    worker_.stop();
    return code_.get();
  }
  int wait() { return code_.get(); }

 private:
  stepstream_worker::Worker& worker_;
  std::future<int> code_;
};
