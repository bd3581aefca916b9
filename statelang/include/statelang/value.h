// Value: one immutable-by-default JSON value, the data type of the whole language.
//
// Why not nlohmann::json (docs/adr/0002): objects keep insertion order and find a key among 10,000 fast;
// copying is one reference count, so a state that passes its input on copies nothing; strings of up to 14
// bytes need no memory of their own. Text is still read by nlohmann's parser.
//
// Copy-on-write: mutable_array() and mutable_object() clone first when the content is shared.
// Thread rule: like a shared_ptr; different Values that share content may be read from different threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <statelang/expected.h>

namespace statelang {

class Array;
class Object;
class Opaque;

class Value {
 public:
  // Undefined is the absence of a value (JSONata's undefined, a path without a result); Opaque is a
  // function or another thing an evaluator made. Neither can be written as JSON.
  enum class Type : uint8_t { Undefined, Null, Boolean, Integer, Double, String, Array, Object, Opaque };

  Value() noexcept : Value(nullptr) {}
  Value(std::nullptr_t) noexcept { set_type(Type::Null); }
  Value(bool b) noexcept { set_type(Type::Boolean), set_word<int64_t>(b); }
  Value(int i) noexcept : Value(static_cast<int64_t>(i)) {}
  Value(unsigned i) noexcept : Value(static_cast<int64_t>(i)) {}
  Value(int64_t i) noexcept { set_type(Type::Integer), set_word(i); }
  Value(uint64_t i) noexcept;  // above INT64_MAX: the nearest Double
  Value(double d) noexcept { set_type(Type::Double), set_word(d); }
  Value(std::string_view text);
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(Array array);
  Value(Object object);
  // Takes over one reference of `opaque`.
  explicit Value(Opaque* opaque) noexcept { set_type(Type::Opaque), set_word(opaque), on_heap_ = 1; }

  static Value undefined() noexcept {
    Value value;
    value.set_type(Type::Undefined);
    return value;
  }
  static Value array();   // []
  static Value object();  // {}
  // Value::object({{"a", 1}, {"b", "text"}}): members in the given order.
  static Value object(std::initializer_list<std::pair<std::string_view, Value>> members);
  static Value array(std::initializer_list<Value> items);

  Value(const Value& other) noexcept { copy_from(other); }
  Value(Value&& other) noexcept { take_from(other); }
  Value& operator=(const Value& other) noexcept {
    if (this != &other) {
      Value copy(other);
      swap(copy);
    }
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() {
    if (on_heap_) release();
  }
  void swap(Value& other) noexcept {
    unsigned char bytes[sizeof(Value)];
    std::memcpy(bytes, static_cast<void*>(this), sizeof bytes);
    std::memcpy(static_cast<void*>(this), static_cast<void*>(&other), sizeof bytes);
    std::memcpy(static_cast<void*>(&other), bytes, sizeof bytes);
  }

  Type type() const noexcept { return static_cast<Type>(type_); }
  bool is_undefined() const noexcept { return type() == Type::Undefined; }
  bool is_null() const noexcept { return type() == Type::Null; }
  bool is_boolean() const noexcept { return type() == Type::Boolean; }
  bool is_integer() const noexcept { return type() == Type::Integer; }
  bool is_double() const noexcept { return type() == Type::Double; }
  bool is_number() const noexcept { return is_integer() || is_double(); }
  bool is_string() const noexcept { return type() == Type::String; }
  bool is_array() const noexcept { return type() == Type::Array; }
  bool is_object() const noexcept { return type() == Type::Object; }
  bool is_opaque() const noexcept { return type() == Type::Opaque; }

  // Each needs the type it names (asserted).
  bool as_boolean() const noexcept { return word<int64_t>() != 0; }
  int64_t as_integer() const noexcept { return word<int64_t>(); }
  double as_double() const noexcept {
    return is_integer() ? static_cast<double>(word<int64_t>()) : word<double>();
  }
  std::string_view as_string() const noexcept;  // valid while this Value is neither changed nor destroyed
  const Array& as_array() const noexcept;
  const Object& as_object() const noexcept;
  Opaque* as_opaque() const noexcept { return word<Opaque*>(); }

  Array& mutable_array();
  Object& mutable_object();

  // Array and object conveniences. `find` gives nullptr for a missing key or another type.
  size_t size() const noexcept;  // items, members; 0 for other types
  const Value& operator[](size_t index) const;
  const Value* find(std::string_view key) const noexcept;
  // Adds or replaces a member of an object (this must be an object).
  void set(std::string_view key, Value value);
  void push_back(Value item);

  // True when both share the same content (or are equal scalars): a cheap "nothing changed" test.
  bool same_content(const Value& other) const noexcept;

  // Deep equality; numbers by value (1 == 1.0), object members in any order.
  friend bool operator==(const Value& a, const Value& b);

 private:
  struct StringNode;
  struct ArrayNode;
  struct ObjectNode;
  friend class Array;
  friend class Object;
  static constexpr uint8_t kInlineBytes = 14;

  void set_type(Type type) noexcept { type_ = static_cast<uint8_t>(type); }
  void copy_from(const Value& other) noexcept;
  void take_from(Value& other) noexcept {
    std::memcpy(static_cast<void*>(this), static_cast<const void*>(&other), sizeof(Value));
    other.on_heap_ = 0;
    other.type_ = static_cast<uint8_t>(Type::Null);
  }
  void release() noexcept;

  // Layout: 14 bytes of inline text or an 8-byte word, a length, and type + heap flag: 16 bytes in all.
  // The word is read and written by memcpy, which compilers turn into one move.
  template <class T>
  T word() const noexcept {
    static_assert(sizeof(T) == 8);
    T content;
    std::memcpy(&content, storage_, sizeof content);
    return content;
  }
  template <class T>
  void set_word(T content) noexcept {
    static_assert(sizeof(T) == 8);
    std::memcpy(storage_, &content, sizeof content);
  }

  alignas(8) char storage_[kInlineBytes] = {};
  uint8_t inline_size_ = 0;
  uint8_t type_ : 7 = 0;
  uint8_t on_heap_ : 1 = 0;
};
static_assert(sizeof(Value) == 16);

// Items in order. `tag` is free for evaluators (JSONata's sequence flags); it is not part of equality.
class Array {
 public:
  Array() = default;
  Array(std::initializer_list<Value> items) : items_(items) {}
  explicit Array(std::vector<Value> items) : items_(std::move(items)) {}

