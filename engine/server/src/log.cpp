#include "log.h"

#include <cstdlib>

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include "one_line.h"

namespace engine::server {
namespace {

spdlog::logger& logger() {
  static const auto made = [] {
    const char* no_color = std::getenv("NO_COLOR");
    const bool plain = no_color && *no_color;
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(
        plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
    auto created = std::make_shared<spdlog::logger>("stepstream", std::move(sink));
    created->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%-7l%$ %v");
    return created;
  }();
  return *made;
}

}  // namespace

void set_log_level(std::string_view level) {
  logger().set_level(spdlog::level::from_str(level == "warn" ? "warning" : std::string(level)));
}
bool logs_debug() {
  return logger().should_log(spdlog::level::debug);
}
void log_debug(const std::string& line) {
  logger().debug("{}", one_line(line));
}
void log_info(const std::string& line) {
  logger().info("{}", one_line(line));
}
void log_warning(const std::string& line) {
  logger().warn("{}", one_line(line));
}
void log_error(const std::string& line) {
  logger().error("{}", one_line(line));
}
void flush_log() {
  logger().flush();
}

}  // namespace engine::server
