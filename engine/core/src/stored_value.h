// One stored value, read and decoded: what every query begins with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <engine/core/error.h>
#include <engine/core/storage.h>

namespace engine::core {

inline statelang::Unexpected<Error> corrupt(const char* what) {
  return statelang::Unexpected{
      Error{ErrorKind::Corrupt, std::string("a stored ") + what + " is damaged: restore it from a backup"}};
}

// Nothing: there is no such key. `what` names the value for people when it cannot be decoded.
template <class Value>
Expected<std::optional<Value>> read_value(const StoreReader& store, Table table, std::string_view key,
                                          std::optional<Value> (*decode)(std::string_view),
                                          const char* what) {
  std::string bytes;
  auto found = store.get(table, key, bytes);
  if (!found) return statelang::Unexpected{found.error()};
  if (!*found) return std::optional<Value>();
  auto value = decode(bytes);
  if (!value) return corrupt(what);
  return value;
}

}  // namespace engine::core
