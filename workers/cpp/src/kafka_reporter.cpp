#include "kafka_reporter.h"

namespace stepstream_worker::kafka {

namespace {

Delivery delivery_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return Delivery::Done;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return Delivery::TooLarge;
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Delivery::Nowhere;
    default:
      return Delivery::Again;
  }
}

}  // namespace

std::unique_ptr<Reporter> Reporter::open(const Address& address, const Options& options, int wake_fd,
                                         std::string& problem) {
  std::unique_ptr<Reporter> self(new Reporter(address, options, wake_fd));
  return self->make(problem) ? std::move(self) : nullptr;
}

bool Reporter::make(std::string& problem) {
  ConfPtr conf = producer_options(address_, options_, problem);
  if (!conf) return false;
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Reporter::delivered);
  rd_kafka_conf_set_log_cb(conf.get(), &Reporter::logged);
  ClientPtr client = make_client(RD_KAFKA_PRODUCER, std::move(conf), problem);
  if (!client) return false;
  queue_.reset();
  client_ = std::move(client);
  queue_.reset(rd_kafka_queue_get_main(client_.get()));
  wake_for(queue_, wake_fd_);
  return true;
}

Reporter::~Reporter() {
  if (!client_) return;
  rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  queue_.reset();
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), 1000);
}

bool Reporter::send(int32_t partition, const std::string& type, const std::string& token,
                    const std::string& value, Delivered delivered) {
  const std::string topic = address_.prefix + ".cmd";
  auto waiting = std::make_unique<Delivered>(std::move(delivered));
  const auto size = [](const std::string& text) { return static_cast<ssize_t>(text.size()); };
  rd_kafka_headers_t* headers = rd_kafka_headers_new(3);
  rd_kafka_header_add(headers, "v", 1, "1", 1);
  rd_kafka_header_add(headers, "type", 4, type.data(), size(type));
  rd_kafka_header_add(headers, "tok", 3, token.data(), size(token));
  const auto error =
      rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)waiting.release();  // delivered() has it
    on_the_way_++;
    return true;
  }
  rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  (*waiting)(delivery_of(error), rd_kafka_err2str(error));
  return true;
}

void Reporter::logged(const rd_kafka_t* client, int, const char* facility, const char* line) {
  auto* self = client == nullptr ? nullptr : static_cast<Reporter*>(rd_kafka_opaque(client));
  if (self != nullptr) self->complaint_.note(facility, line, rd_kafka_version());
}

void Reporter::delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* self = static_cast<Reporter*>(opaque);
  const std::unique_ptr<Delivered> waiting(static_cast<Delivered*>(message->_private));
  self->on_the_way_--;
  const Delivery delivery = delivery_of(message->err);
  if (delivery == Delivery::Done) return (*waiting)(delivery, {});
  std::string problem = rd_kafka_err2str(message->err);
  if (message->err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) problem += self->complaint();
  (*waiting)(delivery, problem);
}

void Reporter::serve() {
  rd_kafka_poll(client_.get(), 0);
  char why[256];
  if (rd_kafka_fatal_error(client_.get(), why, sizeof why) == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  // The brokers have lost track of this producer's order: it takes nothing more. What was on its way is sent
  // again with the next one; the engine counts a result once.
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), 1000);
  std::string problem;
  make(problem);
}

}  // namespace stepstream_worker::kafka
