// Lists of executions: one machine's straight from its index, those of all machines merged from theirs.
#include <engine/core/execution_list.h>
#include <engine/core/state_codec.h>
#include <engine/core/state_keys.h>

#include "listing_keys.h"

namespace engine::core {

namespace {

// Rows of a machine's index read at once.
constexpr size_t kChunkMin = 16, kChunkMax = 1024;

auto corrupt() {
  return statelang::Unexpected{
      Error{ErrorKind::Corrupt, "a stored list is damaged: restore it from a backup"}};
}

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

}  // namespace

// The index of one machine's executions, newest first, from below a place on.
class ExecutionList::MachineRows {
 public:
  MachineRows(const StoreReader& store, std::string machine_arn, const ListingQuery& query)
      : store_(store),
        machine_arn_(std::move(machine_arn)),
        prefix_(query.status ? listing::of_machine_and_status(machine_arn_, *query.status)
                             : listing::of_machine(machine_arn_)),
        below_start_ms_(query.before_start_ms),
        below_number_(query.before_number) {}

  // The newest row not yet popped; null at the end.
  Expected<ListedExecution*> front() {
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
                    true, [&](std::string_view key, std::string_view execution_arn) {
                      ListedExecution row;
                      damaged = !listing::parse_end(key, row);
                      row.state_machine_arn = machine_arn_;
                      row.execution_arn = execution_arn;
                      rows_.push_back(std::move(row));
                      return !damaged && rows_.size() < chunk_;
                    });
    if (!scanned) return scanned;
    if (damaged) return corrupt();
    ended_ = rows_.size() < chunk_;
    chunk_ = std::min(chunk_ * 2, kChunkMax);
    if (rows_.empty()) return {};
    below_start_ms_ = rows_.back().start_ms;
    below_number_ = rows_.back().number;
    return {};
  }

  const StoreReader& store_;
  const std::string machine_arn_;
  const std::string prefix_;
  size_t chunk_ = kChunkMin;
  int64_t below_start_ms_;
  ExecutionNumber below_number_;
  std::deque<ListedExecution> rows_;
  bool ended_ = false;
};

ExecutionList::ExecutionList(const StoreReader& store, ListingQuery query)
    : store_(&store), query_(std::move(query)) {}
ExecutionList::~ExecutionList() = default;
ExecutionList::ExecutionList(ExecutionList&&) noexcept = default;

Expected<void> ExecutionList::begin() {
  begun_ = true;
  std::vector<std::string> machines{query_.state_machine_arn};
  if (query_.state_machine_arn.empty()) {
    auto listed = listed_machines(*store_);
    if (!listed) return statelang::Unexpected{listed.error()};
    machines = std::move(*listed);
  }
  for (std::string& machine : machines) {
    machines_.push_back(std::make_unique<MachineRows>(*store_, std::move(machine), query_));
    if (auto queued = enqueue(*machines_.back()); !queued) return queued;
  }
  return {};
}

Expected<void> ExecutionList::enqueue(MachineRows& rows) {
  auto front = rows.front();
  if (!front) return statelang::Unexpected{front.error()};
  if (*front) newest_.push({{(*front)->start_ms, (*front)->number}, &rows});
  return {};
}

Expected<const ListedExecution*> ExecutionList::next() {
  if (!begun_) {
    if (auto began = begin(); !began) return statelang::Unexpected{began.error()};
  }
  if (newest_.empty()) return nullptr;
  auto front = newest_.top().second->front();
  if (!front) return statelang::Unexpected{front.error()};
  return *front;
}

Expected<void> ExecutionList::skip() {
  MachineRows& rows = *newest_.top().second;
  newest_.pop();
  rows.pop();
  return enqueue(rows);
}

