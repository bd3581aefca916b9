// HistoryTable: turns history events into lines people can read: time since the start, state, event, and what
// changed. It remembers for each event which state and which Map item it belongs to, because only the entered
// and exited events say so themselves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include <engine/cli/terminal.h>
#include <statelang/value.h>

namespace engine::cli {

class HistoryTable {
 public:
  // `full`: payloads as they are, instead of what changed.
  HistoryTable(const Terminal& terminal, bool full) : terminal_(terminal), full_(full) {}

  std::string head() const;
  // Events in order of their ids, as REST gives them.
  std::string line(const statelang::Value& event);

 private:
  struct Place {
    std::string state;
    std::string item;  // "[3]" in an iteration
    statelang::Value input;
    std::shared_ptr<const Place> outer;  // the Parallel or Map state this is inside of
  };
  Place place_of(const statelang::Value& event, const std::string& type) const;
  std::string details(const statelang::Value& event, const std::string& type, const Place& place) const;

  const Terminal& terminal_;
  bool full_;
  std::optional<int64_t> start_ms_;            // of the first event; tests begin at 0
  std::unordered_map<int64_t, Place> places_;  // by event id
};

}  // namespace engine::cli
