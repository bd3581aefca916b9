#include "frame.h"

#include <new>

namespace statelang::jsonata {

Frame* Frame::make(FrameList& list, const Scope* scope, Frame* parent) {
  const size_t size = scope->names.size();
  void* memory = ::operator new(sizeof(Frame) + size * (sizeof(Value) + 1));
  auto* frame = new (memory) Frame;
  frame->parent_ = parent;
  if (parent) parent->add_reference();
  frame->scope_ = scope;
  frame->size_ = static_cast<uint32_t>(size);
  for (size_t i = 0; i < size; ++i) {
    new (frame->slots() + i) Value(Value::undefined());
    frame->flags()[i] = 0;
  }
  frame->list_ = &list;
  frame->next_ = list.first_;
  if (frame->next_) frame->next_->previous_ = frame;
  list.first_ = frame;
  return frame;
}

void Frame::clear() {
  for (size_t i = 0; i < size_; ++i) slots()[i] = Value::undefined();
}

void Frame::unlink() {
  if (!list_) return;
  if (previous_) previous_->next_ = next_;
  if (next_) next_->previous_ = previous_;
  if (list_->first_ == this) list_->first_ = next_;
  list_ = nullptr;
  next_ = previous_ = nullptr;
}

// A loop, because frames form long chains and each release may free the parent.
void Frame::release() {
  for (Frame* frame = this; frame && --frame->references_ == 0;) {
    Frame* parent = frame->parent_;
    frame->unlink();
    for (size_t i = 0; i < frame->size_; ++i) frame->slots()[i].~Value();
    frame->~Frame();
    ::operator delete(frame);
    frame = parent;
  }
}

void FrameList::clear() {
  while (Frame* frame = first_) {
    frame->add_reference();  // clearing may drop the last one
    frame->unlink();
    frame->clear();
    frame->release();
  }
}

}  // namespace statelang::jsonata
