// TimeZone: an IANA time zone read from the system's tz database (TZif files, RFC 8536), for turning local
// wall-clock times into instants. Used by schedules only; g++ 12 has no chrono time zones.
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
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules);
  std::shared_ptr<const Rules> rules_;
};

}  // namespace connectors::schedule
