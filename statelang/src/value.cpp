#include <cassert>
#include <functional>
#include <limits>

#include <statelang/value.h>

namespace statelang {

struct Value::StringNode {
  std::atomic<uint32_t> references{1};
  uint32_t size;
  char text[1];
};
struct Value::ArrayNode {
  std::atomic<uint32_t> references{1};
  Array array;
};
struct Value::ObjectNode {
  std::atomic<uint32_t> references{1};
  Object object;
};

Value::Value(uint64_t i) noexcept {
  if (i <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    set_type(Type::Integer);
    set_word(static_cast<int64_t>(i));
  } else {
    set_type(Type::Double);
    set_word(static_cast<double>(i));
  }
}

Value::Value(std::string_view text) {
  set_type(Type::String);
  if (text.size() <= kInlineBytes) {
    if (!text.empty()) std::memcpy(storage_, text.data(), text.size());
    inline_size_ = static_cast<uint8_t>(text.size());
    return;
  }
  assert(text.size() < std::numeric_limits<uint32_t>::max());
  void* memory = ::operator new(sizeof(StringNode) + text.size());
  auto* node = new (memory) StringNode;
  node->size = static_cast<uint32_t>(text.size());
  std::memcpy(node->text, text.data(), text.size());
  set_word(node);
  on_heap_ = 1;
}

Value::Value(Array array) {
  set_type(Type::Array);
  set_word(new ArrayNode{.array = std::move(array)});
  on_heap_ = 1;
}

Value::Value(Object object) {
  set_type(Type::Object);
  set_word(new ObjectNode{.object = std::move(object)});
  on_heap_ = 1;
}

Value Value::array() {
  return Value(Array{});
}
Value Value::object() {
  return Value(Object{});
}

Value Value::object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Object object;
  object.reserve(members.size());
  for (const auto& [key, value] : members) object.set(key, value);
  return Value(std::move(object));
}

Value Value::array(std::initializer_list<Value> items) {
  return Value(Array(items));
}

void Value::copy_from(const Value& other) noexcept {
  std::memcpy(static_cast<void*>(this), static_cast<const void*>(&other), sizeof(Value));
  if (!on_heap_) return;
  switch (type()) {
    case Type::String:
      word<StringNode*>()->references.fetch_add(1, std::memory_order_relaxed);
      break;
    case Type::Array:
      word<ArrayNode*>()->references.fetch_add(1, std::memory_order_relaxed);
      break;
    case Type::Object:
      word<ObjectNode*>()->references.fetch_add(1, std::memory_order_relaxed);
      break;
    case Type::Opaque:
      word<Opaque*>()->add_reference();
      break;
    default:
      break;
  }
}

void Value::release() noexcept {
  const auto last = [](std::atomic<uint32_t>& references) {
    return references.fetch_sub(1, std::memory_order_acq_rel) == 1;
  };
  switch (type()) {
    case Type::String:
      if (last(word<StringNode*>()->references)) {
        word<StringNode*>()->~StringNode();
        ::operator delete(word<StringNode*>());
      }
      break;
    case Type::Array:
      if (last(word<ArrayNode*>()->references)) delete word<ArrayNode*>();
      break;
    case Type::Object:
      if (last(word<ObjectNode*>()->references)) delete word<ObjectNode*>();
      break;
    case Type::Opaque:
      word<Opaque*>()->release_reference();
      break;
    default:
      break;
  }
}

std::string_view Value::as_string() const noexcept {
  assert(is_string());
  if (!on_heap_) return {storage_, inline_size_};
  return {word<StringNode*>()->text, word<StringNode*>()->size};
}

const Array& Value::as_array() const noexcept {
  assert(is_array());
  return word<ArrayNode*>()->array;
}

const Object& Value::as_object() const noexcept {
  assert(is_object());
  return word<ObjectNode*>()->object;
}

Array& Value::mutable_array() {
  assert(is_array());
  if (word<ArrayNode*>()->references.load(std::memory_order_acquire) > 1)
    *this = Value(Array(word<ArrayNode*>()->array));
  return word<ArrayNode*>()->array;
}

