// TimeZone: an IANA time zone of the system's tz database, for turning local wall-clock times into instants.
// Used by schedules only. Abseil reads the database and knows its rules (ADR 0021).
//
// Thread rule: immutable after load(), free to share. Times are seconds since the Unix epoch; "local" seconds
// count as if the wall clock were UTC.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <statelang/expected.h>

namespace connectors::schedule {

class TimeZone {
 public:
  TimeZone();  // UTC

  // `name` as in the tz database ("Europe/Berlin"). Fails with a sentence for people when there is no such
  // zone or its file cannot be read.
  static statelang::Expected<TimeZone, std::string> load(std::string_view name);

  const std::string& name() const;
  int64_t to_local(int64_t utc_s) const;

  enum class LocalTime { Unique, Skipped, Repeated };
  struct Instant {
    LocalTime kind = LocalTime::Unique;
    int64_t utc_s = 0;  // Repeated: the first of the two; Skipped: as if the clock had not been put forward
  };
  Instant from_local(int64_t local_s) const;

 private:
  struct Zone;
  explicit TimeZone(std::shared_ptr<const Zone> zone);
  std::shared_ptr<const Zone> zone_;
};

}  // namespace connectors::schedule
