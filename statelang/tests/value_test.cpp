#include <catch2/catch.hpp>

#include <statelang/payload.h>
#include <statelang/value.h>

using statelang::parse_json;
using statelang::Payload;
using statelang::to_json;
using statelang::Value;

namespace {
std::string round_trip(std::string_view text) {
  auto value = parse_json(text);
  return value ? to_json(*value) : "error: " + value.error().message;
}
}  // namespace

TEST_CASE("json text: what was read is written back in the same order") {
  for (const char* text :
       {"null", "true", "0", "-7", "9223372036854775807", "\"\"", "\"fourteen bytes\"", "\"fifteen bytes!!\"",
        "[]", "{}", "[1,[2,{\"a\":null}]]", "{\"z\":1,\"a\":2,\"m\":[]}"}) {
    CHECK(round_trip(text) == text);
  }
}

TEST_CASE("json text: doubles are written as Java writes them") {
  CHECK(round_trip("1.0") == "1.0");
  CHECK(round_trip("1e3") == "1000.0");
  CHECK(round_trip("0.1") == "0.1");
  CHECK(round_trip("1e7") == "1.0E7");
  CHECK(round_trip("123456789012.5") == "1.234567890125E11");
  CHECK(round_trip("0.001") == "0.001");
  CHECK(round_trip("0.00012") == "1.2E-4");
  CHECK(round_trip("-2.50") == "-2.5");
}

TEST_CASE("json text: control characters are escaped, others are not") {
  CHECK(round_trip(R"("a\/b\u0001\n\"é")") == R"("a/b\u0001\n\"é")");
}

TEST_CASE("json text: errors name the place") {
  for (const char* bad : {"", "{", "[1,]", "{\"a\":}", "nul", "1 2", "\"\xff\"", "{'a':1}"}) {
    CHECK_FALSE(parse_json(bad));
    CHECK_FALSE(statelang::valid_json(bad));
  }
  CHECK(parse_json("[1,]").error().offset == 4);
}

TEST_CASE("json text: a message is text even if what it quotes is none") {
  CHECK(round_trip("{\"a\":\"x\xE9\"}").ends_with("last read: '\"x\xEF\xBF\xBD\"'"));
  CHECK(round_trip("\"\xF0\x9F\"").ends_with("last read: '\"\xEF\xBF\xBD\xEF\xBF\xBD\"'"));
}

TEST_CASE("json text: the check accepts exactly what the parser reads") {
  const std::vector<std::string> seeds = {
      R"({"id":1,"pad":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","list":[1,-2.5e+3,true,false,null,{}],"e":"\u00e9\n"})",
      R"(["\ud83d\ude00 and é, €, 😀 in one long text of more than eight bytes", "\"\\\/\b\f\n\r\t"])",
      " [ 0 , -0.5 , 1e5 , 1E-400 , { \"a\" : [ [ ] , { } ] } ]\r\n\t ",
      "\xEF\xBB\xBF\"marked\"",
      "1e308",
      std::string(308, '9')};
  static constexpr char kBytes[] =
      "\0\x01\x1f \"\\/{}[],:.+-019eEutn\x7f\x80\xbf\xc2\xe0\xed\xef\xf0\xf4\xff";
  const std::string bytes(kBytes, sizeof kBytes - 1);
  uint64_t random = 88172645463325252;
  const auto next = [&random](size_t below) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    return static_cast<size_t>(random % below);
  };
  size_t accepted = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text = seeds[next(seeds.size())];
    for (size_t changes = next(3); changes > 0 && !text.empty(); --changes) {
      const size_t at = next(text.size());
      switch (next(4)) {
        case 0:
          text[at] = bytes[next(bytes.size())];
          break;
        case 1:
          text.insert(at, 1, bytes[next(bytes.size())]);
          break;
        case 2:
          text.erase(at, 1);
          break;
        default:
          text.resize(at);
      }
    }
    const bool parsed = parse_json(text).has_value();
    accepted += parsed ? 1 : 0;
    if (statelang::valid_json(text) != parsed) FAIL("the check and the parser differ about " << text);
  }
  CHECK(accepted > 5'000);
  CHECK(accepted < 25'000);
}

TEST_CASE("json text: numbers beyond a double and texts behind a zero byte are refused") {
  for (const std::string& bad :
       {std::string("1e309"), std::string("-1e999"), std::string(310, '9'), std::string(400, '9') + ".5",
        std::string("{}\0", 3), std::string("{}\0x", 4)}) {
    CHECK_FALSE(parse_json(bad));
    CHECK_FALSE(statelang::valid_json(bad));
  }
  for (const std::string& good :
       {std::string("1e308"), std::string("1e-999"), std::string(308, '9'), "0." + std::string(400, '9')}) {
    CHECK(parse_json(good));
    CHECK(statelang::valid_json(good));
  }
}

TEST_CASE("json text: nesting and duplicate keys are limited as asked") {
  const std::string deep = std::string(1001, '[') + std::string(1001, ']');
  CHECK_FALSE(parse_json(deep));
  CHECK_FALSE(statelang::valid_json(deep));
  CHECK(to_json(*parse_json("{\"a\":1,\"b\":2,\"a\":3}")) == "{\"a\":3,\"b\":2}");
  CHECK_FALSE(parse_json("{\"a\":1,\"a\":3}", {.refuse_duplicate_keys = true}));
}

TEST_CASE("value: copies share content and are cloned before a change") {
  Value a = *parse_json("{\"list\":[1,2],\"text\":\"longer than fourteen bytes\"}");
  Value b = a;
  CHECK(a.same_content(b));
  b.set("list", 5);
  CHECK(to_json(a) == "{\"list\":[1,2],\"text\":\"longer than fourteen bytes\"}");
  CHECK(to_json(b) == "{\"list\":5,\"text\":\"longer than fourteen bytes\"}");
}

TEST_CASE("value: equality is by value, members in any order") {
  CHECK(*parse_json("{\"a\":1,\"b\":[1.0]}") == *parse_json("{\"b\":[1],\"a\":1.0}"));
  CHECK_FALSE(*parse_json("[1,2]") == *parse_json("[2,1]"));
  CHECK_FALSE(Value(true) == Value(1));
}

TEST_CASE("value: objects find, replace and erase members at every size") {
  for (const int size : {1, 11, 12, 13, 1000}) {
    statelang::Object object;
    for (int i = 0; i < size; ++i) object.set("key " + std::to_string(i), i);
    for (int i = 0; i < size; ++i) CHECK(object.find("key " + std::to_string(i))->as_integer() == i);
    object.set("key 0", "new");
    CHECK(object.size() == static_cast<size_t>(size));
    CHECK(object[0].second.as_string() == "new");
    CHECK(object.erase("key 0"));
    CHECK_FALSE(object.erase("key 0"));
    CHECK(object.find("key 0") == nullptr);
    CHECK(object.size() == static_cast<size_t>(size) - 1);
  }
}

TEST_CASE("payload: text is kept as given and parsed once asked for") {
  const Payload payload = Payload::from_text("{ \"a\" : 1 }");
  CHECK(payload.text() == "{ \"a\" : 1 }");
  CHECK(payload.value().find("a")->as_integer() == 1);
  CHECK(Payload().text() == "{}");
  CHECK(Payload::from_value(Value("x")).text() == "\"x\"");
}
