#include <limits>

#include <catch2/catch.hpp>

#include <statelang/timestamps/timestamp.h>

namespace statelang::timestamps {
namespace {

TEST_CASE("timestamp: accepted forms give the instant") {
  CHECK(parse("1970-01-01T00:00:00Z") == Timestamp{0, 0});
  CHECK(parse("2016-03-14T01:59:00Z")->seconds == 1457920740);
  CHECK(parse("2016-03-14T01:59:00.123456789Z")->nanoseconds == 123456789);
  CHECK(parse("2016-03-14T01:59:00.5+02:00") == Timestamp{1457913540, 500000000});
  CHECK(parse("2016-03-14T01:59:00-05:30")->seconds == 1457920740 + 5 * 3600 + 1800);
  CHECK(parse("2016-03-14T01:59Z")->seconds == 1457920740);
  CHECK(parse("2016-02-29T00:00:00Z"));
  CHECK(parse("1969-12-31T23:59:59.999Z") == Timestamp{-1, 999000000});
  CHECK(parse("1969-12-31T23:59:59.999Z")->epoch_ms() == -1);
  CHECK(parse("0000-01-01T00:00:00Z")->seconds == -62167219200);
  CHECK(parse("+12345-01-01T00:00:00Z"));
  CHECK(parse("2016-03-14T01:59:00+18:00"));
}

TEST_CASE("timestamp: anything else is refused") {
  for (const char* text : {"",
                           " ",
                           "2016-03-14",
                           "2016-03-14T01:59:00",
                           "2016-03-14 01:59:00Z",
                           "2016-03-14t01:59:00Z",
                           "2016-03-14T01:59:00z",
                           "2016-13-14T01:59:00Z",
                           "2016-00-14T01:59:00Z",
                           "2015-02-29T00:00:00Z",
                           "1900-02-29T00:00:00Z",
                           "2016-04-31T00:00:00Z",
                           "2016-03-14T24:00:00Z",
                           "2016-03-14T01:60:00Z",
                           "2016-03-14T01:59:60Z",
                           "2016-03-14T01:59:00.Z",
                           "2016-03-14T01:59:00.1234567890Z",
                           "2016-03-14T01:59:00+0200",
                           "2016-03-14T01:59:00+02",
                           "2016-03-14T01:59:00+19:00",
                           "2016-03-14T01:59:00+18:01",
                           "2016-03-14T1:59:00Z",
                           "16-03-14T01:59:00Z",
                           "2016-03-14T01:59:00Z ",
                           " 2016-03-14T01:59:00Z",
                           "2016-03-14T01:59:00ZZ",
                           "20160314T015900Z",
                           "12345-01-01T00:00:00Z",
                           "+2016-01-01T00:00:00Z",
                           "-0000-01-01T00:00:00Z",
                           "date",
                           "2023-02-24 12:15:56.832957",
                           "2016-03-14T01:59:00,5Z",
                           "2016-03-14T01:59:00Z[UTC]"}) {
    INFO(text);
    CHECK_FALSE(parse(text));
  }
}

TEST_CASE("timestamp: years beyond what milliseconds count stay at the end") {
  CHECK(parse("-300191969-12-30T23:59:59.999Z")->epoch_ms() == std::numeric_limits<int64_t>::min());
  CHECK(parse("+300191969-12-30T23:59:59.999Z")->epoch_ms() == std::numeric_limits<int64_t>::max());
}

TEST_CASE("timestamp: order is that of instants to the nanosecond") {
  CHECK(*parse("2012-10-09T19:00:55Z") == *parse("2012-10-09T21:00:55+02:00"));
  CHECK(*parse("2012-10-09T19:00:55.000000001Z") > *parse("2012-10-09T19:00:55Z"));
  CHECK(*parse("2012-10-09T19:00:55-01:00") > *parse("2012-10-09T19:00:55Z"));
}

TEST_CASE("timestamp: text drops trailing zeros of the fraction") {
  CHECK(format_epoch_ms(0) == "1970-01-01T00:00:00Z");
  CHECK(format_epoch_ms(1457920740120) == "2016-03-14T01:59:00.12Z");
  CHECK(format_epoch_ms(1457920740100) == "2016-03-14T01:59:00.1Z");
  CHECK(format_epoch_ms(1457920740007) == "2016-03-14T01:59:00.007Z");
  CHECK(format_epoch_ms(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(format_epoch_ms(253402300800000) == "+10000-01-01T00:00:00Z");
  CHECK(format_epoch_ms_fixed(1457920740100) == "2016-03-14T01:59:00.100Z");
  CHECK(format_epoch_ms_fixed(0) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("timestamp: text reads back to the same instant") {
  for (int64_t ms = -70'000'000'000'000; ms < 260'000'000'000'000; ms += 1'234'567'890'123) {
    const std::string text = format_epoch_ms(ms);
    INFO(text);
    REQUIRE(parse(text));
    CHECK(parse(text)->epoch_ms() == ms);
  }
  CHECK_FALSE(format_epoch_ms(std::numeric_limits<int64_t>::min()).empty());
  CHECK_FALSE(format_epoch_ms(std::numeric_limits<int64_t>::max()).empty());
}

}  // namespace
}  // namespace statelang::timestamps