  size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  const Value& operator[](size_t index) const noexcept { return items_[index]; }
  Value& operator[](size_t index) noexcept { return items_[index]; }
  const Value& back() const noexcept { return items_.back(); }
  auto begin() const noexcept { return items_.begin(); }
  auto end() const noexcept { return items_.end(); }
  auto begin() noexcept { return items_.begin(); }
  auto end() noexcept { return items_.end(); }
  void push_back(Value item) { items_.push_back(std::move(item)); }
  void reserve(size_t count) { items_.reserve(count); }
  void resize(size_t count) { items_.resize(count); }
  void erase(size_t index) { items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(index)); }
  std::vector<Value>& items() noexcept { return items_; }
  const std::vector<Value>& items() const noexcept { return items_; }

  uint8_t tag = 0;
  // Nesting and bytes below, where an evaluator has measured them to bound what it builds; 0 = not measured.
  uint16_t height = 0;
  float weight = 0;

 private:
  std::vector<Value> items_;
};

// Members in insertion order with unique keys; look-up is linear up to kIndexFrom members, hashed above.
class Object {
 public:
  using Member = std::pair<Value, Value>;  // first is a String
  static constexpr size_t kIndexFrom = 12;

  size_t size() const noexcept { return members_.size(); }
  bool empty() const noexcept { return members_.empty(); }
  auto begin() const noexcept { return members_.begin(); }
  auto end() const noexcept { return members_.end(); }
  const Member& operator[](size_t index) const noexcept { return members_[index]; }
  Value& value_at(size_t index) noexcept { return members_[index].second; }

  const Value* find(std::string_view key) const noexcept;
  Value* find(std::string_view key) noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  // Adds the member at the end, or replaces the value of an existing one in its place.
  Value& set(Value key, Value value);  // key is a String
  bool erase(std::string_view key);
  void reserve(size_t count) { members_.reserve(count); }

  uint16_t height = 0;  // as for Array
  float weight = 0;

 private:
  static constexpr size_t kNotFound = static_cast<size_t>(-1);
  size_t position(std::string_view key) const noexcept;
  void index_last();
  void rebuild_index();

  std::vector<Member> members_;
  std::vector<uint32_t> index_;  // open addressing: position + 1, 0 = free; size is a power of two
};

// Base of things an evaluator keeps in a Value: lambdas, regular expressions.
class Opaque {
 public:
  Opaque() = default;
  Opaque(const Opaque&) = delete;
  Opaque& operator=(const Opaque&) = delete;
  virtual ~Opaque() = default;
  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release_reference() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

 private:
  std::atomic<uint32_t> references_{1};
};

// ---------------------------------------------------------------------------------------- text

struct JsonError {
  size_t offset = 0;    // byte where reading stopped
  std::string message;  // one line, in the words of the parser
};
struct ParseLimits {
  size_t depth_max = 1000;             // nesting (Jackson's limit)
  bool refuse_duplicate_keys = false;  // otherwise the last one wins, at the place of the first
};
// Reads one JSON text (RFC 8259, UTF-8).
Expected<Value, JsonError> parse_json(std::string_view text, ParseLimits limits = {});

// Writes compact JSON as AWS does: member order kept, no escape of '/' or non-ASCII, doubles in the
// shortest form that reads back equal, written as Java does (1.0, 1.5E10). Undefined and Opaque members are
// left out of objects and become null in arrays.
std::string to_json(const Value& value);
void append_json(std::string& out, const Value& value);
void append_json_string(std::string& out, std::string_view text);  // with the quotes
std::string to_pretty_json(const Value& value, int indent = 2);
// The shortest text of a double that reads back equal: Java's layout (1.0E10).
std::string java_number(double number);

}  // namespace statelang
