#include "log_checks.h"

#include <engine/core/mutation.h>

namespace engine::log::kafka {

namespace {
statelang::Unexpected<Error> corrupt(std::string message) {
  return statelang::Unexpected{Error{ErrorKind::Corrupt, std::move(message)}};
}
}  // namespace

Expected<void> check_extent(const std::string& place, const KafkaCommandLog::Extent& there,
                            const AppliedPosition& position) {
  const std::string state = place + " holds the records " + std::to_string(there.low) + " to " +
                            std::to_string(there.high) + ", the store has applied those before " +
                            std::to_string(position.applied);
  if (position.applied > there.high)
    return corrupt(state + ": the log has lost its end (see docs/guides/cluster.md)");
  const bool has_first = position.applied == 0 ? there.low == 0 : there.low < position.applied;
  if (has_first) return {};
  return corrupt(state +
                 ": the log was trimmed past what the store has; restore a newer copy of it (see "
                 "docs/guides/cluster.md)");
}

Expected<void> check_last_applied(const std::string& place, uint64_t offset, std::string_view fingerprint,
                                  const AppliedPosition& position) {
  const bool same_bytes = position.fingerprint.empty() || position.fingerprint == fingerprint ||
                          mutated(Mutant::FingerprintIgnored);
  if (offset + 1 == position.applied && same_bytes) return {};
  return corrupt("record " + std::to_string(position.applied - 1) + " of " + place +
                 " is not the one that the store has applied: the log and the store do not belong together "
                 "(see docs/guides/cluster.md)");
}

Expected<void> check_wanted(const std::string& place, uint64_t next, uint64_t wanted) {
  if (next <= wanted || mutated(Mutant::WentBackUnseen)) return {};
  return statelang::Unexpected{
      Error{ErrorKind::Fenced, place + " is fetched from record " + std::to_string(next) +
                                   " on, and the store stands at " + std::to_string(wanted) +
                                   ": the store went back meanwhile"}};
}

Expected<void> check_next(const std::string& place, uint64_t offset, uint64_t next) {
  if (offset == next) return {};
  return corrupt(place + ": record " + std::to_string(offset) + " came where " + std::to_string(next) +
                 " had to: records are missing");
}

}  // namespace engine::log::kafka