Expected<std::optional<ListedExecution>> ExecutionList::take() {
  auto front = newest_.top().second->front();
  if (!front) return statelang::Unexpected{front.error()};
  ListedExecution row = std::move(**front);
  if (auto skipped = skip(); !skipped) return statelang::Unexpected{skipped.error()};
  auto completed = complete(row);
  if (!completed) return statelang::Unexpected{completed.error()};
  return *completed ? std::optional(std::move(row)) : std::nullopt;
}

// Fills in what the index does not hold. False: gone, or of another status, since the index was read.
Expected<bool> ExecutionList::complete(ListedExecution& row) const {
  std::string bytes;
  if (row.execution_arn.empty()) {
    auto found =
        store_->get(Table::Listing,
                    listing::with_start(listing::of_machine(row.state_machine_arn), row.start_ms, row.number),
                    row.execution_arn);
    if (!found || !*found) return found;
  }
  auto found = store_->get(Table::Executions, execution_part_key(row.number, ExecutionPart::State), bytes);
  if (!found || !*found) return found;
  const auto stored = decode_state(bytes);
  if (!stored) return corrupt();
  row.status = stored->state.status;
  row.redrive_count = stored->state.redrive_count;
  row.redrive_ms = stored->state.redrive_time_ms;
  row.stop_ms = stored->outcome ? stored->outcome->stop_ms : 0;
  if (query_.status && *query_.status != row.status) return false;
  if (!query_.qualifiers) return true;
  found = store_->get(Table::Executions, execution_part_key(row.number, ExecutionPart::Info), bytes);
  if (!found || !*found) return found;
  auto info = decode_facts(bytes);
  if (!info) return corrupt();
  row.state_machine_version_arn = std::move(info->facts.state_machine_version_arn);
  row.state_machine_alias_arn = std::move(info->facts.state_machine_alias_arn);
  row.map_items = info->facts.map_items;
  return true;
}

MergedExecutionList::MergedExecutionList(const std::vector<const StoreReader*>& partitions,
                                         const ListingQuery& query, const ListPlace& place) {
  for (size_t i = 0; i < partitions.size(); ++i) {
    ListingQuery below = query;
    below.before_start_ms = place.start_ms;
    // At an equal start time, earlier partitions are done with it, later ones have not begun.
    below.before_number = static_cast<ExecutionNumber>(i < place.partition    ? 0
                                                       : i == place.partition ? place.number
                                                                              : UINT64_MAX);
    lists_.emplace_back(*partitions[i], std::move(below));
  }
}

bool MergedExecutionList::Later::operator()(const ListPlace& a, const ListPlace& b) const {
  if (a.start_ms != b.start_ms) return a.start_ms < b.start_ms;
  if (a.partition != b.partition) return a.partition > b.partition;
  return a.number < b.number;
}

ListPlace MergedExecutionList::pop() {
  const ListPlace at = newest_.top();
  newest_.pop();
  return at;
}

Expected<void> MergedExecutionList::enqueue(size_t partition) {
  auto next = lists_[partition].next();
  if (!next) return statelang::Unexpected{next.error()};
  if (*next) newest_.push({(*next)->start_ms, partition, static_cast<uint64_t>((*next)->number)});
  return {};
}

Expected<const ListedExecution*> MergedExecutionList::next() {
  for (size_t i = 0; !begun_ && i < lists_.size(); ++i) {
    if (auto queued = enqueue(i); !queued) return statelang::Unexpected{queued.error()};
  }
  begun_ = true;
  if (newest_.empty()) return nullptr;
  return lists_[newest_.top().partition].next();
}

Expected<void> MergedExecutionList::skip() {
  const ListPlace at = pop();
  if (auto skipped = lists_[at.partition].skip(); !skipped) return skipped;
  return enqueue(at.partition);
}

Expected<std::optional<ListedExecution>> MergedExecutionList::take() {
  last_taken_ = pop();
  auto taken = lists_[last_taken_.partition].take();
  if (!taken) return taken;
  if (auto queued = enqueue(last_taken_.partition); !queued) return statelang::Unexpected{queued.error()};
  return taken;
}

}  // namespace engine::core
