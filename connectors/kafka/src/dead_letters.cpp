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
  producer_.send(letter, std::move(done));
}

}  // namespace connectors::kafka
