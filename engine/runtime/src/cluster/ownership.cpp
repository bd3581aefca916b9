#include "ownership.h"

#include <chrono>
#include <future>

namespace engine::runtime::cluster {

using std::chrono::steady_clock;

Ownership::Ownership(uint16_t partitions, uint32_t node, Hands hands)
    : hands_(std::move(hands)), places_(partitions, node) {}

void Ownership::start() {
  thread_ = std::thread([this] { run(); });
}

void Ownership::set_nodes(const std::vector<uint32_t>& nodes) {
  {
    const std::lock_guard lock(mutex_);
    places_.set_nodes(nodes);
    changed_ = true;
  }
  wake_.notify_one();
}

void Ownership::lost(PartitionId partition, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    places_.lost(static_cast<uint16_t>(partition), why, steady_clock::now());
    changed_ = true;
  }
  if (why.kind != ErrorKind::Fenced) hands_.troubled(partition, why.message);
  wake_.notify_one();
}

void Ownership::stop() {
  {
    const std::lock_guard lock(mutex_);
    places_.stop();
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Ownership::owns(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  return places_.owns(partition);
}

size_t Ownership::held() const {
  const std::lock_guard lock(mutex_);
  return places_.held();
}

uint64_t Ownership::takeovers() const {
  const std::lock_guard lock(mutex_);
  return places_.takeovers();
}

void Ownership::run() {
  while (true) {
    Places::Work work;
    {
      std::unique_lock lock(mutex_);
      const auto woken = [this] { return places_.stopping() || changed_; };
      if (const auto retry = places_.next_retry()) {
        wake_.wait_until(lock, *retry, woken);
      } else {
        wake_.wait(lock, woken);
      }
      changed_ = false;
      work = places_.due(steady_clock::now());
      if (places_.stopping() && work.give_up.empty()) return;
    }
    do_work(work);
  }
}

void Ownership::do_work(const Places::Work& work) {
  std::vector<std::future<void>> done;
  for (const uint16_t i : work.give_up) {
    done.push_back(
        std::async(std::launch::async, [this, i] { hands_.give_up(static_cast<PartitionId>(i)); }));
  }
  done.clear();  // waits: one that is taken over again must have been given up
  for (const uint16_t i : work.take_over) {
    done.push_back(std::async(std::launch::async, [this, i] {
      const auto partition = static_cast<PartitionId>(i);
      const auto taken = hands_.take_over(partition);
      if (!taken) hands_.give_up(partition);
      settle(i, taken);
    }));
  }
}

void Ownership::settle(uint16_t partition, const Expected<void>& taken) {
  const bool needs_a_person =
      !taken && (taken.error().kind == ErrorKind::Corrupt || taken.error().kind == ErrorKind::Permanent);
  std::string trouble = needs_a_person ? taken.error().message : std::string();
  hands_.troubled(static_cast<PartitionId>(partition), trouble);
  const std::lock_guard lock(mutex_);
  if (places_.settled(partition, taken, steady_clock::now())) changed_ = true;
}

}  // namespace engine::runtime::cluster
