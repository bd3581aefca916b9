#include <algorithm>
#include <vector>

#include <engine/core/mutation.h>
#include <engine/runtime/reply_registry.h>

namespace engine::runtime {

namespace {
// Deadlines are rounded up to whole seconds: the alarm of a busy engine rings once a second.
constexpr int64_t kGrainMs = 1'000;

int64_t whole_grains(int64_t ms) {
  return (ms + kGrainMs - 1) / kGrainMs * kGrainMs;
}

ApiError shutting_down() {
  return {ApiErrorCode::ShuttingDown, "the engine is stopping", {}};
}
}  // namespace

// A durable log still has records of this process's former lives: their numbers must not meet ours, or a
// caller gets the answer to somebody else's request. A life hands out fewer than 2^20 a millisecond.
ReplyRegistry::ReplyRegistry(Strand& strand, const Clock& clock)
    : clock_(clock),
      next_((static_cast<uint64_t>(clock.now_ms()) << 20) + 1),
      deadlines_(strand, [this] { expire(); }) {}

uint64_t ReplyRegistry::expect(const Terms& terms, ApiCallback<core::Reply> done) {
  const int64_t until_ms = whole_grains(clock_.now_ms() + terms.timeout_ms);
  std::unique_lock lock(mutex_);
  const uint64_t request = next_++;
  if (closed_) {
    lock.unlock();
    done(statelang::Unexpected{shutting_down()});
    return request;
  }
  waiting_.emplace(request, Waiting{terms, until_ms, std::move(done)});
  deadlines_.add(until_ms, request);
  return request;
}

ApiCallback<core::Reply> ReplyRegistry::take(uint64_t request) {
  std::lock_guard lock(mutex_);
  auto found = waiting_.find(request);
  if (found == waiting_.end()) return nullptr;
  ApiCallback<core::Reply> done = std::move(found->second.done);
  deadlines_.remove(found->second.until_ms, request);
  waiting_.erase(found);
  return done;
}

void ReplyRegistry::answer(core::Reply reply) {
  if (mutated(Mutant::ReplyToWrongRequest)) ++reply.request;
  if (auto done = take(reply.request)) done(std::move(reply));
}

void ReplyRegistry::refuse(uint64_t request, ApiError error) {
  if (auto done = take(request)) done(statelang::Unexpected{std::move(error)});
}

void ReplyRegistry::restarted(PartitionId partition) {
  std::vector<uint64_t> lost;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [request, waiting] : waiting_) {
      const bool here = waiting.terms.partition == partition || mutated(Mutant::RestartTouchesOthers);
      if (waiting.terms.in_memory && here) lost.push_back(request);
    }
  }
  std::sort(lost.begin(), lost.end());
  for (uint64_t request : lost) {
    refuse(request, {ApiErrorCode::Unavailable, "the execution was interrupted; try again", {}});
  }
}

void ReplyRegistry::answers_lost(const std::function<bool(PartitionId)>& which) {
  const std::lock_guard lock(mutex_);
  const int64_t until_ms = whole_grains(clock_.now_ms() + kLostMs);
  for (auto& [request, waiting] : waiting_) {
    if (waiting.terms.in_memory || waiting.until_ms <= until_ms || !which(waiting.terms.partition)) continue;
    deadlines_.remove(waiting.until_ms, request);
    waiting.until_ms = until_ms;
    deadlines_.add(until_ms, request);
  }
}

void ReplyRegistry::expire() {
  std::vector<uint64_t> late;
  {
    std::lock_guard lock(mutex_);
    late = deadlines_.due(clock_.now_ms());
  }
  for (uint64_t request : late) {
    refuse(request, {ApiErrorCode::Unavailable, "no answer in time; the request may still take effect", {}});
  }
}

void ReplyRegistry::close() {
  std::vector<uint64_t> open;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [request, waiting] : waiting_) open.push_back(request);
  }
  std::sort(open.begin(), open.end());
  for (uint64_t request : open) refuse(request, shutting_down());
}

size_t ReplyRegistry::waiting() const {
  std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace engine::runtime
