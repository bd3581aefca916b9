// KafkaProducer: messages to one topic, for sinks. Idempotent, acks=all; a message counts when the brokers
// have acknowledged it. Thread rule: send() from one thread; `done` runs on a thread of this object's own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <connectors/triggers/document_reader.h>

namespace connectors::kafka {

class KafkaProducer {
 public:
  using Done = std::function<void(const std::string& error)>;  // empty: written
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Reads Brokers, Topic and Security of a document (docs/formats/sink.md). Nothing is connected before the
  // first message. Findings are added to those of `reader`; the result is then of no use.
  static std::unique_ptr<KafkaProducer> read(triggers::DocumentReader& reader,
                                             std::vector<statelang::Diagnostic>& findings);
  ~KafkaProducer();

  void send(std::string key, std::string value, const Headers& headers, Done done);

 private:
  struct Content;
  explicit KafkaProducer(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

}  // namespace connectors::kafka
