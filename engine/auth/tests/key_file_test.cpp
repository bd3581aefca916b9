#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <engine/auth/key_file.h>
#include <engine/auth/key_ring.h>

using namespace engine::auth;

namespace {

constexpr int64_t kNow = 1'800'000'000'000;  // 2027-01-15T08:00:00Z
const std::string kAccount = "111111111111";
const std::string kScopes = R"("scopes":[{"actions":["states:*"],"resources":["*"]}])";
const std::string kDigest(64, 'a');

std::string mistake(const std::string& key) {
  const auto parsed = parse_keys(R"({"keys":[)" + key + "]}", kAccount, "keys.json");
  return parsed ? "" : parsed.error().message;
}

NewKey wanted(KeyKind kind, std::string id) {
  NewKey key;
  key.kind = kind;
  key.id = std::move(id);
  key.scope = {{"states:*"}, {"*"}};
  return key;
}

}  // namespace

TEST_CASE("key file: both kinds of keys are read") {
  const auto keys = parse_keys(
      R"({"keys":[{"id":"rest","sha256":")" + kDigest + R"(",)" + kScopes +
          R"(},{"id":"AKIA1","secret":"s","account":"222222222222","expires":"2027-01-31T00:00:00Z",)" +
          kScopes + R"(,"note":"for the tests"}]})",
      kAccount, "keys.json");
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  CHECK((*keys)[0].principal.account == kAccount);
  CHECK_FALSE((*keys)[0].is_access_key());
  CHECK((*keys)[0].principal.scopes.at(0).actions == std::vector<std::string>{"states:*"});
  CHECK((*keys)[1].principal.account == "222222222222");
  CHECK((*keys)[1].is_access_key());
  CHECK((*keys)[1].expires_ms == 1801353600000);
}

TEST_CASE("key file: what is wrong with a key is said") {
  const std::string digest = R"("sha256":")" + kDigest + R"(",)";
  CHECK(mistake(R"({"id":"a",)" + digest + kScopes + "}").empty());
  CHECK(mistake("{" + digest + kScopes + "}") == "keys.json: key 1: id is missing");
  CHECK(mistake(R"({"id":"a b",)" + digest + kScopes + "}").find("letters") != std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + kScopes + "}").find("either sha256 or secret") != std::string::npos);
  CHECK(mistake(R"({"id":"a","secret":"s",)" + digest + kScopes + "}").find("either") != std::string::npos);
  CHECK(mistake(R"({"id":"a","sha256":"00",)" + kScopes + "}").find("64") != std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + digest + R"("account":"1",)" + kScopes + "}").find("12 digits") !=
        std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + digest + R"("expires":"2027-02-30T00:00:00Z",)" + kScopes + "}")
            .find("expires") != std::string::npos);
  CHECK(mistake(R"({"id":"a","sha256":")" + kDigest + R"("})").find("scopes") != std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + digest + R"("scope":[],)" + kScopes + "}").find("not a member") !=
        std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + digest + R"("scopes":[{"actions":["s*s:*"],"resources":["*"]}]})")
            .find("one *") != std::string::npos);
  CHECK(mistake(R"({"id":"a",)" + digest + R"("scopes":[{"actions":["*"],"resources":["orders"]}]})")
            .find("ARN") != std::string::npos);
  const std::string same = R"({"id":"a",)" + digest + kScopes + "}";
  CHECK(mistake(same + "," + same).find("twice") != std::string::npos);
  CHECK(mistake("").find("no key") != std::string::npos);
  CHECK_FALSE(parse_keys(R"({"keys":[],"keys":[]})", kAccount, "k"));
  CHECK_FALSE(parse_keys("[]", kAccount, "k"));
}

