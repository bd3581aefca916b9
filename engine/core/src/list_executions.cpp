// Lists of executions: one machine's straight from its index, those of all machines merged from theirs.
#include <deque>
#include <memory>
#include <queue>

#include <engine/core/queries.h>
#include <engine/core/state_keys.h>

#include "listing_keys.h"

namespace engine::core {

namespace {

// Rows read ahead of each machine when several are merged.
constexpr size_t kRowsAhead = 16;

Error corrupt() {
  return {ErrorKind::Corrupt, "a stored list is damaged: restore it from a backup"};
}

// The keys of one machine's executions, newest first, from below a place on.
class MachineRows {
 public:
  MachineRows(const StoreReader& store, std::string machine_arn, const ListingQuery& query, size_t ahead)
      : store_(store),
        machine_arn_(std::move(machine_arn)),
        prefix_(query.status ? listing::of_machine_and_status(machine_arn_, *query.status)
                             : listing::of_machine(machine_arn_)),
        ahead_(ahead),
        below_start_ms_(query.before_start_ms),
        below_number_(query.before_number) {}

  // The newest row not yet popped; null at the end.
  Expected<const ListedExecution*> front() {
    if (rows_.empty() && !ended_) {
      if (auto read = read_ahead(); !read) return statelang::Unexpected{read.error()};
    }
    return rows_.empty() ? nullptr : &rows_.front();
  }
  void pop() { rows_.pop_front(); }

 private:
  Expected<void> read_ahead() {
    bool damaged = false;
    auto scanned =
        store_.scan(Table::Listing, prefix_, listing::with_start(prefix_, below_start_ms_, below_number_),
                    true, [&](std::string_view key, std::string_view) {
                      ListedExecution row;
                      damaged = !listing::parse_end(key, row);
                      row.state_machine_arn = machine_arn_;
                      rows_.push_back(std::move(row));
                      return !damaged && rows_.size() < ahead_;
                    });
    if (!scanned) return scanned;
    if (damaged) return statelang::Unexpected{corrupt()};
    ended_ = rows_.size() < ahead_;
    if (rows_.empty()) return {};
    below_start_ms_ = rows_.back().start_ms;
    below_number_ = rows_.back().number;
    return {};
  }

  const StoreReader& store_;
  const std::string machine_arn_;
  const std::string prefix_;
  const size_t ahead_;
  int64_t below_start_ms_;
  ExecutionNumber below_number_;
  std::deque<ListedExecution> rows_;
  bool ended_ = false;
};

// Every machine that has executions; one seek for each.
Expected<std::vector<std::string>> listed_machines(const StoreReader& store) {
  std::vector<std::string> machines;
  const std::string end = after_prefix(listing::of_machines());
  std::string begin = listing::of_machines();
  for (bool found = true; found;) {
    found = false;
    auto scanned = store.scan(Table::Listing, begin, end, false, [&](std::string_view key, std::string_view) {
      machines.emplace_back(listing::machine_of(key));
      found = true;
      return false;
    });
    if (!scanned) return statelang::Unexpected{scanned.error()};
    if (!found) continue;
    if (machines.back().find(":mapRun:") == std::string::npos) {
      begin = after_prefix(listing::of_machine(machines.back()));
      continue;
    }
    // Children are listed with their Map Run only.
    begin = after_prefix(listing::of_map_runs_beside(machines.back()));
    machines.pop_back();
  }
  return machines;
}

// Fills in what the index does not hold. False: gone, or of another status, since the index was read.
Expected<bool> complete(const StoreReader& store, const ListingQuery& query, ListedExecution& row) {
  std::string state;
  auto found =
      store.get(Table::Listing,
                listing::with_start(listing::of_machine(row.state_machine_arn), row.start_ms, row.number),
                row.execution_arn);
  if (found && *found)
    found = store.get(Table::Executions, execution_part_key(row.number, ExecutionPart::State), state);
  if (!found || !*found) return found;
  const auto stored = decode_state(state);
  if (!stored) return statelang::Unexpected{corrupt()};
  row.status = stored->state.status;
  row.redrive_count = stored->state.redrive_count;
  row.redrive_ms = stored->state.redrive_time_ms;
  row.stop_ms = stored->outcome ? stored->outcome->stop_ms : 0;
  return !query.status || *query.status == row.status;
}

}  // namespace

Expected<void> list_executions(const StoreReader& store, const ListingQuery& query,
                               const std::function<bool(const ListedExecution&)>& visit) {
  std::vector<std::string> machines{query.state_machine_arn};
  if (query.state_machine_arn.empty()) {
    auto listed = listed_machines(store);
    if (!listed) return statelang::Unexpected{listed.error()};
    machines = std::move(*listed);
  }
  using Next = std::pair<std::pair<int64_t, ExecutionNumber>, MachineRows*>;
  std::priority_queue<Next> newest;
  std::deque<MachineRows> all;
  const auto queue_front = [&](MachineRows& rows) -> Expected<void> {
    auto front = rows.front();
    if (!front) return statelang::Unexpected{front.error()};
    if (*front) newest.push({{(*front)->start_ms, (*front)->number}, &rows});
    return {};
  };
  for (std::string& machine : machines) {
    if (auto queued = queue_front(all.emplace_back(store, std::move(machine), query, kRowsAhead)); !queued) {
      return queued;
    }
  }
  while (!newest.empty()) {
    MachineRows& rows = *newest.top().second;
    newest.pop();
    ListedExecution row = **rows.front();
    rows.pop();
    auto completed = complete(store, query, row);
    if (!completed) return statelang::Unexpected{completed.error()};
    if (*completed && !visit(row)) return {};
    if (auto queued = queue_front(rows); !queued) return queued;
  }
  return {};
}

}  // namespace engine::core
