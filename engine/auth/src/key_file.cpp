#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <engine/auth/key_file.h>
#include <statelang/value.h>

#include "key_text.h"

namespace engine::auth {
namespace {

using statelang::Unexpected;
using statelang::Value;

Unexpected<Error> wrong(std::string message) {
  return Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

// Reads one key; the first mistake is kept.
class KeyReader {
 public:
  KeyReader(const Value& object, std::string problem_prefix)
      : object_(object), prefix_(std::move(problem_prefix)) {}

  Key read(const std::string& account) {
    Key key;
    if (!object_.is_object()) return fail("must be an object"), key;
    for (const auto& [name, value] : object_.as_object()) check_member(name.as_string());
    key.principal.key_id = text("id", true);
    if (problem_.empty() && !valid_key_id(key.principal.key_id))
      fail("id must have 1 to 128 letters, digits, - and _");
    prefix_ += " \"" + key.principal.key_id + "\"";
    key.principal.account = text("account", false);
    if (key.principal.account.empty()) key.principal.account = account;
    if (!valid_account(key.principal.account)) fail("account must have 12 digits");
    read_secret(key);
    read_expiry(key);
    read_scopes(key);
    return key;
  }
  const std::string& problem() const { return problem_; }

 private:
  void fail(const std::string& what) {
    if (problem_.empty()) problem_ = prefix_ + ": " + what;
  }
  void check_member(std::string_view name) {
    for (const std::string_view known : {"id", "sha256", "secret", "account", "scopes", "expires", "note"}) {
      if (name == known) return;
    }
    fail("\"" + std::string(name) + "\" is not a member of a key");
  }
  std::string text(std::string_view name, bool required) {
    const Value* value = object_.find(name);
    if (!value) {
      if (required) fail(std::string(name) + " is missing");
      return {};
    }
    if (!value->is_string() || value->as_string().empty()) {
      fail(std::string(name) + " must be a string that is not empty");
      return {};
    }
    return std::string(value->as_string());
  }
  void read_secret(Key& key) {
    key.secret = text("secret", false);
    const std::string digest = text("sha256", false);
    if (key.secret.empty() == digest.empty()) return fail("needs either sha256 or secret");
    if (digest.empty()) return;
    const auto bytes = digest_from_hex(digest);
    if (!bytes) return fail("sha256 must have 64 hexadecimal digits");
    key.sha256 = *bytes;
  }
  void read_expiry(Key& key) {
    const std::string given = text("expires", false);
    if (given.empty()) return;
    const auto time = time_from_text(given);
    if (!time) return fail("expires must be a time such as 2027-01-31T00:00:00Z");
    key.expires_ms = *time;
  }
  void read_scopes(Key& key) {
    const Value* scopes = object_.find("scopes");
    if (!scopes || !scopes->is_array())
      return fail("scopes must be a list; without scopes nothing is allowed");
    for (const Value& scope : scopes->as_array()) {
      if (!scope.is_object()) return fail("a scope must be an object");
      for (const auto& [name, value] : scope.as_object()) {
        if (name.as_string() != "actions" && name.as_string() != "resources")
          fail("\"" + std::string(name.as_string()) + "\" is not a member of a scope");
      }
      key.principal.scopes.push_back({patterns(scope, "actions"), patterns(scope, "resources")});
      for (const std::string& resource : key.principal.scopes.back().resources) {
        if (resource != "*" && !resource.starts_with("arn:")) {
          fail("the resource \"" + resource + "\" must be *, an ARN, or the beginning of one and *");
        }
      }
    }
  }
  std::vector<std::string> patterns(const Value& scope, std::string_view name) {
    std::vector<std::string> out;
    const Value* list = scope.find(name);
    if (!list || !list->is_array()) {
      fail("a scope needs the list " + std::string(name));
      return out;
    }
    for (const Value& item : list->as_array()) {
      const std::string pattern(item.is_string() ? item.as_string() : "");
      if (pattern.empty() || pattern.substr(0, pattern.size() - 1).find('*') != std::string::npos) {
        fail(std::string(name) + " must hold strings with at most one *, at the end");
      }
      out.push_back(pattern);
    }
    return out;
  }

  const Value& object_;
  std::string prefix_, problem_;
};

Expected<Value> parse_document(std::string_view json, const std::string& name) {
  auto parsed = statelang::parse_json(json, {.depth_max = 20, .refuse_duplicate_keys = true});
  if (!parsed) {
    return wrong(name + ": byte " + std::to_string(parsed.error().offset) + ": " + parsed.error().message);
  }
  const Value* keys = parsed->is_object() ? parsed->find("keys") : nullptr;
  if (!keys || !keys->is_array()) return wrong(name + ": must be an object with the list \"keys\"");
  if (parsed->as_object().size() != 1) return wrong(name + ": must have no other member than \"keys\"");
  return std::move(*parsed);
}

}  // namespace

Expected<std::vector<Key>> parse_keys(std::string_view json, const std::string& account,
                                      const std::string& name_for_errors) {
  const auto document = parse_document(json, name_for_errors);
  if (!document) return Unexpected{document.error()};
  std::vector<Key> keys;
  std::set<std::string> ids;
  for (const Value& item : document->find("keys")->as_array()) {
    KeyReader reader(item, name_for_errors + ": key " + std::to_string(keys.size() + 1));
    keys.push_back(reader.read(account));
    if (!reader.problem().empty()) return wrong(reader.problem());
    const std::string& id = keys.back().principal.key_id;
    if (!ids.insert(id).second) return wrong(name_for_errors + ": the key \"" + id + "\" is there twice");
  }
  if (keys.empty()) return wrong(name_for_errors + ": holds no key; nobody could use the server");
  return keys;
}

Expected<std::vector<Key>> load_keys(const std::string& path, const std::string& account) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return wrong(path + ": cannot be read");
  return parse_keys(text.str(), account, path);
}

}  // namespace engine::auth
