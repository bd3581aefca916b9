// The key file: every key that may call the server, in one JSON document (docs/formats/keys.md).
//
//   {"keys": [{"id": "ops", "sha256": "<64 hex digits>", "account": "000000000000",
//              "scopes": [{"actions": ["states:*"], "resources": ["*"]}], "expires":
//              "2027-01-31T00:00:00Z"}]}
//
// A key with "sha256" is a bearer key of the REST API: what its holder sends is ID.SECRET, and the file holds
// the SHA-256 of that whole text. A key with "secret" is an AWS access key: signatures need the secret
// itself. Functions without a state; any thread, but of those that change a file one process at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <engine/auth/authorize.h>
#include <engine/core/error.h>

namespace engine::auth {

struct Key {
  Principal principal;
  std::string secret;                      // AWS access keys; empty: a bearer key
  std::array<unsigned char, 32> sha256{};  // bearer keys: of "ID.SECRET"
  int64_t expires_ms = 0;                  // Unix time; 0: never
  bool is_access_key() const { return !secret.empty(); }
};

// Keys without an account get `account`. Errors are Permanent and say which key is wrong; a document without
// keys is one.
Expected<std::vector<Key>> parse_keys(std::string_view json, const std::string& account,
                                      const std::string& name_for_errors);
Expected<std::vector<Key>> load_keys(const std::string& path, const std::string& account);

enum class KeyKind { Bearer, AccessKey };

struct NewKey {
  std::string id;  // empty: made at random
  KeyKind kind = KeyKind::Bearer;
  std::string account;  // empty: the server's
  Scope scope;
  std::string expires;  // RFC 3339 in UTC; empty: never
};

struct MadeKey {
  std::string id;
  std::string secret;    // what the holder gets: ID.SECRET of a bearer key, the secret of an access key
  std::string document;  // the whole key file with the key in it
};

// Adds a key with 256 random bits to `document` (empty: a new one). Error: an id that is there already, or
// something a key file may not hold.
Expected<MadeKey> add_key(std::string_view document, const NewKey& key);
// The document without the key.
Expected<std::string> remove_key(std::string_view document, std::string_view id);

// Puts `document` in the place of the file in one step, readable by its owner only.
Expected<bool> write_key_file(const std::string& path, std::string_view document);

}  // namespace engine::auth
