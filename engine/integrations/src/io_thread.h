// IoThread: one thread for what has to wait for a time or a socket. It is started by the first use: an engine
// without such work has no such thread. Thread rule: any thread; work runs on the IoThread.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace engine::integrations {

class IoThread {
 public:
  IoThread();
  ~IoThread();

  void post(std::function<void()> work);
  // Dropped, not run, when stop() comes first.
  void after(int64_t delay_ms, std::function<void()> work);
  // For asynchronous operations; their handlers run on the thread.
  boost::asio::io_context& context();
  void stop();

 private:
  void start();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace engine::integrations
