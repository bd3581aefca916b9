// The "kafka" member of a trigger document.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <connectors/event_pattern/event_pattern.h>
#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/secret_reference.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::kafka {

enum class Form { Json, Text, Base64 };
enum class Order { None, Key, Partition };
enum class StartAt { Earliest, Latest, Timestamp };

struct Security {
  std::string protocol = "plaintext";  // librdkafka's security.protocol
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::optional<triggers::SecretReference> key_password;
  std::string sasl_mechanism;  // empty: none
  std::string username;
  std::optional<triggers::SecretReference> password;
};

struct Settings {
  std::vector<std::string> brokers;
  std::string topic;
  std::string group;  // empty: stepstream-<trigger>
  StartAt start_at = StartAt::Latest;
  int64_t start_timestamp_ms = 0;
  Form key_form = Form::Text;
  Form value_form = Form::Json;
  Form header_form = Form::Text;
  std::vector<event_pattern::EventPattern> filters;  // empty: every record
  int64_t batch_size = 0;                            // 0: one execution per record
  int64_t batch_window_ms = 1000;
  Order order = Order::None;
  bool dead_letters = true;       // false: poison records are counted and passed over
  std::string dead_letter_topic;  // empty: <topic>-dead-letter
  int64_t in_flight_max = 500;    // records of one partition read and not yet handled
  Security security;
};

Settings read_settings(const statelang::Value& value, std::vector<statelang::Diagnostic>& findings);

// Brokers, Topic and Security of a sink.
Settings read_producer_settings(triggers::DocumentReader& reader,
                                std::vector<statelang::Diagnostic>& findings);

}  // namespace connectors::kafka