TEST_CASE("key ring: a bearer key is known by the whole of its text") {
  const auto made = add_key("", wanted(KeyKind::Bearer, "ops"));
  REQUIRE(made);
  CHECK(made->secret.size() == std::string("ops.").size() + 64);
  CHECK(made->document.find(made->secret) == std::string::npos);
  KeyRing ring(parse_keys(made->document, kAccount, "k").value());
  const auto principal = ring.bearer(made->secret, kNow);
  REQUIRE(principal);
  CHECK(principal->key_id == "ops");
  CHECK(principal->account == kAccount);
  for (const std::string& other : {std::string("ops"), std::string("ops."), std::string(), made->secret + "0",
                                   made->secret.substr(0, made->secret.size() - 1), "x" + made->secret})
    CHECK_FALSE(ring.bearer(other, kNow));
  CHECK_FALSE(ring.access_key("ops", kNow));
}

TEST_CASE("key ring: an access key is found by its id and is no bearer key") {
  const auto made = add_key("", wanted(KeyKind::AccessKey, ""));
  REQUIRE(made);
  KeyRing ring(parse_keys(made->document, kAccount, "k").value());
  const auto key = ring.access_key(made->id, kNow);
  REQUIRE(key);
  CHECK(key->secret == made->secret);
  CHECK_FALSE(ring.bearer(made->id + "." + made->secret, kNow));
  CHECK_FALSE(ring.bearer(made->id, kNow));
}

TEST_CASE("key ring: an expired key is none, and another one may overlap it") {
  auto old = wanted(KeyKind::Bearer, "worker-1");
  old.expires = "2027-01-15T08:00:00Z";
  const auto first = add_key("", old);
  REQUIRE(first);
  const auto second = add_key(first->document, wanted(KeyKind::Bearer, "worker-2"));
  REQUIRE(second);
  KeyRing ring(parse_keys(second->document, kAccount, "k").value());
  CHECK(ring.bearer(first->secret, kNow - 1));
  CHECK(ring.bearer(second->secret, kNow - 1));
  CHECK_FALSE(ring.bearer(first->secret, kNow));
  CHECK(ring.bearer(second->secret, kNow));
}

TEST_CASE("key ring: replaced keys count at once, and who has one keeps it") {
  const auto first = add_key("", wanted(KeyKind::Bearer, "one"));
  const auto second = add_key("", wanted(KeyKind::Bearer, "two"));
  KeyRing ring(parse_keys(first->document, kAccount, "k").value());
  const auto kept = ring.bearer(first->secret, kNow);
  ring.replace(parse_keys(second->document, "222222222222", "k").value());
  CHECK_FALSE(ring.bearer(first->secret, kNow));
  CHECK(ring.bearer(second->secret, kNow));
  CHECK(kept->key_id == "one");
  CHECK(ring.accounts() == std::vector<std::string>{"222222222222"});
}

TEST_CASE("key file: keys are added and removed in place, and only their owner can read them") {
  const auto first = add_key("", wanted(KeyKind::Bearer, "one"));
  REQUIRE(first);
  CHECK_FALSE(add_key(first->document, wanted(KeyKind::AccessKey, "one")));
  CHECK_FALSE(add_key(first->document, wanted(KeyKind::Bearer, "two words")));
  const auto both = add_key(first->document, wanted(KeyKind::AccessKey, "two"));
  REQUIRE(both);
  CHECK_FALSE(remove_key(both->document, "three"));
  const auto left = remove_key(both->document, "one");
  REQUIRE(left);
  const auto keys = parse_keys(*left, kAccount, "k");
  REQUIRE(keys);
  CHECK(keys->at(0).principal.key_id == "two");

  std::string folder = (std::filesystem::temp_directory_path() / "stepstream-keys-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  const std::string path = folder + "/keys.json";
  REQUIRE(write_key_file(path, *left));
  CHECK(load_keys(path, kAccount));
  CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms(0077)) ==
        std::filesystem::perms::none);
  CHECK_FALSE(load_keys(folder + "/absent.json", kAccount));
  CHECK_FALSE(write_key_file(folder + "/absent/keys.json", *left));
  std::filesystem::remove_all(folder);
}
