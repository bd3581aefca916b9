// TextInput: an object's bytes one by one, a chunk of them in memory. A byte order mark at the beginning is
// passed over.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <statelang/failure.h>
#include <statelang/map_run/object_store.h>

namespace statelang::map_run {

constexpr size_t kItemBytesMax = 8 * 1024 * 1024;  // AWS: what one item may have

Unexpected<Failure> reader_failed(std::string cause);

class TextInput {
 public:
  static constexpr int kEnd = -1;

  explicit TextInput(std::unique_ptr<ObjectReader> reader);

  // kEnd: the end, or error() says why there is no more.
  int peek() { return at_ < filled_ || fill() ? static_cast<unsigned char>(chunk_[at_]) : kEnd; }
  int get() {
    const int byte = peek();
    if (byte != kEnd) ++at_;
    return byte;
  }
  // Bytes taken so far.
  uint64_t position() const { return before_chunk_ + at_; }
  const std::optional<std::string>& error() const { return error_; }

 private:
  bool fill();

  std::unique_ptr<ObjectReader> reader_;
  std::array<char, 64 * 1024> chunk_;
  size_t at_ = 0, filled_ = 0;
  uint64_t before_chunk_ = 0;
  bool ended_ = false;
  std::optional<std::string> error_;
};

}  // namespace statelang::map_run
