#include "places.h"

#include <algorithm>

#include "assignment.h"

namespace engine::runtime::cluster {

namespace {
Places::Time retry_after(const Error& why, Places::Time now) {
  const bool by_itself =
      why.kind == ErrorKind::Fenced || why.kind == ErrorKind::Transient || why.kind == ErrorKind::Full;
  return now + std::chrono::milliseconds(by_itself ? Places::kRetryMs : Places::kRetryTroubledMs);
}
}  // namespace

void Places::set_nodes(const std::vector<uint32_t>& nodes) {
  const auto owners = assign(static_cast<uint16_t>(places_.size()), nodes);
  for (size_t i = 0; i < places_.size(); ++i) {
    const bool ours = owners[i] == node_;
    if (ours && !places_[i].ours) places_[i].retry = {};
    places_[i].ours = ours;
  }
}

void Places::lost(uint16_t partition, const Error& why, Time now) {
  Place& place = places_.at(partition);
  place.lost = true;
  place.retry = retry_after(why, now);
}

Places::Work Places::due(Time now) {
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

bool Places::settled(uint16_t partition, const Expected<void>& taken, Time now) {
  Place& place = places_.at(partition);
  place.held = taken.has_value();
  if (!taken) {
    place.retry = retry_after(taken.error(), now);
    return false;
  }
  ++takeovers_;
  if (!place.lost) place.retry = {};
  return place.lost;
}

std::optional<Places::Time> Places::next_retry() const {
  std::optional<Time> retry;
  for (const Place& place : places_) {
    if (place.ours && !place.held) retry = retry ? std::min(*retry, place.retry) : place.retry;
  }
  return retry;
}

bool Places::owns(PartitionId partition) const {
  const Place& place = places_.at(static_cast<size_t>(partition));
  return place.ours || place.held;
}

size_t Places::held() const {
  return static_cast<size_t>(
      std::count_if(places_.begin(), places_.end(), [](const Place& place) { return place.held; }));
}

}  // namespace engine::runtime::cluster
