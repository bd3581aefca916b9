#include "ownership.h"

#include <algorithm>
#include <future>
#include <optional>

#include "assignment.h"

namespace engine::runtime::cluster {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Ownership::Ownership(uint16_t partitions, uint32_t node, Hands hands)
    : node_(node), hands_(std::move(hands)), places_(partitions) {}

void Ownership::start() {
  thread_ = std::thread([this] { run(); });
}

void Ownership::set_nodes(std::vector<uint32_t> nodes) {
  const auto owners = assign(static_cast<uint16_t>(places_.size()), nodes);
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = 0; i < places_.size(); ++i) {
      const bool ours = owners[i] == node_;
      if (ours && !places_[i].ours) places_[i].retry = {};
      places_[i].ours = ours;
    }
    changed_ = true;
  }
  wake_.notify_one();
}

Ownership::Time Ownership::retry_after(const Error& why) const {
  const bool by_itself =
      why.kind == ErrorKind::Fenced || why.kind == ErrorKind::Transient || why.kind == ErrorKind::Full;
  return steady_clock::now() + milliseconds(by_itself ? kRetryMs : kRetryTroubledMs);
}

void Ownership::lost(PartitionId partition, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    Place& place = places_.at(static_cast<size_t>(partition));
    place.lost = true;
    place.retry = retry_after(why);
    changed_ = true;
  }
  if (why.kind != ErrorKind::Fenced) hands_.troubled(partition, why.message);
  wake_.notify_one();
}

void Ownership::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Ownership::owns(PartitionId partition) const {
  const std::lock_guard lock(mutex_);
  const Place& place = places_.at(static_cast<size_t>(partition));
  return place.ours || place.held;
}

size_t Ownership::held() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(places_.begin(), places_.end(), [](const Place& place) { return place.held; }));
}

uint64_t Ownership::takeovers() const {
  const std::lock_guard lock(mutex_);
  return takeovers_;
}

Ownership::Work Ownership::due(Time now) {
  Work work;
  for (uint16_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.held && (place.lost || !place.ours || stopping_)) {
      work.give_up.push_back(i);
      place.held = false;
    }
    place.lost = false;
    if (!place.held && place.ours && !stopping_ && place.retry <= now) work.take_over.push_back(i);
  }
  return work;
}

void Ownership::run() {
  while (true) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      std::optional<Time> retry;
      for (const Place& place : places_) {
        if (place.ours && !place.held) retry = retry ? std::min(*retry, place.retry) : place.retry;
      }
      const auto woken = [this] { return stopping_ || changed_; };
      if (retry) {
        wake_.wait_until(lock, *retry, woken);
      } else {
        wake_.wait(lock, woken);
      }
      changed_ = false;
      work = due(steady_clock::now());
      if (stopping_ && work.give_up.empty()) return;
    }
    do_work(work);
  }
}

void Ownership::do_work(const Work& work) {
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
  Place& place = places_[partition];
  place.held = taken.has_value();
  if (taken) {
    ++takeovers_;
    if (place.lost) {  // while it was being taken over
      changed_ = true;
    } else {
      place.retry = {};
    }
  } else {
    place.retry = retry_after(taken.error());
  }
}

}  // namespace engine::runtime::cluster
