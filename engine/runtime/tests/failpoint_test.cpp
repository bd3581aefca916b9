#include <catch2/catch.hpp>

#include <engine/ports/failpoint.h>

using namespace engine;

TEST_CASE("failpoints: what arms one is read whole, and mistakes are none") {
  failpoint::Arming arming;
  REQUIRE(failpoint::parse("cp5:kill:3", arming));
  CHECK(arming.point == Failpoint::CommitAnswered);
  CHECK_FALSE(arming.stops);
  CHECK(arming.times == 3);
  REQUIRE(failpoint::parse("w3:stop", arming));
  CHECK(arming.point == Failpoint::WorkerResultReported);
  CHECK(arming.stops);
  CHECK(arming.times == 1);
  REQUIRE(failpoint::parse("cp16:kill", arming));
  CHECK(arming.point == Failpoint::StateHalfRestored);
  REQUIRE(failpoint::parse("r2:kill:5", arming));
  CHECK(arming.point == Failpoint::WriteDone);
  for (const char* mistake : {"", "cp5", ":kill", "cp17:kill", "cp5:die", "cp5:kill:", "cp5:kill:0",
                              "cp5:kill:-1", "cp5:kill:3x", "CP5:kill"}) {
    CHECK_FALSE(failpoint::parse(mistake, arming));
  }
}

TEST_CASE("failpoints: without being armed they are passed") {
  CHECK_FALSE(is_armed(Failpoint::CommandTaken));
  pass(Failpoint::CommandTaken);
}
