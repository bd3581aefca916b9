#include <stepstream_worker/worker.h>

#include "loop.h"

namespace stepstream_worker {

Worker::Worker(Options options) {
  if (options.url.rfind("kafka://", 0) == 0) {
    runner_ = Runner::over_kafka(std::move(options));
  } else {
    runner_ = std::make_unique<Loop>(std::move(options));
  }
}
Worker::~Worker() = default;

void Worker::handle(std::string queue, Handler handler) {
  handle_text(std::move(queue), [handler = std::move(handler)](std::string_view event, Context& context) {
    return handler(Json::parse(event), context).dump();
  });
}

void Worker::handle_text(std::string queue, TextHandler handler) {
  runner_->add_queue(std::move(queue), std::move(handler));
}

int Worker::run() {
  return runner_->run();
}
void Worker::stop() {
  runner_->stop();
}

}  // namespace stepstream_worker
