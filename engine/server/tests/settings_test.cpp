#include <catch2/catch.hpp>

#include <engine/server/settings.h>

using namespace engine::server;

TEST_CASE("settings: the file and the flags are one table, dashes and underscores alike") {
  ServerSettings settings;
  REQUIRE(set_from_json(
      settings, R"({"listen":"[::1]:0","key_file":"k","retention_days":7,"durability":"buffered"})", "f"));
  CHECK(settings.host == "::1");
  CHECK(settings.port == 0);
  CHECK(settings.key_file == "k");
  CHECK(settings.retention_days == 7);
  CHECK(settings.durability == Durability::Buffered);
  REQUIRE(set(settings, "retention-days", "8"));
  CHECK(settings.retention_days == 8);
  REQUIRE(set(settings, "header-timeout", "3"));
  CHECK(settings.limits.header_timeout_ms == 3000);
}

TEST_CASE("settings: what makes no sense is named") {
  const std::vector<std::pair<const char*, const char*>> bad{{"listen", "8460"},
                                                             {"listen", "localhost:"},
                                                             {"listen", "localhost:70000"},
                                                             {"listen", "[::1]"},
                                                             {"durability", "maybe"},
                                                             {"account", "12"},
                                                             {"account", "12345678901x"},
                                                             {"partitions", "0"},
                                                             {"retention-days", "-1"},
                                                             {"http-threads", "1.5"},
                                                             {"log-level", "loud"},
                                                             {"data", ""},
                                                             {"header-timeout", "10s"},
                                                             {"body-bytes-max", "1e6"},
                                                             {"datta", "x"},
                                                             {"key-file", ""},
                                                             {"listen", ""},
                                                             {"http-allow", ""},
                                                             {"region", ""},
                                                             {"region", "eu west"},
                                                             {"region", "a:b"}};
  for (const auto& [name, value] : bad) {
    ServerSettings settings;
    CAPTURE(name, value);
    const auto done = set(settings, name, value);
    REQUIRE_FALSE(done);
    CHECK(done.error().message.find(name) != std::string::npos);
  }
  ServerSettings settings;
  for (const char* json : {"[]", "{", R"({"data":true})", R"({"dta":"x"})", R"({"data":"a","data":"b"})"}) {
    CAPTURE(json);
    const auto done = set_from_json(settings, json, "server.json");
    REQUIRE_FALSE(done);
    CHECK(done.error().message.starts_with("server.json: "));
  }
}
