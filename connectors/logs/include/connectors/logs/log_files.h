// LogFiles: a folder of log files, one for each log group: GROUP.log, and GROUP.log.1 … for what was before
// it, the newest with the smallest number. '/' in a group's name is '+' in the file's. A file that has
// reached its size is moved away; the oldest one goes. Thread rule: any thread.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>

namespace connectors::logs {

struct LogFileSettings {
  std::string folder;
  size_t file_bytes_max = 64UL * 1024 * 1024;
  size_t files_max = 8;  // of one group, the current one included
};

class LogFiles {
 public:
  explicit LogFiles(LogFileSettings settings) : settings_(std::move(settings)) {}
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  // Whole lines with their ends. The error says what the system says; a part may then have been written.
  statelang::Expected<void, std::string> append(const std::string& group, std::string_view lines);
  // Makes what was appended safe from power loss.
  statelang::Expected<void, std::string> sync();

  // The last `limit` lines that are wanted, oldest first.
  std::vector<std::string> last(const std::string& group, size_t limit,
                                const std::function<bool(std::string_view)>& wanted) const;

  static std::string file_name(std::string_view group);

 private:
  struct File {
    int descriptor = -1;
    size_t bytes = 0;
    bool synced = true;
    uint64_t used = 0;
  };
  static constexpr size_t kOpenFilesMax = 64;
  statelang::Expected<File*, std::string> open(const std::string& group);
  statelang::Expected<void, std::string> rotate(const std::string& group);
  void close_least_used();
  std::string path(std::string_view group, size_t number = 0) const;

  const LogFileSettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, File> files_;
  uint64_t uses_ = 0;
};

}  // namespace connectors::logs
