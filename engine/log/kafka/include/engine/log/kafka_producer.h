// KafkaProducer: sends messages and tells, for each, whether the brokers have it (acks=all, idempotent: in
// order and once within the life of the process). A producer that the brokers have given up is made anew.
//
// Thread rule: send() from any thread; `delivered` is called once for each accepted message, on a thread of
// this object's own, also when it is destroyed (what is on its way then is given two seconds).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <engine/core/error.h>
#include <engine/log/kafka_settings.h>

namespace engine::log {

class KafkaProducer {
 public:
  // Permanent: an option the client library refuses. That no broker answers shows at the first message.
  static Expected<std::unique_ptr<KafkaProducer>> open(const KafkaSettings& settings);
  virtual ~KafkaProducer() = default;

  struct Message {
    std::string_view topic;
    int32_t partition = -1;  // negative: by the key
    std::string_view key;
    std::string_view payload;
    std::vector<std::pair<std::string_view, std::string>> headers;
  };
  // `error`: Transient: the brokers may or may not have it. `offset`: of a message they have.
  using Delivered = std::function<void(const Error& error, uint64_t offset)>;
  // Full: log_records_max or send_buffer_kib messages are on their way; nothing is sent.
  virtual Expected<void> send(const Message& message, Delivered delivered) = 0;

  virtual size_t on_the_way() const = 0;
};

}  // namespace engine::log
