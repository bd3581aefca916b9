// Feed: which events of this partition somebody wants (docs/adr/0010_event_feed.md). Remembers what the
// readers in Table::Meta say, so that without a reader a step pays nothing. As the caches: after a batch that
// was not committed, start with a new one.
#pragma once

#include <cstdint>
#include <optional>

#include <engine/core/transaction.h>

namespace engine::core {

class Feed {
 public:
  // What all readers together want: bits of UpdateFeedReader::Wants.
  uint8_t wants(Transaction& transaction);
  void readers_changed() { wants_.reset(); }

 private:
  std::optional<uint8_t> wants_;
};

}  // namespace engine::core
