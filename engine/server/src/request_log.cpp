#include "request_log.h"

#include <chrono>
#include <string>

#include "log.h"

namespace engine::server {
namespace {

using Clock = std::chrono::steady_clock;

class LoggedAnswer : public http::ResponseSink {
 public:
  LoggedAnswer(std::string what, http::Responder responder)
      : what_(std::move(what)), responder_(std::move(responder)) {}

  void send(http::Response response) override {
    note(response.status, "");
    responder_.send(std::move(response));
  }
  std::shared_ptr<http::Stream> open_stream(http::Response head) override {
    note(head.status, " to the first byte of a stream");
    return responder_.open_stream(std::move(head));
  }
  void on_close(std::function<void()> gone) override { responder_.on_close(std::move(gone)); }

 private:
  void note(unsigned status, const char* until) const {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_).count();
    log_debug(what_ + " " + std::to_string(status) + " in " + std::to_string(took) + " us" + until);
  }

  const std::string what_;
  const http::Responder responder_;
  const Clock::time_point began_ = Clock::now();
};

}  // namespace

http::Responder logged(const http::Request& request, http::Responder responder) {
  std::string what(http::to_string(request.method()));
  what.append(" ").append(request.path());
  if (const auto action = request.header("x-amz-target"); !action.empty()) what.append(" ").append(action);
  return http::Responder(std::make_shared<LoggedAnswer>(std::move(what), std::move(responder)));
}

}  // namespace engine::server
