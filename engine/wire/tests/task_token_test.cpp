#include <catch2/catch.hpp>

#include <engine/wire/task_token.h>

using engine::wire::make_task_token;
using engine::wire::parse_task_token;
using engine::wire::TaskTokenNumbers;

TEST_CASE("task token: gives back the numbers it was made of") {
  const TaskTokenNumbers numbers{3, 0xFFFF'0000'1234'5678ull, 42, 7};
  const std::string token = make_task_token("key", numbers);
  CHECK(token.size() == 47);
  CHECK(token == make_task_token("key", numbers));
  REQUIRE(parse_task_token("key", token));
  CHECK(*parse_task_token("key", token) == numbers);
}

TEST_CASE("task token: every changed, cut or foreign token is refused") {
  const std::string token = make_task_token("key", {1, 2, 3, 4});
  CHECK_FALSE(parse_task_token("other key", token));
  for (size_t i = 0; i < token.size(); ++i) {
    CHECK_FALSE(parse_task_token("key", std::string_view(token).substr(0, i)));
    for (const char other : {'A', 'B', '_', '!', '\0'}) {
      std::string changed = token;
      if (changed[i] == other) continue;
      changed[i] = other;
      CHECK_FALSE(parse_task_token("key", changed));
    }
  }
}

TEST_CASE("task token: is the same text in every release, whichever keys were used before") {
  const std::string frozen = "AQABAAAAAAAAAAIAAAADAAAABGBHaRQbm7aK48Lwzi4tIT4";
  CHECK(make_task_token("key", {1, 2, 3, 4}) == frozen);
  CHECK(make_task_token(std::string(100, 'k'), {1, 2, 3, 4}) != frozen);
  CHECK(make_task_token("", {1, 2, 3, 4}) != frozen);
  CHECK(make_task_token("key", {1, 2, 3, 4}) == frozen);
}
