#include "asio_threads.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

namespace engine::runtime {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

// The wall clock may jump while an alarm sleeps on the steady one: it looks again after so long.
constexpr int64_t kSleepMaxMs = 300'000;

using AsioStrandType = asio::strand<asio::io_context::executor_type>;

class AsioStrand : public Strand {
 public:
  AsioStrand(std::shared_ptr<asio::io_context> context, const Clock& clock)
      : context_(std::move(context)), state_(std::make_shared<State>(*context_, clock)) {}
  ~AsioStrand() override {
    asio::post(state_->strand, [state = state_] {
      state->wake = nullptr;
      state->timer.cancel();
    });
  }

  // What is posted runs on another thread and may end the engine before this call is back, and with it this
  // object: the context stays until then.
  void post(std::function<void()> work) override {
    const auto context = context_;
    asio::post(state_->strand, std::move(work));
  }

  void alarm(int64_t due_ms, std::function<void()> wake) override {
    const auto context = context_;
    asio::dispatch(state_->strand, [state = state_, due_ms, wake = std::move(wake)]() mutable {
      state->due_ms = due_ms;
      state->wake = std::move(wake);
      State::sleep(state);
    });
  }

 private:
  struct State {
    State(asio::io_context& context, const Clock& used_clock)
        : strand(asio::make_strand(context)), timer(context), clock(used_clock) {}

    static void sleep(const std::shared_ptr<State>& state) {
      const int64_t left = state->due_ms - state->clock.now_ms();
      state->timer.expires_after(milliseconds(std::clamp<int64_t>(left, 0, kSleepMaxMs)));
      state->timer.async_wait(
          asio::bind_executor(state->strand, [state](const boost::system::error_code& error) {
            if (error || !state->wake) return;
            if (state->clock.now_ms() < state->due_ms) return sleep(state);
            std::exchange(state->wake, nullptr)();
          }));
    }

    AsioStrandType strand;
    asio::steady_timer timer;
    const Clock& clock;
    int64_t due_ms = 0;
    std::function<void()> wake;
  };
  std::shared_ptr<asio::io_context> context_;
  std::shared_ptr<State> state_;
};

}  // namespace

int64_t SystemClock::now_ms() const {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct AsioThreads::Implementation {
  explicit Implementation(size_t count)
      : wanted(count != 0 ? count : std::max(1u, std::thread::hardware_concurrency())),
        context(std::make_shared<asio::io_context>(static_cast<int>(wanted))),
        work(asio::make_work_guard(*context)) {}
  size_t wanted;
  std::shared_ptr<asio::io_context> context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
};

AsioThreads::AsioThreads(size_t threads) : implementation_(std::make_unique<Implementation>(threads)) {}

AsioThreads::~AsioThreads() {
  join();
}

std::unique_ptr<Strand> AsioThreads::make_strand(const Clock& clock) {
  return std::make_unique<AsioStrand>(implementation_->context, clock);
}

void AsioThreads::run() {
  for (size_t i = 0; i < implementation_->wanted; ++i) {
    implementation_->threads.emplace_back([this] { implementation_->context->run(); });
  }
}

bool AsioThreads::running() const {
  return !implementation_->threads.empty();
}

void AsioThreads::join() {
  implementation_->context->stop();
  for (std::thread& thread : implementation_->threads) thread.join();
  implementation_->threads.clear();
}

}  // namespace engine::runtime
