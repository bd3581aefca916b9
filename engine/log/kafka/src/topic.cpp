#include "topic.h"

namespace engine::log::kafka {

namespace {

struct EventDeleter {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using EventPtr = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
struct AdminOptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
using AdminOptionsPtr = std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsDeleter>;
struct NewTopicDeleter {
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
};

AdminOptionsPtr admin_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int64_t timeout_ms) {
  AdminOptionsPtr options(rd_kafka_AdminOptions_new(client, operation));
  char why[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout_ms), why, sizeof why);
  return options;
}

// The one answer of an admin request; an error when there is none.
Expected<EventPtr> answer_of(rd_kafka_queue_t* queue, const std::string& what, int64_t timeout_ms) {
  EventPtr event(rd_kafka_queue_poll(queue, static_cast<int>(2 * timeout_ms)));
  if (!event) return statelang::Unexpected{problem(ErrorKind::Transient, what + ": Kafka does not answer")};
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return statelang::Unexpected{error_of(code, what)};
  }
  return event;
}

}  // namespace

Expected<uint16_t> count_partitions(rd_kafka_t* client, const std::string& topic, int64_t timeout_ms) {
  const TopicPtr handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const struct rd_kafka_metadata* metadata = nullptr;
  const auto code = rd_kafka_metadata(client, 0, handle.get(), &metadata, static_cast<int>(timeout_ms));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return statelang::Unexpected{error_of(code, "asking Kafka for the topic " + topic)};
  }
  uint16_t partitions = 0;
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (metadata->topic_cnt == 1) {
    partitions = static_cast<uint16_t>(metadata->topics[0].partition_cnt);
    refused = metadata->topics[0].err;
  }
  rd_kafka_metadata_destroy(metadata);
  if (refused == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return uint16_t{0};
  if (refused != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return statelang::Unexpected{error_of(refused, "asking Kafka for the topic " + topic)};
  }
  return partitions;
}

Expected<void> create_topic(rd_kafka_t* client, const NewTopic& topic, int64_t timeout_ms) {
  const std::string what = "creating the topic " + topic.name;
  char why[256];
  const std::unique_ptr<rd_kafka_NewTopic_t, NewTopicDeleter> wanted(
      rd_kafka_NewTopic_new(topic.name.c_str(), topic.partitions, topic.replication, why, sizeof why));
  if (!wanted) return statelang::Unexpected{problem(ErrorKind::Permanent, what + ": " + why)};
  for (const auto& [name, value] : topic.configuration)
    rd_kafka_NewTopic_set_config(wanted.get(), name, value);
  const QueuePtr queue(rd_kafka_queue_new(client));
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
  rd_kafka_NewTopic_t* topics[] = {wanted.get()};
  rd_kafka_CreateTopics(client, topics, 1, options.get(), queue.get());
  auto event = answer_of(queue.get(), what, timeout_ms);
  if (!event) return statelang::Unexpected{event.error()};
  size_t count = 0;
  const auto* results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event->get()), &count);
  if (count != 1) return statelang::Unexpected{problem(ErrorKind::Transient, what + ": no result")};
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return {};
  const char* reason = rd_kafka_topic_result_error_string(results[0]);
  return statelang::Unexpected{
      problem(ErrorKind::Permanent, what + ": " + (reason != nullptr ? reason : rd_kafka_err2str(code)))};
}

Expected<std::optional<uint64_t>> offset_since(rd_kafka_t* client, const std::string& topic,
                                               int32_t partition, int64_t time_ms, int64_t timeout_ms) {
  auto* places = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(places, topic.c_str(), partition)->offset = time_ms;
  auto code = rd_kafka_offsets_for_times(client, places, static_cast<int>(timeout_ms));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = places->elems[0].err;
  const int64_t offset = places->elems[0].offset;
  rd_kafka_topic_partition_list_destroy(places);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return statelang::Unexpected{error_of(code, "asking for the age of records of " + topic)};
  }
  return offset < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(offset));
}

Expected<void> delete_records(rd_kafka_t* client, const std::string& topic, int32_t partition,
                              uint64_t before, int64_t timeout_ms) {
  auto* places = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(places, topic.c_str(), partition)->offset = static_cast<int64_t>(before);
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(places);
  rd_kafka_topic_partition_list_destroy(places);
  const QueuePtr queue(rd_kafka_queue_new(client));
  const auto options = admin_options(client, RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout_ms);
  rd_kafka_DeleteRecords(client, &request, 1, options.get(), queue.get());
  rd_kafka_DeleteRecords_destroy(request);
  auto event = answer_of(queue.get(), "deleting records of " + topic, timeout_ms);
  if (!event) return statelang::Unexpected{event.error()};
  const auto* done = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event->get()));
  if (done->cnt == 1 && done->elems[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return statelang::Unexpected{error_of(done->elems[0].err, "deleting records of " + topic)};
  }
  return {};
}

}  // namespace engine::log::kafka
