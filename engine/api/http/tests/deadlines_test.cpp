#include "../src/deadlines.h"

#include <catch2/catch.hpp>

using engine::http::DeadlineEntry;
using engine::http::Deadlines;
using engine::http::Phase;

TEST_CASE("deadlines: entries come due in their phase's order, and only then") {
  Deadlines deadlines({100, 10, 50, 50, 5});
  DeadlineEntry idle, header, later;
  CHECK(deadlines.next_ms() == 0);
  deadlines.enter(idle, Phase::Idle, 1000);
  deadlines.enter(header, Phase::Header, 1000);
  deadlines.enter(later, Phase::Header, 1005);
  CHECK(deadlines.next_ms() == 1010);
  CHECK(deadlines.take_due(1009) == nullptr);
  CHECK(deadlines.take_due(1010) == &header);
  CHECK(deadlines.take_due(1010) == nullptr);
  CHECK(deadlines.take_due(2000) == &idle);
  CHECK(deadlines.take_due(2000) == &later);
  CHECK(deadlines.next_ms() == 0);
}

TEST_CASE("deadlines: entering again moves an entry, leaving and dying take it out") {
  Deadlines deadlines({100, 10, 50, 50, 5});
  DeadlineEntry entry;
  deadlines.enter(entry, Phase::Header, 0);
  deadlines.enter(entry, Phase::Idle, 0);
  CHECK(deadlines.next_ms() == 100);
  entry.unlink();
  CHECK(deadlines.next_ms() == 0);
  {
    DeadlineEntry short_lived;
    deadlines.enter(short_lived, Phase::Body, 0);
  }
  CHECK(deadlines.next_ms() == 0);
}
