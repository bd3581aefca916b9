#include <catch2/catch.hpp>

#include <engine/wire/kafka_complaint.h>

using namespace engine::wire;

TEST_CASE("kafka complaint: what the client says, without its thread and its state") {
  CHECK(kafka_complaint("[thrd:a:1/bootstrap]: a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection "
                        "refused (after 0ms in state CONNECT)",
                        0x020002ff) ==
        "a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused");
  CHECK(kafka_complaint("nothing to cut", 0) == "nothing to cut");
}

TEST_CASE("kafka complaint: a SCRAM login that this librdkafka cannot do is explained") {
  const char* refused =
      "SASL authentication error: Authentication failed during authentication due to invalid credentials "
      "with "
      "SASL mechanism SCRAM-SHA-512 (after 4ms in state AUTH_REQ)";
  CHECK(kafka_complaint(refused, 0x020002ff).find("before 2.6.1") != std::string::npos);
  CHECK(kafka_complaint(refused, 0x020600ff).find("before 2.6.1") != std::string::npos);
  CHECK(kafka_complaint(refused, 0x020601ff).find("before 2.6.1") == std::string::npos);
}

TEST_CASE("kafka complaint: the last one is kept, other lines are not") {
  KafkaComplaint complaint;
  CHECK(complaint.words().empty());
  complaint.note("CONFWARN", "no complaint", 0);
  CHECK(complaint.words().empty());
  complaint.note("FAIL", "one", 0);
  complaint.note("FAIL", "two", 0);
  CHECK(complaint.words() == " (two)");
}
