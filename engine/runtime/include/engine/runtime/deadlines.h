// Deadlines: until when whom is waited for; wakes its owner when the earliest is over. Thread rule: add(),
// remove() and due() under the owner's lock; `expire` runs on the strand and without it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include <engine/ports/time.h>
#include <engine/runtime/alarm.h>

namespace engine::runtime {

class Deadlines {
 public:
  Deadlines(Strand& strand, std::function<void()> expire) : alarm_(strand, std::move(expire)) {}

  void add(int64_t until_ms, uint64_t number) {
    until_.emplace(until_ms, number);
    alarm_.wake_by(until_.begin()->first);
  }
  void remove(int64_t until_ms, uint64_t number) { until_.erase({until_ms, number}); }
  // Whose time is over, the earliest first, of one time the one that was added with the least number. They
  // stay until they are removed; the alarm is set for the others.
  std::vector<uint64_t> due(int64_t now_ms) {
    std::vector<uint64_t> over;
    auto entry = until_.begin();
    for (; entry != until_.end() && entry->first <= now_ms; ++entry) over.push_back(entry->second);
    if (entry != until_.end()) alarm_.wake_by(entry->first);
    return over;
  }

 private:
  std::set<std::pair<int64_t, uint64_t>> until_;
  Alarm alarm_;
};

}  // namespace engine::runtime
