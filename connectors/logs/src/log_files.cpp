#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <connectors/logs/log_files.h>

namespace connectors::logs {

using statelang::Unexpected;

namespace {

constexpr size_t kNameBytesMax = 200;  // longer ones end with a hash

auto system_error(const std::string& what) {
  return Unexpected{what + ": " + std::strerror(errno)};
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string read_all(int descriptor) {
  std::string text;
  struct stat info {};
  if (::fstat(descriptor, &info) == 0) text.reserve(static_cast<size_t>(info.st_size));
  char block[65536];
  for (ssize_t size; (size = ::read(descriptor, block, sizeof block)) > 0;) {
    text.append(block, static_cast<size_t>(size));
  }
  return text;
}

// A process that died while it wrote leaves half a line: the next one begins a new one.
bool ends_in_a_line(int descriptor, size_t bytes) {
  char last = '\n';
  return bytes == 0 || ::pread(descriptor, &last, 1, static_cast<off_t>(bytes - 1)) != 1 || last == '\n';
}

// As many of them, from the first one on, as fit into `bytes`.
std::string_view whole_lines(std::string_view lines, size_t bytes) {
  if (lines.size() <= bytes) return lines;
  const size_t end = lines.substr(0, bytes).rfind('\n');
  return lines.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// Newest first, until it gives false.
bool for_each_line_backwards(std::string_view text, const std::function<bool(std::string_view)>& visit) {
  while (!text.empty()) {
    if (text.back() == '\n') text.remove_suffix(1);
    const size_t before = text.rfind('\n');
    const size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (!visit(text.substr(begin))) return false;
    text = text.substr(0, begin);
  }
  return true;
}

}  // namespace

std::string LogFiles::file_name(std::string_view group) {
  constexpr std::string_view kKept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-#";
  std::string name;
  for (const char c : group) {
    char escaped[4];
    std::snprintf(escaped, sizeof escaped, "%%%02X", static_cast<unsigned char>(c));
    const bool kept = kKept.find(c) != std::string_view::npos && !(c == '.' && name.empty());
    name += c == '/' ? "+" : kept ? std::string(1, c) : escaped;
  }
  if (name.size() > kNameBytesMax) {
    char hash[20];
    std::snprintf(hash, sizeof hash, "%%%016llx", static_cast<unsigned long long>(fnv1a(group)));
    name = name.substr(0, kNameBytesMax) + hash;
  }
  return name + ".log";
}

std::string LogFiles::path(std::string_view group, size_t number) const {
  return settings_.folder + "/" + file_name(group) + (number == 0 ? "" : "." + std::to_string(number));
}

LogFiles::~LogFiles() {
  for (auto& [group, file] : files_) ::close(file.descriptor);
}

void LogFiles::close_least_used() {
  const auto least = std::min_element(files_.begin(), files_.end(), [](const auto& a, const auto& b) {
    return a.second.used < b.second.used;
  });
  ::fdatasync(least->second.descriptor);
  ::close(least->second.descriptor);
  files_.erase(least);
}

statelang::Expected<LogFiles::File*, std::string> LogFiles::open(const std::string& group) {
  if (const auto found = files_.find(group); found != files_.end()) {
    found->second.used = ++uses_;
    return &found->second;
  }
  std::error_code error;
  std::filesystem::create_directories(settings_.folder, error);
  const std::string name = path(group);
  File file;
  file.descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (file.descriptor < 0) return system_error(name);
  struct stat info {};
  ::fstat(file.descriptor, &info);
  file.bytes = static_cast<size_t>(info.st_size);
  if (!ends_in_a_line(file.descriptor, file.bytes)) file.bytes += write_all(file.descriptor, "\n") ? 1 : 0;
  if (files_.size() >= kOpenFilesMax) close_least_used();
  file.used = ++uses_;
  return &files_.emplace(group, file).first->second;
}

// GROUP.log becomes GROUP.log.1, that becomes .2, and so on; the last one goes.
statelang::Expected<void, std::string> LogFiles::rotate(const std::string& group) {
  const auto found = files_.find(group);
  ::fdatasync(found->second.descriptor);
  ::close(found->second.descriptor);
  files_.erase(found);
  if (settings_.files_max <= 1) {
    if (::unlink(path(group).c_str()) != 0) return system_error(path(group));
    return {};
  }
  for (size_t number = settings_.files_max - 1; number > 0; --number) {
    const std::string from = path(group, number - 1), to = path(group, number);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) return system_error(to);
  }
  return {};
}

statelang::Expected<void, std::string> LogFiles::append(const std::string& group, std::string_view lines) {
  std::lock_guard lock(mutex_);
  while (!lines.empty()) {
    auto file = open(group);
    if (!file) return Unexpected{file.error()};
    const size_t room = settings_.file_bytes_max - std::min(settings_.file_bytes_max, (*file)->bytes);
    const std::string_view fits = whole_lines(lines, room);
    if (fits.empty() && (*file)->bytes > 0) {
      if (auto rotated = rotate(group); !rotated) return rotated;
      continue;
    }
    // A line that is larger than a file has one of its own.
    const std::string_view now = fits.empty() ? lines.substr(0, lines.find('\n') + 1) : fits;
    if (!write_all((*file)->descriptor, now)) return system_error(path(group));
    (*file)->bytes += now.size();
    (*file)->synced = false;
    lines.remove_prefix(now.size());
  }
  return {};
}

statelang::Expected<void, std::string> LogFiles::sync() {
  std::lock_guard lock(mutex_);
  for (auto& [group, file] : files_) {
    if (file.synced) continue;
    if (::fdatasync(file.descriptor) != 0) return system_error(path(group));
    file.synced = true;
  }
  return {};
}

std::vector<std::string> LogFiles::last(const std::string& group, size_t limit,
                                        const std::function<bool(std::string_view)>& wanted) const {
  std::vector<int> descriptors;
  {
    std::lock_guard lock(mutex_);  // not in the middle of a rotation
    for (size_t number = 0; number < settings_.files_max; ++number) {
      const int descriptor = ::open(path(group, number).c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor >= 0) descriptors.push_back(descriptor);
    }
  }
  std::vector<std::string> lines;
  bool more = limit > 0;
  for (const int descriptor : descriptors) {
    if (more) {
      more = for_each_line_backwards(read_all(descriptor), [&](std::string_view line) {
        if (wanted(line)) lines.emplace_back(line);
        return lines.size() < limit;
      });
    }
    ::close(descriptor);
  }
  std::reverse(lines.begin(), lines.end());
  return lines;
}

}  // namespace connectors::logs
