#include <algorithm>
#include <cstring>

#include <absl/time/time.h>

#include <connectors/schedule/time_zone.h>

namespace connectors::schedule {

struct TimeZone::Zone {
  std::string name = "UTC";
  absl::TimeZone rules = absl::UTCTimeZone();
};

namespace {

// Zone names become file names: only what the tz database uses, and no way out of its folder.
bool plausible_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && std::strchr("/_+-", c));
  });
}

// What the library reads without the tz database: the machine's own zone, and its own "Fixed/UTC+05:00:00".
bool names_no_place(std::string_view name) {
  return name == "localtime" || name.substr(0, 6) == "Fixed/";
}

}  // namespace

TimeZone::TimeZone() : zone_(std::make_shared<Zone>()) {}
TimeZone::TimeZone(std::shared_ptr<const Zone> zone) : zone_(std::move(zone)) {}

const std::string& TimeZone::name() const {
  return zone_->name;
}

statelang::Expected<TimeZone, std::string> TimeZone::load(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC") return TimeZone();
  Zone zone{std::string(name)};
  if (!plausible_name(name) || names_no_place(name) || !absl::LoadTimeZone(zone.name, &zone.rules))
    return statelang::Unexpected{"time zone \"" + zone.name + "\" is not in the system's tz database"};
  return TimeZone(std::make_shared<const Zone>(std::move(zone)));
}

int64_t TimeZone::to_local(int64_t utc_s) const {
  return utc_s + zone_->rules.At(absl::FromUnixSeconds(utc_s)).offset;
}

TimeZone::Instant TimeZone::from_local(int64_t local_s) const {
  using Kind = absl::TimeZone::TimeInfo::CivilKind;
  auto info = zone_->rules.At(absl::CivilSecond() + local_s);
  LocalTime kind = info.kind == Kind::SKIPPED    ? LocalTime::Skipped
                   : info.kind == Kind::REPEATED ? LocalTime::Repeated
                                                 : LocalTime::Unique;
  return {kind, absl::ToUnixSeconds(info.pre)};
}

}  // namespace connectors::schedule
