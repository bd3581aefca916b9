// Times of --since and --until.
#include "../src/time_argument.h"

#include <cstdlib>
#include <ctime>

#include <catch2/catch.hpp>

using engine::cli::time_argument;

namespace {

constexpr int64_t kNow = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

std::string before(int64_t seconds) {
  return std::to_string(kNow - seconds * 1000);
}

// Local times are of New York while it lives.
class NewYork {
 public:
  NewYork() {
    if (const char* old = std::getenv("TZ")) old_ = old;
    ::setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
    ::tzset();
  }
  ~NewYork() {
    old_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", old_.c_str(), 1);
    ::tzset();
  }

 private:
  std::string old_;
};

}  // namespace

TEST_CASE("time argument: how long ago, in seconds to weeks") {
  CHECK(time_argument("30s", kNow) == before(30));
  CHECK(time_argument("15m", kNow) == before(900));
  CHECK(time_argument("1h30m", kNow) == before(5'400));
  CHECK(time_argument("2d", kNow) == before(172'800));
  CHECK(time_argument("1w", kNow) == before(604'800));
  CHECK(time_argument("999999999w", kNow) == "0");
}

TEST_CASE("time argument: what the API understands stays as it is") {
  for (const char* same : {"2026-01-31T08:00:00Z", "2026-01-31T08:00:00.5+02:00", "1767225600123"})
    CHECK(time_argument(same, kNow) == same);
}

TEST_CASE("time argument: days and times without a zone are local") {
  const NewYork here;
  CHECK(time_argument("2026-01-31", kNow) == "1769835600000");
  CHECK(time_argument("2026-01-31 08:00", kNow) == "1769864400000");
  CHECK(time_argument("2026-01-31 08:00:07", kNow) == "1769864407000");
  CHECK(time_argument("2026-01-31T08:00:07", kNow) == "1769864407000");
  CHECK(time_argument("2026-07-01 00:00", kNow) == "1782878400000");  // summer time
}

TEST_CASE("time argument: what is no time is said to be none") {
  for (const char* wrong :
       {"yesterday", "1", "60", "1y", "h", "1h30", "-1h", "1.5h", "2026-02-30", "2026-13-01",
        "2026-01-31 25:00", "2026-01-31 08", "2026-01-31 08:00:00 x", "2026-01-31x", "Tuesday"}) {
    CAPTURE(wrong);
    CHECK(time_argument(wrong, kNow).empty());
  }
}
