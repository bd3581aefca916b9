// Reading the feed.
#include <engine/core/queries.h>
#include <engine/core/state_keys.h>

#include "stored_value.h"

namespace engine::core {

Expected<std::vector<FeedItem>> read_feed(const StoreReader& store, const FeedPosition& from, size_t limit) {
  std::vector<FeedItem> items;
  bool damaged = false;
  auto scanned =
      store.scan(Table::Outbox, feed_key(from), {}, false, [&](std::string_view key, std::string_view value) {
        auto entry = decode_feed_entry(value);
        if (!entry) return damaged = true, false;
        items.push_back({parse_feed_key(key), *entry});
        return items.size() < limit;
      });
  if (!scanned) return statelang::Unexpected{scanned.error()};
  if (damaged) return corrupt("event");
  return items;
}

Expected<std::optional<FeedReaderState>> read_feed_reader(const StoreReader& store, std::string_view reader) {
  return read_value(store, Table::Meta, feed_reader_key(reader), &decode_feed_reader, "reader of events");
}

Expected<std::optional<std::vector<statelang::HistoryEvent>>> read_step_events(const StoreReader& store,
                                                                               ExecutionNumber number,
                                                                               int64_t first_event) {
  return read_value(store, Table::History, history_key(number, first_event), &decode_history, "history");
}

}  // namespace engine::core
