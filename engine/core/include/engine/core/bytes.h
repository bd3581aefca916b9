// ByteWriter and ByteReader: the few forms that every stored or sent value is made of. A reader never reads
// past its end: after the first thing that does not fit, ok() is false and everything it returns is zero or
// empty. What a reader gives points into its bytes, which must outlive it. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace engine::core {

class ByteWriter {
 public:
  void u8(uint8_t number) { out_.push_back(static_cast<char>(number)); }
  void boolean(bool value) { u8(value ? 1 : 0); }
  // 7 bits a byte, lowest first.
  void number(uint64_t value) {
    while (value >= 0x80) {
      u8(static_cast<uint8_t>(value | 0x80));
      value >>= 7;
    }
    u8(static_cast<uint8_t>(value));
  }
  // Small negative numbers stay short.
  void signed_number(int64_t value) {
    number((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void text(std::string_view bytes) {
    number(bytes.size());
    out_.append(bytes);
  }
  void big_endian(uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) u8(static_cast<uint8_t>(value >> shift));
  }
  std::string take() { return std::move(out_); }
  void reserve(size_t bytes) { out_.reserve(bytes); }

 private:
  std::string out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  uint8_t u8() {
    if (rest_.empty()) return fail(), uint8_t{0};
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  bool boolean() {
    const uint8_t byte = u8();
    if (byte > 1) fail();
    return byte == 1;
  }
  uint64_t number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return fail(), uint64_t{0};
  }
  uint32_t small_number() {
    const uint64_t value = number();
    if (value > UINT32_MAX) return fail(), 0u;
    return static_cast<uint32_t>(value);
  }
  int64_t signed_number() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  std::string_view text() {
    const uint64_t size = number();
    if (size > rest_.size()) return fail(), std::string_view{};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string string() { return std::string(text()); }
  uint64_t big_endian(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | u8();
    return value;
  }
  // For counts of things that take at least one byte each: more than are left cannot be right.
  size_t count() {
    const uint64_t value = number();
    if (value > rest_.size()) return fail(), size_t{0};
    return static_cast<size_t>(value);
  }
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  bool ok() const { return ok_; }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace engine::core