Object& Value::mutable_object() {
  assert(is_object());
  if (word<ObjectNode*>()->references.load(std::memory_order_acquire) > 1) {
    *this = Value(Object(word<ObjectNode*>()->object));
  }
  return word<ObjectNode*>()->object;
}

size_t Value::size() const noexcept {
  if (is_array()) return as_array().size();
  if (is_object()) return as_object().size();
  return 0;
}

const Value& Value::operator[](size_t index) const {
  return as_array()[index];
}

const Value* Value::find(std::string_view key) const noexcept {
  return is_object() ? as_object().find(key) : nullptr;
}

void Value::set(std::string_view key, Value value) {
  mutable_object().set(key, std::move(value));
}
void Value::push_back(Value item) {
  mutable_array().push_back(std::move(item));
}

bool Value::same_content(const Value& other) const noexcept {
  if (type_ != other.type_) return false;
  switch (type()) {
    case Type::Undefined:
    case Type::Null:
      return true;
    case Type::Double:
      return word<double>() == other.word<double>();
    case Type::String:
      return on_heap_ && other.on_heap_ ? word<StringNode*>() == other.word<StringNode*>()
                                        : as_string() == other.as_string();
    default:
      return word<int64_t>() == other.word<int64_t>();
  }
}

namespace {

bool equal_arrays(const Array& a, const Array& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!(a[i] == b[i])) return false;
  }
  return true;
}

bool equal_objects(const Object& a, const Object& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const Value* other = b.find(key.as_string());
    if (!other || !(value == *other)) return false;
  }
  return true;
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.as_integer() == b.as_integer();
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case Value::Type::String:
      return a.as_string() == b.as_string();
    case Value::Type::Array:
      return a.same_content(b) || equal_arrays(a.as_array(), b.as_array());
    case Value::Type::Object:
      return a.same_content(b) || equal_objects(a.as_object(), b.as_object());
    default:
      return a.same_content(b);
  }
}

// ---------------------------------------------------------------------------------------- Object

size_t Object::position(std::string_view key) const noexcept {
  if (index_.empty()) {
    for (size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].first.as_string() == key) return i;
    }
    return kNotFound;
  }
  const size_t mask = index_.size() - 1;
  for (size_t slot = std::hash<std::string_view>{}(key)&mask;; slot = (slot + 1) & mask) {
    if (index_[slot] == 0) return kNotFound;
    if (members_[index_[slot] - 1].first.as_string() == key) return index_[slot] - 1;
  }
}

const Value* Object::find(std::string_view key) const noexcept {
  const size_t found = position(key);
  return found == kNotFound ? nullptr : &members_[found].second;
}

Value* Object::find(std::string_view key) noexcept {
  const size_t found = position(key);
  return found == kNotFound ? nullptr : &members_[found].second;
}

Value& Object::set(Value key, Value value) {
  const size_t found = position(key.as_string());
  if (found != kNotFound) return members_[found].second = std::move(value);
  members_.emplace_back(std::move(key), std::move(value));
  if (!index_.empty() || members_.size() >= kIndexFrom) index_last();
  return members_.back().second;
}

bool Object::erase(std::string_view key) {
  const size_t found = position(key);
  if (found == kNotFound) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(found));
  if (!index_.empty()) rebuild_index();
  return true;
}

void Object::index_last() {
  if (members_.size() * 2 > index_.size()) return rebuild_index();  // at most half full
  const size_t mask = index_.size() - 1;
  size_t slot = std::hash<std::string_view>{}(members_.back().first.as_string()) & mask;
  while (index_[slot] != 0) slot = (slot + 1) & mask;
  index_[slot] = static_cast<uint32_t>(members_.size());
}

void Object::rebuild_index() {
  size_t slots = 32;
  while (slots < members_.size() * 4) slots *= 2;
  index_.assign(slots, 0);
  for (size_t i = 0; i < members_.size(); ++i) {
    size_t slot = std::hash<std::string_view>{}(members_[i].first.as_string()) & (slots - 1);
    while (index_[slot] != 0) slot = (slot + 1) & (slots - 1);
    index_[slot] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace statelang
