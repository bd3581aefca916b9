#include "io_thread.h"

#include <chrono>
#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace engine::integrations {

IoThread::IoThread() : guard_(boost::asio::make_work_guard(context_)) {}

IoThread::~IoThread() {
  stop();
}

void IoThread::start() {
  std::lock_guard lock(mutex_);
  if (stopped_ || thread_.joinable()) return;
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::post(std::function<void()> work) {
  start();
  boost::asio::post(context_, std::move(work));
}

void IoThread::after(int64_t delay_ms, std::function<void()> work) {
  post([this, delay_ms, work = std::move(work)]() mutable {
    auto timer = std::make_shared<boost::asio::steady_timer>(context_, std::chrono::milliseconds(delay_ms));
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& error) {
      if (!error) work();
    });
  });
}

boost::asio::io_context& IoThread::context() {
  start();
  return context_;
}

void IoThread::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace engine::integrations
