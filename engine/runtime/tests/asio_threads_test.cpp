// Strands at the end of their threads. What goes wrong here is seen by the sanitizers.
#include "node/asio_threads.h"

#include <future>
#include <thread>

#include <catch2/catch.hpp>

using namespace engine::runtime;

TEST_CASE("strand: what is posted may end the threads before post() is back") {
  const SystemClock clock;
  for (int i = 0; i < 2'000; ++i) {
    auto threads = std::make_unique<AsioThreads>(1);
    auto strand = threads->make_strand(clock);
    threads->run();
    std::promise<void> ran;
    std::thread poster([&ran, to = strand.get()] { to->post([&ran] { ran.set_value(); }); });
    ran.get_future().wait();
    threads->join();
    strand.reset();
    threads.reset();
    poster.join();
  }
  SUCCEED();
}
