// ApiKeys: who may call the API. The file holds hashes only, one key a line:
//
//   <64 hex digits: SHA-256 of the key> [name]      # comment
//
// `openssl rand -hex 32` makes a key, `printf %s KEY | sha256sum` its line. Comparison takes the same time
// for every key. Immutable after load; any thread.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <engine/api/http/message.h>
#include <engine/core/error.h>

namespace engine::http {

class ApiKeys {
 public:
  // Error::Permanent with file and line for what cannot be read. A file without keys is an error as well.
  static Expected<ApiKeys> load(const std::string& path);
  static Expected<ApiKeys> parse(std::string_view text, const std::string& name_for_errors);

  bool accepts(std::string_view key) const;
  // "Authorization: Bearer KEY".
  bool accepts(const Request& request) const;
  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::array<unsigned char, 32> sha256;
    std::string name;
  };
  std::vector<Key> keys_;
};

}  // namespace engine::http
