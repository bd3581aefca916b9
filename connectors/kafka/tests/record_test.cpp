#include "record.h"

#include <catch2/catch.hpp>

using namespace connectors::kafka;

namespace {
Record record() {
  Record made;
  made.partition = 3;
  made.offset = 41;
  made.timestamp_ms = 1000;
  made.key = "k";
  made.value = R"({"a": 1})";
  made.headers = {{"kind", "x"}, {"tag", "1"}, {"tag", "2"}, {"none", std::nullopt}};
  return made;
}
}  // namespace

TEST_CASE("kafka record: key, value and headers become an event") {
  auto decoded = decode(Settings(), record());
  REQUIRE(decoded);
  CHECK(
      statelang::to_json(record_event("orders", "shop.orders", 3, *decoded)) ==
      R"({"trigger":"orders","topic":"shop.orders","partition":3,"offset":41,"timestamp_ms":1000,"key":"k",)"
      R"("value":{"a":1},"headers":{"kind":"x","tag":["1","2"],"none":null}})");
  CHECK(statelang::to_json(batch_event("t", "o", 3, {*decoded}))
            .rfind(R"({"trigger":"t","topic":"o","partition":3,"records":[{"offset":41,)", 0) == 0);
}

TEST_CASE("kafka record: forms are as asked") {
  Settings settings;
  settings.value_form = Form::Base64;
  settings.key_form = Form::Json;
  settings.header_form = Form::Base64;
  Record bytes = record();
  bytes.key = "7";
  bytes.value = std::string("\x00\xff\x10", 3);
  auto decoded = decode(settings, bytes);
  REQUIRE(decoded);
  CHECK(*decoded->find("key") == statelang::Value(7));
  CHECK(*decoded->find("value") == statelang::Value("AP8Q"));
  CHECK(*decoded->find("headers")->find("kind") == statelang::Value("eA=="));
  bytes.value = std::nullopt;  // a tombstone
  CHECK(decode(settings, bytes)->find("value")->is_null());
}

TEST_CASE("kafka record: what cannot be decoded says so") {
  Settings settings;
  Record wrong = record();
  wrong.value = "{";
  REQUIRE_FALSE(decode(settings, wrong));
  CHECK(decode(settings, wrong).error().rfind("the value is not JSON: ", 0) == 0);
  settings.value_form = Form::Text;
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\xc3"}) {
    wrong.value = bytes;
    CHECK_FALSE(decode(settings, wrong));
  }
  for (const char* bytes : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    wrong.value = bytes;
    CHECK(decode(settings, wrong));
  }
  wrong = record();
  wrong.key = "\xff";
  CHECK(decode(settings, wrong).error() == "the key is not UTF-8 text");
}

TEST_CASE("kafka record: names tell records apart and keep to 80 characters") {
  CHECK(execution_name("orders", "shop.orders", 3, 41) == "orders-shop.orders-3-41");
  const std::string longest(40, 't');
  const std::string topic(200, 'x');
  CHECK(execution_name(longest, topic, 9'999'999, INT64_MAX).size() <= 80);
  CHECK(execution_name(longest, topic, 1, 1) != execution_name(longest, topic + "y", 1, 1));
}
