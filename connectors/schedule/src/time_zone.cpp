#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <connectors/schedule/time_zone.h>

#include "posix_rule.h"

namespace connectors::schedule {

struct TimeZone::Rules {
  std::string name = "UTC";
  std::vector<int64_t> transitions;  // ascending, UTC
  std::vector<int> offsets;          // from transitions[i] on
  int first_offset_s = 0;            // before the first transition
  std::optional<PosixRule> rule;     // from the last transition on

  int offset_at(int64_t utc_s) const {
    if (transitions.empty() || utc_s >= transitions.back()) {
      if (rule) return rule->offset_at(utc_s);
      return offsets.empty() ? first_offset_s : offsets.back();
    }
    auto after = std::upper_bound(transitions.begin(), transitions.end(), utc_s);
    if (after == transitions.begin()) return first_offset_s;
    return offsets[static_cast<size_t>(after - transitions.begin()) - 1];
  }
};

namespace {

constexpr const char* kZoneFolder = "/usr/share/zoneinfo/";
constexpr size_t kHeaderBytes = 44;
constexpr size_t kFileBytesMax = 1 << 20;

int64_t big_endian(const char* bytes, size_t count) {
  uint64_t number = (bytes[0] & 0x80) ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < count; i++) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<int64_t>(number);
}

struct Header {
  size_t utc_marks, standard_marks, leap_seconds, transitions, types, letters;
  // Bytes of the data block that follows; `time` is 4 in the first block and 8 in the second.
  size_t block_bytes(size_t time) const {
    return transitions * (time + 1) + types * 6 + letters + leap_seconds * (time + 4) + standard_marks +
           utc_marks;
  }
};

std::optional<Header> read_header(std::string_view data) {
  if (data.size() < kHeaderBytes || data.substr(0, 4) != "TZif" || data[4] < '2') return std::nullopt;
  size_t counts[6];
  for (size_t i = 0; i < 6; i++) counts[i] = static_cast<size_t>(big_endian(data.data() + 20 + i * 4, 4));
  for (size_t count : counts) {
    if (count > kFileBytesMax) return std::nullopt;
  }
  return Header{counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]};
}

// Zone names become file names: only what the tz database uses, and no way out of its folder.
bool plausible_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos)
    return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::strchr("/_+-", c);
  });
}

}  // namespace

TimeZone::TimeZone() : rules_(std::make_shared<Rules>()) {}
TimeZone::TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

const std::string& TimeZone::name() const {
  return rules_->name;
}

statelang::Expected<TimeZone, std::string> TimeZone::load(std::string_view name) {
  if (name == "UTC" || name == "Etc/UTC") return TimeZone();
  std::string unknown = "time zone \"" + std::string(name) + "\" is not in the system's tz database";
  if (!plausible_name(name)) return statelang::Unexpected{unknown};
  std::string path = kZoneFolder + std::string(name);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return statelang::Unexpected{unknown};
  std::ifstream file(path, std::ios::binary);
  std::string data((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::string_view rest = data;
  auto first = read_header(rest);
  // The first block has 32-bit times, for readers of old; the second one follows it with a header of its own.
  if (!first || data.size() > kFileBytesMax || rest.size() < kHeaderBytes + first->block_bytes(4)) {
    return statelang::Unexpected{unknown};
  }
  rest.remove_prefix(kHeaderBytes + first->block_bytes(4));
  auto header = read_header(rest);
  if (!header || header->types == 0 || rest.size() < kHeaderBytes + header->block_bytes(8)) {
    return statelang::Unexpected{unknown};
  }
  rest.remove_prefix(kHeaderBytes);
  const char* times = rest.data();
  const char* type_of = times + header->transitions * 8;
  const char* types = type_of + header->transitions;
  auto rules = std::make_shared<Rules>();
  rules->name = name;
  rules->first_offset_s = static_cast<int>(big_endian(types, 4));
  for (size_t i = 0; i < header->transitions; i++) {
    size_t type = static_cast<uint8_t>(type_of[i]);
    if (type >= header->types) return statelang::Unexpected{unknown};
    rules->transitions.push_back(big_endian(times + i * 8, 8));
    rules->offsets.push_back(static_cast<int>(big_endian(types + type * 6, 4)));
  }
  rest.remove_prefix(header->block_bytes(8));
  if (rest.size() > 2 && rest.front() == '\n') {
    rules->rule = parse_posix_rule(rest.substr(1, rest.find('\n', 1) - 1));
  }
  return TimeZone(std::move(rules));
}

int64_t TimeZone::to_local(int64_t utc_s) const {
  return utc_s + rules_->offset_at(utc_s);
}

TimeZone::Instant TimeZone::from_local(int64_t local_s) const {
  // No zone is further than 26 hours from UTC: the offsets then are the only candidates.
  constexpr int64_t kFar = 26 * 3600;
  int before = rules_->offset_at(local_s - kFar);
  int after = rules_->offset_at(local_s + kFar);
  bool before_holds = rules_->offset_at(local_s - before) == before;
  bool after_holds = rules_->offset_at(local_s - after) == after;
  if (before_holds && after_holds && before != after) {
    return {LocalTime::Repeated, std::min(local_s - before, local_s - after)};
  }
  if (before_holds) return {LocalTime::Unique, local_s - before};
  if (after_holds) return {LocalTime::Unique, local_s - after};
  return {LocalTime::Skipped, local_s - before};
}

}  // namespace connectors::schedule
