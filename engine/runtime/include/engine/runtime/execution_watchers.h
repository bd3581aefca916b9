// ExecutionWatchers: callers that wait for an execution to end or for its history to grow. Look at the store
// after watch(), not before: a change in between is then never missed.
// Thread rule: any thread; callbacks run on the thread that brings the change, never under the lock.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <engine/ports/time.h>
#include <engine/runtime/deadlines.h>
#include <engine/runtime/engine.h>

namespace engine::runtime {

class ExecutionWatchers {
 public:
  ExecutionWatchers(Strand& strand, const Clock& clock);

  enum class Event : uint8_t { Change, End };
  struct Seen {
    bool happened = false;                            // false: not within `wait_ms`
    core::ExecutionNumber execution{};                // whose change it was; 0: answer() was called
    std::shared_ptr<const core::EndedExecution> end;  // null: not told; look at the store
  };
  // `done` gets ShuttingDown when the engine stops.
  uint64_t watch(const std::string& execution_arn, Event event, int64_t wait_ms, ApiCallback<Seen> done);
  // Answers now, with true: what was waited for was there already. Nothing happens if it is answered.
  void answer(uint64_t watcher);

  // Nobody wants the answer any more: `done` goes without being called.
  void forget(uint64_t watcher);

  void changed(const core::ExecutionChanged& change);
  void close();

 private:
  struct Watcher {
    std::string execution_arn;
    Event event{};
    int64_t until_ms = 0;
    ApiCallback<Seen> done;
  };
  ApiCallback<Seen> take(uint64_t number);
  void expire();

  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<uint64_t, Watcher> watchers_;
  std::unordered_multimap<std::string, uint64_t> by_execution_;
  uint64_t next_ = 1;
  bool closed_ = false;
  Deadlines deadlines_;
};

}  // namespace engine::runtime
