#include "shown.h"

#include <chrono>
#include <cstdio>
#include <ctime>

namespace engine::cli {

using statelang::Value;

std::string text_of(const Value& value, std::string_view name) {
  const Value* found = value.find(name);
  return found && found->is_string() ? std::string(found->as_string()) : std::string();
}

int64_t integer_of(const Value& value, std::string_view name) {
  const Value* found = value.find(name);
  return found && found->is_integer() ? found->as_integer() : 0;
}

std::string cause_shown(std::string_view cause) {
  if (!cause.empty() && cause.front() == '{') {
    const auto object = statelang::parse_json(cause);
    if (object && object->is_object()) {
      if (std::string message = text_of(*object, "errorMessage"); !message.empty()) return message;
    }
  }
  return std::string(cause);
}

std::string path_segment(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == ':' || c == '~') {
      out += c;
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
      out += escaped;
    }
  }
  return out;
}

std::string short_name(std::string_view execution_arn) {
  size_t at = 0;
  for (int colons = 0; colons < 6; ++colons) {
    at = execution_arn.find(':', at);
    if (at == std::string_view::npos) return std::string(execution_arn);
    ++at;
  }
  const bool express = execution_arn.find(":express:") != std::string_view::npos;
  return std::string(express ? execution_arn : execution_arn.substr(at));
}

Style status_style(std::string_view status) {
  if (status == "SUCCEEDED") return Style::Green;
  if (status == "RUNNING") return Style::Blue;
  if (status == "ABORTED") return Style::Yellow;
  return Style::Red;
}

std::optional<int64_t> time_ms(std::string_view rfc3339) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0;
  const std::string copy(rfc3339);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute, &second,
                  &milli) != 7) {
    return std::nullopt;
  }
  std::tm utc{};
  utc.tm_year = year - 1900;
  utc.tm_mon = month - 1;
  utc.tm_mday = day;
  utc.tm_hour = hour;
  utc.tm_min = minute;
  utc.tm_sec = second;
  return static_cast<int64_t>(::timegm(&utc)) * 1000 + milli;
}

std::string local_time(std::string_view rfc3339) {
  const auto ms = time_ms(rfc3339);
  if (!ms) return std::string(rfc3339);
  const auto seconds = static_cast<std::time_t>(*ms / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local));
}

std::string duration(int64_t ms) {
  char text[48];
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(ms));
  } else if (ms < 60'000) {
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ms) / 1000);
  } else if (ms < 3'600'000) {
    std::snprintf(text, sizeof text, "%d min %d s", static_cast<int>(ms / 60'000),
                  static_cast<int>(ms / 1000 % 60));
  } else if (ms < 86'400'000) {
    std::snprintf(text, sizeof text, "%d h %d min", static_cast<int>(ms / 3'600'000),
                  static_cast<int>(ms / 60'000 % 60));
  } else {
    std::snprintf(text, sizeof text, "%lld d %d h", static_cast<long long>(ms / 86'400'000),
                  static_cast<int>(ms / 3'600'000 % 24));
  }
  return text;
}

}  // namespace engine::cli
