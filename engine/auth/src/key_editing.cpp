// Making and removing keys: what `stepstream key` does.
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <engine/auth/key_file.h>
#include <statelang/digest.h>
#include <statelang/encoding.h>
#include <statelang/value.h>

#include "key_text.h"

namespace engine::auth {
namespace {

using statelang::Unexpected;
using statelang::Value;

constexpr size_t kSecretBytes = 32;  // 256 bits
constexpr std::string_view kName = "the key file";
constexpr std::string_view kAnyAccount = "000000000000";  // for checking only

Unexpected<Error> wrong(std::string message) {
  return Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

std::string random_hex(size_t bytes) {
  std::string out(bytes, '\0');
  // Without random numbers no key is safe; OpenSSL reseeds itself and fails only when the system does.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(bytes)) != 1) std::abort();
  return statelang::to_hex(out);
}

std::string new_id(KeyKind kind) {
  if (kind == KeyKind::Bearer) return "key-" + random_hex(8);
  std::string id = "AKIA" + random_hex(8);  // SDKs expect capitals and digits
  for (char& c : id) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
  return id;
}

Value list_of(const std::vector<std::string>& texts) {
  Value list = Value::array();
  for (const std::string& text : texts) list.push_back(Value(text));
  return list;
}

// The keys of the document but for the one of that id.
Expected<Value> keys_without(std::string_view document, std::string_view id, bool& found) {
  Value out = Value::array();
  if (document.empty()) return out;
  const auto parsed = statelang::parse_json(document, {.depth_max = 20, .refuse_duplicate_keys = true});
  if (!parsed) return wrong(std::string(kName) + ": " + parsed.error().message);
  const Value* keys = parsed->is_object() ? parsed->find("keys") : nullptr;
  if (!keys || !keys->is_array()) return wrong(std::string(kName) + " must hold the list \"keys\"");
  for (const Value& key : keys->as_array()) {
    const Value* name = key.is_object() ? key.find("id") : nullptr;
    if (name && name->is_string() && name->as_string() == id) {
      found = true;
    } else {
      out.push_back(key);
    }
  }
  return out;
}

std::string text_of(Value keys) {
  return statelang::to_pretty_json(Value::object({{"keys", std::move(keys)}})) + "\n";
}

}  // namespace

Expected<MadeKey> add_key(std::string_view document, const NewKey& key) {
  MadeKey made;
  made.id = key.id.empty() ? new_id(key.kind) : key.id;
  bool there = false;
  auto keys = keys_without(document, made.id, there);
  if (!keys) return Unexpected{keys.error()};
  if (there) return wrong("the key \"" + made.id + "\" is there already");
  Value entry = Value::object({{"id", made.id}});
  made.secret = random_hex(kSecretBytes);
  if (key.kind == KeyKind::AccessKey) {
    entry.set("secret", made.secret);
  } else {
    made.secret = made.id + "." + made.secret;
    entry.set("sha256", statelang::digest_hex("SHA-256", made.secret));
  }
  if (!key.account.empty()) entry.set("account", key.account);
  entry.set("scopes", Value::array({Value::object({{"actions", list_of(key.scope.actions)},
                                                   {"resources", list_of(key.scope.resources)}})}));
  if (!key.expires.empty()) entry.set("expires", key.expires);
  keys->push_back(std::move(entry));
  made.document = text_of(std::move(*keys));
  const auto checked = parse_keys(made.document, std::string(kAnyAccount), std::string(kName));
  if (!checked) return Unexpected{checked.error()};
  return made;
}

Expected<std::string> remove_key(std::string_view document, std::string_view id) {
  bool there = false;
  auto keys = keys_without(document, id, there);
  if (!keys) return Unexpected{keys.error()};
  if (!there) return wrong("there is no key \"" + std::string(id) + "\"");
  return text_of(std::move(*keys));
}

Expected<bool> write_key_file(const std::string& path, std::string_view document) {
  const std::string temporary = path + ".new";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return wrong(temporary + ": cannot be written");
  const auto written = ::write(file, document.data(), document.size());
  const bool flushed = ::fsync(file) == 0;
  ::close(file);
  std::error_code error;
  if (written == static_cast<ssize_t>(document.size()) && flushed)
    std::filesystem::rename(temporary, path, error);
  if (written != static_cast<ssize_t>(document.size()) || !flushed || error) {
    std::filesystem::remove(temporary, error);
    return wrong(path + ": cannot be written");
  }
  return true;
}

}  // namespace engine::auth
