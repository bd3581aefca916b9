#include "log_check.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "log_records.h"

namespace engine::store {

namespace {

namespace fs = std::filesystem;

constexpr size_t kBatchHeaderBytes = 12;  // of a write batch: sequence (8), count (4)

uint64_t fixed_number(std::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = bytes.size(); i > 0; --i) number = number << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return number;
}

bool take_varint(std::string_view& bytes, uint64_t& number) {
  number = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

// What the MANIFEST says of the logs.
struct Flushed {
  uint64_t first_log = 0;               // older ones are left over
  std::optional<uint64_t> last_change;  // in a table file: changes behind it must be in a log
};

// A version edit begins with numbers, each after its tag; names and files follow, which are not needed.
void read_edit(std::string_view edit, Flushed& flushed) {
  enum Tag : uint64_t {
    kComparator = 1,
    kLastSequence = 4,
    kMinLogNumber = 10,
    kDatabaseId = (1U << 13) + 1
  };
  uint64_t tag = 0;
  uint64_t number = 0;
  while (take_varint(edit, tag) && take_varint(edit, number)) {
    switch (tag) {
      case kComparator:
      case kDatabaseId:
        if (number > edit.size()) return;
        edit.remove_prefix(number);
        break;
      case kLastSequence:
        flushed.last_change = std::max(flushed.last_change.value_or(0), number);
        break;
      case kMinLogNumber:
        flushed.first_log = std::max(flushed.first_log, number);
        break;
      case 2:  // log, next file, previous log, column families
      case 3:
      case 9:
      case 203:
        break;
      default:
        return;
    }
  }
}

Flushed read_manifest(const std::string& directory) {
  Flushed flushed;
  std::ifstream current(directory + "/CURRENT");
  std::string name;
  if (!std::getline(current, name)) return flushed;
  read_log_records(
      directory + "/" + name,
      {[&flushed](uint64_t, std::string_view head) { read_edit(head, flushed); }, [](uint64_t) {}});
  return flushed;
}

struct LogFile {
  uint64_t number = 0;
  std::string path;
};

std::vector<LogFile> log_files(const std::string& directory, uint64_t first) {
  std::vector<LogFile> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (entry.path().extension() != ".log") continue;
    const std::string name = entry.path().stem().string();
    LogFile file{0, entry.path().string()};
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), file.number);
    if (wrong != std::errc() || end != name.data() + name.size() || file.number < first) continue;
    files.push_back(std::move(file));
  }
  std::sort(files.begin(), files.end(),
            [](const LogFile& a, const LogFile& b) { return a.number < b.number; });
  return files;
}

// Follows the numbers of the changes from record to record, as RocksDB's recovery does.
class Chain {
 public:
  explicit Chain(std::optional<uint64_t> last_flushed) {
    if (last_flushed) flushed_ = *last_flushed + 1;
  }

  void begin_file(const std::string& path) {
    path_ = path;
    first_ = true;
  }

  void damaged(uint64_t offset) {
    if (!hole_) hole_ = Hole{path_, offset, next_, false, 0};
  }

  void sound(uint64_t offset, std::string_view head) {
    if (head.size() < kBatchHeaderBytes) return damaged(offset);
    const uint64_t sequence = fixed_number(head.substr(0, 8));
    const uint64_t following = sequence + fixed_number(head.substr(8, 4));
    // The log of a process that began without what is behind the hole goes on from there.
    if (hole_ && first_ && sequence == (hole_->next ? hole_->next : flushed_)) hole_.reset();
    first_ = false;
    if (!hole_ && is_missing(sequence)) hole_ = Hole{path_, offset, next_, true, 0};
    if (!hole_) {
      next_ = following;
    } else if (!hole_->next || sequence >= *hole_->next) {
      ++hole_->lost;
    }
  }

  LogDamage result(const std::string& directory) const {
    if (!hole_ || hole_->lost == 0) return {};
    const std::string what =
        hole_->missing ? "commits are missing before byte " : "the log cannot be read at byte ";
    const std::string message = directory + " is damaged: " + what + std::to_string(hole_->offset) + " of " +
                                fs::path(hole_->path).filename().string() + ", and " +
                                std::to_string(hole_->lost) + " sound commits are behind it";
    return {{ErrorKind::Corrupt, message}, !hole_->missing};
  }

 private:
  struct Hole {
    std::string path;
    uint64_t offset = 0;
    std::optional<uint64_t> next;  // change that should stand there
    bool missing = false;          // sound bytes, of later changes
    uint64_t lost = 0;             // sound records behind it
  };

  bool is_missing(uint64_t sequence) const {
    return next_ ? sequence > *next_ : flushed_ && sequence > *flushed_;
  }

  std::string path_;
  bool first_ = true;
  std::optional<uint64_t> flushed_;  // the first change that table files may lack
  std::optional<uint64_t> next_;     // after the last sound record
  std::optional<Hole> hole_;
};

}  // namespace

LogDamage check_logs(const std::string& directory) {
  const Flushed flushed = read_manifest(directory);
  Chain chain(flushed.last_change);
  for (const LogFile& file : log_files(directory, flushed.first_log)) {
    chain.begin_file(file.path);
    const LogRecords records{[&chain](uint64_t offset, std::string_view head) { chain.sound(offset, head); },
                             [&chain](uint64_t offset) { chain.damaged(offset); }};
    if (!read_log_records(file.path, records)) {
      return {{ErrorKind::Permanent,
               file.path + " cannot be read: its owner and rights, or the disk, are wrong"}};
    }
  }
  return chain.result(directory);
}

}  // namespace engine::store
