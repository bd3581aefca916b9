#include <catch2/catch.hpp>

#include <engine/runtime/metrics_text.h>

using namespace engine;

TEST_CASE("metrics text: a counter has its head and an exact count") {
  std::string text;
  append_counter(text, "stepstream_things_total", "Things.", 18'446'744'073'709'551'615u);
  CHECK(text ==
        "# HELP stepstream_things_total Things.\n"
        "# TYPE stepstream_things_total counter\n"
        "stepstream_things_total 18446744073709551615\n");
}

TEST_CASE("metrics text: a gauge may be a fraction") {
  std::string text;
  append_gauge(text, "stepstream_share", "A share.", 0.25);
  CHECK(text == "# HELP stepstream_share A share.\n# TYPE stepstream_share gauge\nstepstream_share 0.25\n");
}

TEST_CASE("metrics text: labels stand between braces") {
  std::string text;
  append_sample(text, "stepstream_lag", metric_label("trigger", "t") + "," + metric_label("partition", "3"),
                uint64_t{7});
  CHECK(text == "stepstream_lag{trigger=\"t\",partition=\"3\"} 7\n");
}
