#include <stepstream_worker/worker.h>

#include "loop.h"

namespace stepstream_worker {

Worker::Worker(Options options) : loop_(std::make_unique<Loop>(std::move(options))) {}
Worker::~Worker() = default;

void Worker::handle(std::string queue, Handler handler) {
  handle_text(std::move(queue), [handler = std::move(handler)](std::string_view event, Context& context) {
    return handler(Json::parse(event), context).dump();
  });
}

void Worker::handle_text(std::string queue, TextHandler handler) {
  loop_->add_queue(std::move(queue), std::move(handler));
}

int Worker::run() {
  return loop_->run();
}
void Worker::stop() {
  loop_->stop();
}

}  // namespace stepstream_worker
