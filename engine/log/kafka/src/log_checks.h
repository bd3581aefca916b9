// What must hold between the log and the store, and from one record to the next, so that nothing is ever
// skipped or applied twice (docs/durability.md: I6, I7; recovery A, F). Pure; the simulator runs them too.
#pragma once

#include <string>
#include <string_view>

#include <engine/core/storage.h>
#include <engine/log/kafka_command_log.h>

namespace engine::log::kafka {

// `place`: names the partition of the log in messages.

// The log must hold what the store has applied, and the store must not be ahead of it. Corrupt: not so.
Expected<void> check_extent(const std::string& place, const KafkaCommandLog::Extent& there,
                            const AppliedPosition& position);
// The record at `offset` is the one before the store's position. Corrupt: it is another one.
Expected<void> check_last_applied(const std::string& place, uint64_t offset, std::string_view fingerprint,
                                  const AppliedPosition& position);
// What is fetched goes on where the store stands, at `wanted`, or before it. Fenced: `next`, the next record
// to be fetched, lies behind it, because the store went back since the log was attached.
Expected<void> check_wanted(const std::string& place, uint64_t next, uint64_t wanted);
// Corrupt: records are missing between the one before `next` and this one.
Expected<void> check_next(const std::string& place, uint64_t offset, uint64_t next);

}  // namespace engine::log::kafka
