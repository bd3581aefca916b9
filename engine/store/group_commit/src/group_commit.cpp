#include <engine/store/group_commit.h>

namespace engine::store {

GroupCommit::GroupCommit(Write write) : write_(std::move(write)) {
  thread_ = std::thread([this] { run(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void GroupCommit::add(PendingCommit commit) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back(std::move(commit));
  }
  if (first) wake_.notify_one();
}

void GroupCommit::run() {
  while (true) {
    std::vector<PendingCommit> group;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      group.swap(waiting_);
    }
    write_(std::move(group));
  }
}

}  // namespace engine::store
