#include "text_input.h"

namespace statelang::map_run {

Unexpected<Failure> reader_failed(std::string cause) {
  return Unexpected{Failure{std::string(errors::kItemReaderFailed), std::move(cause)}};
}

TextInput::TextInput(std::unique_ptr<ObjectReader> reader) : reader_(std::move(reader)) {
  constexpr unsigned char kByteOrderMark[] = {0xEF, 0xBB, 0xBF};
  if (peek() != kByteOrderMark[0]) return;
  // A first chunk shorter than the mark is no text that begins with one.
  const bool marked = filled_ >= 3 && static_cast<unsigned char>(chunk_[1]) == kByteOrderMark[1] &&
                      static_cast<unsigned char>(chunk_[2]) == kByteOrderMark[2];
  if (marked) at_ = 3;
}

bool TextInput::fill() {
  if (ended_) return false;
  before_chunk_ += filled_;
  at_ = filled_ = 0;
  auto read = reader_->read(chunk_.data(), chunk_.size());
  if (!read) {
    error_ = std::move(read.error());
  } else {
    filled_ = *read;
  }
  ended_ = filled_ == 0;
  return !ended_;
}

}  // namespace statelang::map_run
