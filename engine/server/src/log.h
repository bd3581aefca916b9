// Log lines of the server on stderr. A thin border, so that spdlog is compiled in one file only. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace engine::server {

void set_log_level(std::string_view level);  // debug, info, warn, error
bool logs_debug();                           // a line for it need not be made otherwise
void log_debug(const std::string& line);
void log_info(const std::string& line);
void log_warning(const std::string& line);
void log_error(const std::string& line);
void flush_log();

}  // namespace engine::server
