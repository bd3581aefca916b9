// ReplyRegistry: who waits for the answer to which record. Every caller is answered exactly once: by the
// reply of its record, by a refusal, at its deadline, or when the engine stops; several at once in the order
// in which they asked. Thread rule: any thread; callbacks run on the thread that brings the answer, never
// under the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>

#include <engine/core/storage.h>
#include <engine/ports/time.h>
#include <engine/runtime/deadlines.h>
#include <engine/runtime/engine.h>

namespace engine::runtime {

class ReplyRegistry {
 public:
  ReplyRegistry(Strand& strand, const Clock& clock);

  struct Terms {
    PartitionId partition{};
    int64_t timeout_ms = 30'000;  // then ApiErrorCode::Unavailable: it may still be applied
    // The answer lives in the partition's memory (synchronous Express) and is lost when that starts over.
    bool in_memory = false;
  };
  // The number for Record::request; never 0 and never used twice, by former lives of this process neither.
  uint64_t expect(const Terms& terms, ApiCallback<core::Reply> done);

  void answer(core::Reply reply);
  void refuse(uint64_t request, ApiError error);
  void restarted(PartitionId partition);
  // Answers for these partitions may have been lost: who waits for one now waits no longer than
  // kLostMs. Not those of answers in memory: what is lost of these is told by restarted().
  void answers_lost(const std::function<bool(PartitionId)>& which);
  void close();
  size_t waiting() const;

  static constexpr int64_t kLostMs = 2'000;

 private:
  struct Waiting {
    Terms terms;
    int64_t until_ms = 0;
    ApiCallback<core::Reply> done;
  };
  ApiCallback<core::Reply> take(uint64_t request);
  void expire();

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::unordered_map<uint64_t, Waiting> waiting_;
  uint64_t next_;
  bool closed_ = false;
  Deadlines deadlines_;
};

}  // namespace engine::runtime
