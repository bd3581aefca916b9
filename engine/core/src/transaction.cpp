#include <algorithm>

#include <engine/core/transaction.h>

namespace engine::core {

namespace {
struct ByTableAndKey {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return a.first != b.first ? a.first < b.first : std::string_view(a.second) < std::string_view(b.second);
  }
};
}  // namespace

bool Transaction::Order::operator()(const Key& a, const Key& b) const {
  return ByTableAndKey()(a, b);
}
bool Transaction::Order::operator()(const Key& a, const KeyView& b) const {
  return ByTableAndKey()(a, b);
}
bool Transaction::Order::operator()(const KeyView& a, const Key& b) const {
  return ByTableAndKey()(a, b);
}

bool Transaction::range_erased(Table table, std::string_view key) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const WriteOperation& range) {
    return range.table == table && range.key <= key && (range.value.empty() || key < range.value);
  });
}

std::optional<std::string> Transaction::get(Table table, std::string_view key) {
  if (const auto found = changes_.find(KeyView(table, key)); found != changes_.end()) {
    if (found->second.erased) return std::nullopt;
    return found->second.value;
  }
  if (range_erased(table, key)) return std::nullopt;
  if (const auto known = committed_rows_.find(KeyView(table, key)); known != committed_rows_.end())
    return known->second;
  std::string value;
  auto present = committed_.get(table, key, value);
  if (!present) {
    if (!error_) error_ = present.error();
    return std::nullopt;
  }
  if (!*present) return std::nullopt;
  return value;
}

void Transaction::read_ahead(const std::vector<RowKey>& rows) {
  auto values = committed_.get_all(rows);
  if (!values) {
    if (!error_) error_ = values.error();
    return;
  }
  for (size_t i = 0; i < rows.size(); ++i)
    committed_rows_[Key(rows[i].table, rows[i].key)] = std::move((*values)[i]);
}

void Transaction::put(Table table, std::string key, std::string value) {
  Change& change = changes_[Key(table, std::move(key))];
  change.erased = false;
  change.value = std::move(value);
}

void Transaction::erase(Table table, std::string key) {
  Change& change = changes_[Key(table, std::move(key))];
  change.erased = true;
  change.value.clear();
}

void Transaction::erase_range(Table table, std::string begin, std::string end) {
  auto first = changes_.lower_bound(KeyView(table, begin));
  while (first != changes_.end() && first->first.first == table &&
         (end.empty() || first->first.second < end)) {
    first = changes_.erase(first);
  }
  ranges_.push_back({WriteOperation::Kind::EraseRange, table, std::move(begin), std::move(end)});
}

void Transaction::scan(Table table, std::string_view begin, std::string_view end,
                       const StoreReader::Visit& visit) {
  // A merge of two ordered sequences; this batch's changes win.
  auto change = changes_.lower_bound(KeyView(table, begin));
  const auto in_range = [&] {
    return change != changes_.end() && change->first.first == table &&
           (end.empty() || change->first.second < end);
  };
  bool go_on = true;
  const auto visit_changes_before = [&](const std::string_view* key) {
    while (go_on && in_range() && (!key || change->first.second < *key)) {
      if (!change->second.erased) go_on = visit(change->first.second, change->second.value);
      ++change;
    }
  };
  auto scanned = committed_.scan(table, begin, end, false, [&](std::string_view key, std::string_view value) {
    visit_changes_before(&key);
    if (!go_on) return false;
    if (in_range() && change->first.second == key) {
      if (!change->second.erased) go_on = visit(change->first.second, change->second.value);
      ++change;
    } else if (!range_erased(table, key)) {
      go_on = visit(key, value);
    }
    return go_on;
  });
  if (!scanned && !error_) error_ = scanned.error();
  if (scanned) visit_changes_before(nullptr);
}

bool Transaction::empty() const {
  return changes_.empty() && ranges_.empty();
}

WriteBatch Transaction::take() {
  WriteBatch batch;
  batch.operations = std::move(ranges_);
  batch.operations.reserve(batch.operations.size() + changes_.size());
  while (!changes_.empty()) {
    auto node = changes_.extract(changes_.begin());
    if (node.mapped().erased) {
      batch.erase(node.key().first, std::move(node.key().second));
    } else {
      batch.put(node.key().first, std::move(node.key().second), std::move(node.mapped().value));
    }
  }
  ranges_.clear();
  return batch;
}

}  // namespace engine::core
