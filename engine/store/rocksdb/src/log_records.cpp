#include "log_records.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include <boost/crc.hpp>

namespace engine::store {

namespace {

constexpr size_t kBlockBytes = 32'768;
constexpr size_t kHeaderBytes = 7;

enum FragmentType : uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// CRC-32C (Castagnoli).
uint32_t crc32c(const char* bytes, size_t size) {
  boost::crc_optimal<32, 0x1EDC6F41U, 0xFFFFFFFFU, 0xFFFFFFFFU, true, true> sum;
  sum.process_bytes(bytes, size);
  return sum.checksum();
}

uint32_t number_at(const char* bytes) {
  uint32_t number = 0;
  for (int i = 3; i >= 0; --i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

// What is stored is no plain checksum, so that one of data with checksums in it is good as well.
uint32_t unmasked(uint32_t stored) {
  const uint32_t turned = stored - 0xA282EAD8U;
  return turned >> 17 | turned << 15;
}

class Reader {
 public:
  explicit Reader(const LogRecords& records) : records_(records) {}

  void block(uint64_t offset, std::string_view bytes) {
    size_t at = 0;
    while (bytes.size() - at >= kHeaderBytes) {
      const char* header = bytes.data() + at;
      const size_t length =
          static_cast<uint8_t>(header[4]) | static_cast<size_t>(static_cast<uint8_t>(header[5])) << 8;
      const auto type = static_cast<uint8_t>(header[6]);
      const uint64_t begin = offset + at;
      at += kHeaderBytes + length;
      if (at > bytes.size() || (type == kZero && length == 0)) return tear(begin);
      // Perhaps the length is sound and what follows is, too.
      if (unmasked(number_at(header)) != crc32c(header + 6, length + 1)) {
        tear(begin);
      } else {
        fragment(begin, type, {header + kHeaderBytes, length});
      }
    }
    const bool padding = bytes.size() == kBlockBytes;
    if (at < bytes.size() && !padding) tear(offset + at);
  }

  void end() {
    if (open_) tear(begin_);
  }

 private:
  void tear(uint64_t offset) {
    records_.damaged(open_ ? begin_ : offset);
    open_ = false;
  }

  void fragment(uint64_t offset, uint8_t type, std::string_view payload) {
    if (type == kFull || type == kFirst) {
      if (open_) tear(begin_);
      begin_ = offset;
      open_ = true;
      head_.clear();
    } else if (type == kMiddle || type == kLast) {
      if (!open_) return records_.damaged(offset);
    } else {
      return;  // RocksDB's words to itself, of later versions
    }
    head_.append(payload.substr(0, kHeadBytes - std::min(kHeadBytes, head_.size())));
    if (type == kMiddle || type == kFirst) return;
    open_ = false;
    records_.sound(begin_, head_);
  }

  const LogRecords& records_;
  bool open_ = false;  // fragments are missing
  uint64_t begin_ = 0;
  std::string head_;
};

}  // namespace

bool read_log_records(const std::string& path, const LogRecords& records) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return false;
  std::vector<char> block(kBlockBytes);
  Reader reader(records);
  uint64_t offset = 0;
  while (const size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
    reader.block(offset, {block.data(), got});
    offset += got;
  }
  if (std::ferror(file.get()) != 0) return false;
  reader.end();
  return true;
}

}  // namespace engine::store
