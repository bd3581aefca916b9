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

void print_fact(const Terminal& terminal, std::string_view name, const std::string& text) {
  constexpr size_t kNameColumns = 15;
  if (!text.empty()) terminal.print(terminal.paint(Style::Dim, padded(name, kNameColumns)) + text);
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

namespace {

std::tm local_parts(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return local;
}

std::string formatted(const std::tm& local, const char* format) {
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, format, &local));
}

}  // namespace

std::string local_time_of(int64_t ms) {
  return formatted(local_parts(ms), "%Y-%m-%d %H:%M:%S");
}

std::string local_time(std::string_view rfc3339) {
  const auto ms = time_ms(rfc3339);
  return ms ? local_time_of(*ms) : std::string(rfc3339);
}

Cell time_cell(std::string_view rfc3339, int64_t now_ms) {
  Cell cell{local_time(rfc3339), Style::Dim, {}};
  const auto ms = time_ms(rfc3339);
  if (!ms) return cell;
  const std::tm then = local_parts(*ms), now = local_parts(now_ms);
  const bool this_year = then.tm_year == now.tm_year;
  cell.narrow = formatted(then, !this_year                    ? "%Y-%m-%d"
                                : then.tm_yday == now.tm_yday ? "%H:%M:%S"
                                                              : "%m-%d %H:%M");
  return cell;
}

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string took(const Value& execution) {
  const auto start = time_ms(text_of(execution, "start_time")),
             stop = time_ms(text_of(execution, "stop_time"));
  return start && stop ? duration(*stop - *start) : std::string();
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
