// Frame: the variables of one scope at run time. Frames are shared by the closures made in them and belong to
// one evaluation, which clears all of them at its end, so that closures stored in their own frame don't leak.
#pragma once

#include <cstdint>
#include <utility>

#include <statelang/value.h>

#include "ast.h"

namespace statelang::jsonata {

class FrameList;

class Frame {
 public:
  static Frame* make(FrameList& list, const Scope* scope, Frame* parent);

  Frame* parent() const { return parent_; }
  const Scope* scope() const { return scope_; }
  uint32_t size() const { return size_; }
  bool assigned(size_t slot) const { return flags()[slot] != 0; }
  const Value& value(size_t slot) const { return slots()[slot]; }
  void assign(size_t slot, Value value) {
    slots()[slot] = std::move(value);
    flags()[slot] = 1;
  }
  Value take(size_t slot) { return std::exchange(slots()[slot], Value::undefined()); }
  void add_reference() { ++references_; }
  void release();

 private:
  friend class FrameList;
  Frame() = default;
  Value* slots() const { return reinterpret_cast<Value*>(const_cast<Frame*>(this) + 1); }
  uint8_t* flags() const { return reinterpret_cast<uint8_t*>(slots() + size_); }
  void clear();
  void unlink();

  Frame* parent_ = nullptr;
  const Scope* scope_ = nullptr;
  FrameList* list_ = nullptr;
  Frame* next_ = nullptr;
  Frame* previous_ = nullptr;
  uint32_t references_ = 1;
  uint32_t size_ = 0;
};

class FramePtr {
 public:
  FramePtr() = default;
  explicit FramePtr(Frame* frame) : frame_(frame) {}  // takes over one reference
  static FramePtr share(Frame* frame) {
    if (frame) frame->add_reference();
    return FramePtr(frame);
  }
  FramePtr(const FramePtr& other) : frame_(other.frame_) {
    if (frame_) frame_->add_reference();
  }
  FramePtr(FramePtr&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  FramePtr& operator=(FramePtr other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~FramePtr() {
    if (frame_) frame_->release();
  }
  Frame* get() const { return frame_; }
  Frame* operator->() const { return frame_; }
  explicit operator bool() const { return frame_ != nullptr; }

 private:
  Frame* frame_ = nullptr;
};

// All live frames of an evaluation.
class FrameList {
 public:
  FrameList() = default;
  FrameList(const FrameList&) = delete;
  FrameList& operator=(const FrameList&) = delete;
  ~FrameList() { clear(); }
  void clear();

 private:
  friend class Frame;
  Frame* first_ = nullptr;
};

}  // namespace statelang::jsonata
