#include <engine/wire/kafka_complaint.h>

namespace engine::wire {

namespace {
// Before it, the client repeats its nonce in SCRAM's last message, which brokers take until Kafka 3.9
// (librdkafka's pull request 4895).
constexpr int kScramMended = 0x02060100;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
}  // namespace

std::string kafka_complaint(std::string_view line, int library_version) {
  if (line.starts_with("[thrd:")) {
    const size_t end = line.find("]: ");
    if (end != std::string_view::npos) line.remove_prefix(end + 3);
  }
  std::string words(line.substr(0, line.find(" (after ")));
  if (holds(words, "SCRAM-") && holds(words, "uthentication failed") && library_version < kScramMended) {
    words +=
        "; librdkafka before 2.6.1 cannot use SCRAM with Kafka 4: take PLAIN over TLS or a certificate, or a "
        "newer librdkafka";
  }
  return words;
}

void KafkaComplaint::note(std::string_view facility, std::string_view line, int library_version) {
  if (facility != "FAIL") return;
  std::string words = kafka_complaint(line, library_version);
  const std::lock_guard lock(mutex_);
  last_ = std::move(words);
}

std::string KafkaComplaint::words() const {
  const std::lock_guard lock(mutex_);
  return last_.empty() ? "" : " (" + last_ + ")";
}

}  // namespace engine::wire
