#include <algorithm>
#include <filesystem>
#include <fstream>

#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <engine/objects/object_folder.h>
#include <engine/objects/unpacked.h>
#include <statelang/encoding.h>

namespace engine::objects {
namespace {

namespace fs = std::filesystem;
using statelang::Expected;
using statelang::Unexpected;
using statelang::map_run::ObjectInfo;
using statelang::map_run::ObjectReader;

constexpr int64_t kDigestedBytesMax = 8 * 1024 * 1024;

class FileReader : public ObjectReader {
 public:
  explicit FileReader(std::ifstream file) : file_(std::move(file)) {}

  Expected<size_t, std::string> read(char* to, size_t capacity) override {
    file_.read(to, static_cast<std::streamsize>(capacity));
    if (file_.bad()) return Unexpected{std::string("The object cannot be read.")};
    return static_cast<size_t>(file_.gcount());
  }

 private:
  std::ifstream file_;
};

constexpr size_t kAccountDigits = 12;

// One folder below the root. Twelve digits are an account (its buckets lie in there, and are its own).
bool is_bucket(const std::string& name) {
  const bool plain = name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
  const bool account =
      name.size() == kAccountDigits && name.find_first_not_of("0123456789") == std::string::npos;
  return plain && !name.starts_with('.') && !name.empty() && !account;
}

bool leads_out(const fs::path& relative) {
  return relative.is_absolute() ||
         std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == ".."; });
}

Unexpected<std::string> no_bucket(const std::string& bucket) {
  return Unexpected{"The specified bucket does not exist: " + bucket};
}

std::string etag_of(const std::string& path, const ObjectInfo& object) {
  if (object.size_bytes > kDigestedBytesMax) {
    return "\"" + std::to_string(object.size_bytes) + "-" + std::to_string(object.modified_s) + "\"";
  }
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!digest || EVP_DigestInit_ex(digest.get(), EVP_md5(), nullptr) != 1) return {};
  std::ifstream file(path, std::ios::binary);
  char chunk[16 * 1024];
  while (file.read(chunk, sizeof chunk), file.gcount() > 0) {
    EVP_DigestUpdate(digest.get(), chunk, static_cast<size_t>(file.gcount()));
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(digest.get(), bytes, &size);
  return "\"" + statelang::to_hex({reinterpret_cast<const char*>(bytes), size}) + "\"";
}

}  // namespace

std::string ObjectFolder::path_of(const std::string& bucket, const std::string& key) const {
  if (root_.empty() || !is_bucket(bucket) || leads_out(fs::path(key))) return {};
  if (key.find('\0') != std::string::npos) return {};
  return (fs::path(root_) / bucket / key).string();
}

Expected<std::unique_ptr<ObjectReader>, std::string> ObjectFolder::open(const std::string& bucket,
                                                                        const std::string& key) {
  const std::string folder = path_of(bucket, ""), path = path_of(bucket, key);
  std::error_code failed;
  if (folder.empty() || !fs::is_directory(folder, failed)) return no_bucket(bucket);
  if (path.empty() || !fs::is_regular_file(path, failed)) {
    return Unexpected{"The specified key does not exist: s3://" + bucket + "/" + key};
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unexpected{"The object cannot be read: s3://" + bucket + "/" + key};
  return unpacked(std::make_unique<FileReader>(std::move(file)), key);
}

Expected<void, std::string> ObjectFolder::look_through(const std::string& bucket, const std::string& prefix) {
  listed_.clear();
  const std::string folder = path_of(bucket, "");
  std::error_code failed;
  if (folder.empty() || !fs::is_directory(folder, failed)) return no_bucket(bucket);
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (!at->is_regular_file(failed)) continue;
    std::string key = at->path().lexically_relative(folder).generic_string();
    struct stat status {};
    if (!key.starts_with(prefix) || ::stat(at->path().c_str(), &status) != 0) continue;
    listed_.push_back({std::move(key), {}, status.st_size, status.st_mtime});
  }
  if (failed) return Unexpected{"The bucket cannot be read: " + bucket};
  std::sort(listed_.begin(), listed_.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  listed_bucket_ = bucket;
  listed_prefix_ = prefix;
  return {};
}

Expected<std::vector<ObjectInfo>, std::string> ObjectFolder::list(const std::string& bucket,
                                                                  const std::string& prefix,
                                                                  const std::string& after, size_t count) {
  if (after.empty() || bucket != listed_bucket_ || prefix != listed_prefix_) {
    if (auto looked = look_through(bucket, prefix); !looked) return Unexpected{looked.error()};
  }
  auto at = after.empty()
                ? listed_.begin()
                : std::upper_bound(listed_.begin(), listed_.end(), after,
                                   [](const std::string& key, const auto& info) { return key < info.key; });
  std::vector<ObjectInfo> page;
  for (; at != listed_.end() && page.size() < count; ++at) {
    page.push_back(*at);
    page.back().etag = etag_of(path_of(bucket, at->key), *at);
  }
  return page;
}

Expected<void, std::string> ObjectFolder::write(const std::string& bucket, const std::string& key,
                                                const std::string& bytes) {
  const std::string path = path_of(bucket, key);
  const auto failure = Unexpected{"s3://" + bucket + "/" + key + " cannot be written."};
  if (path.empty() || key.empty()) return failure;
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  // Beside the buckets, where no list looks.
  std::string partial = (fs::path(root_) / ".partial-XXXXXX").string();
  const int descriptor = ::mkstemp(partial.data());
  if (descriptor < 0) return failure;
  ::fchmod(descriptor, 0644);
  ::close(descriptor);
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file.fail()) fs::rename(partial, path, failed);
  if (!file.fail() && !failed) return {};
  fs::remove(partial, failed);
  return failure;
}

}  // namespace engine::objects
