// Reporter: sends reports to the engines' command log and tells which of them the brokers have. A client that
// the brokers have given up is made anew.
// Thread rule: one thread; `delivered` is called inside serve() and finish().
#pragma once

#include <functional>

#include <engine/wire/kafka_complaint.h>

#include "kafka_client.h"

namespace stepstream_worker::kafka {

enum class Delivery { Done, Again, TooLarge, Nowhere };  // Nowhere: the log has no such partition

class Reporter {
 public:
  using Delivered = std::function<void(Delivery delivery, const std::string& problem)>;

  static std::unique_ptr<Reporter> open(const Address& address, const Options& options, int wake_fd,
                                        std::string& problem);
  ~Reporter();

  // False: too much is on its way; nothing was sent.
  bool send(int32_t partition, const std::string& type, const std::string& token, const std::string& value,
            Delivered delivered);
  void serve();
  size_t on_the_way() const { return on_the_way_; }
  rd_kafka_t* client() { return client_.get(); }
  std::string complaint() const { return complaint_.words(); }  // why it is not connected

 private:
  Reporter(Address address, Options options, int wake_fd)
      : address_(std::move(address)), options_(std::move(options)), wake_fd_(wake_fd) {}
  bool make(std::string& problem);
  static void logged(const rd_kafka_t* client, int level, const char* facility, const char* line);
  static void delivered(rd_kafka_t* client, const rd_kafka_message_t* message, void* opaque);

  const Address address_;
  const Options options_;
  const int wake_fd_;
  engine::wire::KafkaComplaint complaint_;
  ClientPtr client_;
  QueuePtr queue_;
  size_t on_the_way_ = 0;
};

}  // namespace stepstream_worker::kafka
