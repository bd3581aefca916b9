// A poll whose caller may go away while it waits.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include <engine/runtime/engine.h>

namespace engine {

// Gives the request an `abandoned` of its own. The function is to be called when nobody waits for the answer
// any more (connection closed), from any thread, while the engine is there: the poll gets no task then, and
// ends.
inline std::function<void()> abandonment_of(PollTasksRequest& request, Engine& engine) {
  auto abandoned = std::make_shared<std::atomic<bool>>(false);
  request.abandoned = abandoned;
  return [abandoned, &engine, queue = request.queue] {
    abandoned->store(true);
    engine.end_abandoned_polls(queue);
  };
}

}  // namespace engine
