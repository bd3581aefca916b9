// What must hold between the log and the store at a takeover and from one record to the next.
#include "log_checks.h"

#include <catch2/catch.hpp>

using namespace engine;
using namespace engine::log::kafka;

namespace {
AppliedPosition position(uint64_t applied, std::string fingerprint = {}) {
  AppliedPosition out;
  out.applied = applied;
  out.fingerprint = std::move(fingerprint);
  return out;
}
}  // namespace

TEST_CASE("log checks: the log must reach the store's position and hold the record before it") {
  CHECK(check_extent("p", {0, 0}, position(0)));
  CHECK(check_extent("p", {0, 7}, position(7)));
  CHECK(check_extent("p", {6, 7}, position(7)));
  CHECK(check_extent("p", {0, 6}, position(7)).error().kind == ErrorKind::Corrupt);
  CHECK(check_extent("p", {7, 9}, position(7)).error().kind == ErrorKind::Corrupt);
  CHECK(check_extent("p", {1, 9}, position(0)).error().kind == ErrorKind::Corrupt);
}

TEST_CASE("log checks: the last applied record must be the one that the store has applied") {
  CHECK(check_last_applied("p", 6, "a", position(7, "a")));
  CHECK(check_last_applied("p", 6, "a", position(7)));  // of a store without fingerprints
  CHECK(check_last_applied("p", 6, "b", position(7, "a")).error().kind == ErrorKind::Corrupt);
  CHECK(check_last_applied("p", 5, "a", position(7, "a")).error().kind == ErrorKind::Corrupt);
}

TEST_CASE("log checks: what is fetched goes on where the store stands, or before it, without a gap") {
  CHECK(check_wanted("p", 7, 7));
  CHECK(check_wanted("p", 7, 9));
  CHECK(check_wanted("p", 9, 7).error().kind == ErrorKind::Fenced);
  CHECK(check_next("p", 7, 7));
  CHECK(check_next("p", 8, 7).error().kind == ErrorKind::Corrupt);
}
