#include <connectors/kafka/kafka_producer.h>

#include "producer.h"
#include "settings.h"

namespace connectors::kafka {

struct KafkaProducer::Content {
  explicit Content(Settings given) : settings(std::move(given)), producer(settings) {}
  const Settings settings;
  Producer producer;
};

KafkaProducer::KafkaProducer(std::unique_ptr<Content> content) : content_(std::move(content)) {}
KafkaProducer::~KafkaProducer() = default;

std::unique_ptr<KafkaProducer> KafkaProducer::read(triggers::DocumentReader& reader,
                                                   std::vector<statelang::Diagnostic>& findings) {
  return std::unique_ptr<KafkaProducer>(
      new KafkaProducer(std::make_unique<Content>(read_producer_settings(reader, findings))));
}

void KafkaProducer::send(std::string key, std::string value, const Headers& headers, Done done) {
  Message message{content_->settings.topic, std::move(key), std::move(value), {}};
  for (const auto& [name, content] : headers) message.headers.emplace_back(name, content);
  content_->producer.send(message, std::move(done));
}

}  // namespace connectors::kafka
