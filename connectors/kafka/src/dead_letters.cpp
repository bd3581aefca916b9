#include "dead_letters.h"

namespace connectors::kafka {

void DeadLetters::send(const Record& record, const std::string& reason, Done done) {
  Message letter;
  letter.topic = settings_.dead_letter_topic;
  letter.key = record.key;
  letter.value = record.value;
  letter.headers = record.headers;
  letter.headers.emplace_back("stepstream-reason", reason);
  letter.headers.emplace_back("stepstream-trigger", trigger_);
  letter.headers.emplace_back("stepstream-topic", settings_.topic);
  letter.headers.emplace_back("stepstream-partition", std::to_string(record.partition));
  letter.headers.emplace_back("stepstream-offset", std::to_string(record.offset));
  // With its headers it may be more than the brokers take: then without the value, which is where they say.
  Message shorter = letter;
  if (letter.value) {
    shorter.headers.emplace_back("stepstream-value-left-out", std::to_string(letter.value->size()));
    shorter.value.reset();
  }
  producer_.send(letter, [this, shorter = std::move(shorter), done](const std::string& error) {
    if (error != rd_kafka_err2str(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)) return done(error);
    producer_.send(shorter, done);
  });
}

}  // namespace connectors::kafka
