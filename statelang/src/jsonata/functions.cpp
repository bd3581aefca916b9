#include "functions.h"

#include <array>
#include <unordered_map>

#include "callable.h"

namespace statelang::jsonata {
namespace {

// All built-ins by name; a name may be in it for both dialects.
class Table {
 public:
  Table() {
    for (const auto group :
         {string_functions(), regex_functions(), number_functions(), array_functions(), object_functions(),
          higher_order_functions(), datetime_functions(), aws_functions()}) {
      for (const Builtin& builtin : group) {
        auto signature = builtin.signature.empty() ? nullptr : Signature::parse(builtin.signature);
        values_.emplace(&builtin, Value(new BuiltinFunction(&builtin, std::move(signature))));
        by_name_.emplace(builtin.name, &builtin);
      }
    }
  }
  const Builtin* find(std::string_view name, Dialect dialect) const {
    const auto hidden = dialect == Dialect::Aws ? Builtin::Where::PlainOnly : Builtin::Where::AwsOnly;
    const auto [first, last] = by_name_.equal_range(name);
    for (auto at = first; at != last; ++at) {
      if (at->second->where != hidden) return at->second;
    }
    return nullptr;
  }
  const Value& value(const Builtin& builtin) const { return values_.at(&builtin); }

 private:
  std::unordered_map<const Builtin*, Value> values_;
  std::unordered_multimap<std::string_view, const Builtin*> by_name_;
};

const Table& table() {
  static const Table kTable;
  return kTable;
}

}  // namespace

const Value& NativeCall::operator[](size_t i) const {
  static const Value kUndefined = Value::undefined();
  return i < arguments.size() ? arguments[i] : kUndefined;
}

const Builtin* find_builtin(std::string_view name, Dialect dialect) {
  return table().find(name, dialect);
}
const Value& function_value(const Builtin& builtin) {
  return table().value(builtin);
}

}  // namespace statelang::jsonata
