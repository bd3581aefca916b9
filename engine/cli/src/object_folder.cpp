#include "object_folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>

namespace engine::cli {
namespace {

namespace fs = std::filesystem;

bool leads_out(const fs::path& relative) {
  return relative.is_absolute() ||
         std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == ".."; });
}

}  // namespace

std::string ObjectFolder::path_of(const std::string& bucket, const std::string& key) const {
  if (root_.empty() || bucket.empty() || leads_out(fs::path(bucket)) || leads_out(fs::path(key))) return {};
  return (fs::path(root_) / bucket / key).string();
}

std::optional<std::string> ObjectFolder::read(const std::string& bucket, const std::string& key) {
  const std::string path = path_of(bucket, key);
  std::error_code ignored;
  if (path.empty() || !fs::is_regular_file(path, ignored)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

std::optional<std::vector<ObjectFolder::ObjectInfo>> ObjectFolder::list(const std::string& bucket,
                                                                        const std::string& prefix) {
  const std::string folder = path_of(bucket, "");
  std::error_code failed;
  if (folder.empty() || !fs::is_directory(folder, failed)) return std::nullopt;
  std::vector<ObjectInfo> found;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_regular_file(failed)) continue;
    const std::string key = fs::relative(at->path(), folder, failed).generic_string();
    if (key.compare(0, prefix.size(), prefix) != 0) continue;
    struct stat status {};
    if (::stat(at->path().c_str(), &status) != 0) continue;
    found.push_back({key, static_cast<int64_t>(status.st_size), static_cast<int64_t>(status.st_mtime)});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return found;
}

bool ObjectFolder::write(const std::string& bucket, const std::string& key, const std::string& bytes) {
  const std::string path = path_of(bucket, key);
  if (path.empty()) return false;
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  return !file.fail();
}

}  // namespace engine::cli
