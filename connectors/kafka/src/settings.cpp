#include "settings.h"

#include <connectors/triggers/document_reader.h>

namespace connectors::kafka {

using statelang::Diagnostic;
using statelang::Value;
using triggers::DocumentReader;

namespace {

constexpr size_t kFiltersMax = 20;

std::optional<triggers::SecretReference> read_reference(DocumentReader& reader, std::string_view key,
                                                        std::vector<Diagnostic>& findings) {
  const Value* value = reader.any(key);
  if (value == nullptr) return std::nullopt;
  return triggers::read_secret_reference(*value, reader.pointer_to(key), findings);
}

// `pointer`: where it stands in the document.
void read_security(const Value& value, const std::string& pointer, Security& security,
                   std::vector<Diagnostic>& findings) {
  DocumentReader reader(value, pointer, findings);
  reader.require("protocol");
  security.protocol =
      reader.one_of("protocol", {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"}).value_or("plaintext");
  security.ca_file = reader.text("ca_file").value_or("");
  security.certificate_file = reader.text("certificate_file").value_or("");
  security.key_file = reader.text("key_file").value_or("");
  security.key_password = read_reference(reader, "key_password", findings);
  const bool sasl = security.protocol.rfind("sasl", 0) == 0;
  if (const Value* member = reader.any("sasl")) {
    DocumentReader inner(*member, pointer + "/sasl", findings);
    for (const char* key : {"mechanism", "username", "password"}) inner.require(key);
    security.sasl_mechanism =
        inner.one_of("mechanism", {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}).value_or("PLAIN");
    security.username = inner.text("username").value_or("");
    security.password = read_reference(inner, "password", findings);
    inner.refuse_unknown();
    if (!sasl) reader.complain("sasl", "needs the protocol sasl_ssl or sasl_plaintext");
  } else if (sasl) {
    reader.complain("sasl", "is missing");
  }
  reader.refuse_unknown();
}

Form read_form(DocumentReader& reader, std::string_view key, Form otherwise) {
  auto text = reader.one_of(key, {"json", "text", "base64"});
  if (!text) return otherwise;
  return *text == "json" ? Form::Json : *text == "text" ? Form::Text : Form::Base64;
}

void read_decode(const Value& value, Settings& settings, std::vector<Diagnostic>& findings) {
  DocumentReader reader(value, "/kafka/decode", findings);
  settings.key_form = read_form(reader, "key", settings.key_form);
  settings.value_form = read_form(reader, "value", settings.value_form);
  settings.header_form = read_form(reader, "headers", settings.header_form);
  reader.refuse_unknown();
}

void read_filters(DocumentReader& reader, Settings& settings, std::vector<Diagnostic>& findings) {
  const Value* filters = reader.array("filters");
  if (filters == nullptr) return;
  if (filters->size() == 0 || filters->size() > kFiltersMax) {
    reader.complain("filters", "must be 1 to " + std::to_string(kFiltersMax) + " event patterns");
    return;
  }
  for (size_t i = 0; i < filters->size(); i++) {
    auto pattern = event_pattern::EventPattern::compile((*filters)[i]);
    if (pattern) {
      settings.filters.push_back(std::move(*pattern));
      continue;
    }
    for (Diagnostic finding : pattern.error()) {
      finding.location = reader.pointer_to("filters") + "/" + std::to_string(i) + finding.location;
      findings.push_back(std::move(finding));
    }
  }
}

void read_brokers(DocumentReader& reader, const char* key, Settings& settings) {
  reader.require(key);
  const Value* brokers = reader.array(key);
  for (size_t i = 0; brokers != nullptr && i < brokers->size(); i++) {
    const Value& broker = (*brokers)[i];
    if (!broker.is_string() || broker.as_string().empty() ||
        broker.as_string().find(',') != std::string_view::npos) {
      reader.complain(key, "must be texts such as \"127.0.0.1:9092\"");
      return;
    }
    settings.brokers.emplace_back(broker.as_string());
  }
  if (brokers != nullptr && brokers->size() == 0) reader.complain(key, "must name at least one broker");
}

bool valid_topic(const std::string& topic) {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !topic.empty() && topic.size() <= 249 && topic != "." && topic != ".." &&
         topic.find_first_not_of(kCharacters) == std::string::npos;
}

void read_topic(DocumentReader& reader, const char* key, Settings& settings) {
  reader.require(key);
  settings.topic = reader.text(key).value_or("");
  if (reader.has(key) && !valid_topic(settings.topic)) reader.complain(key, "is no name of a topic");
}

void read_start(DocumentReader& reader, Settings& settings) {
  auto start = reader.one_of("start", {"earliest", "latest", "timestamp"}).value_or("latest");
  if (start == "earliest") settings.start_at = StartAt::Earliest;
  if (start == "timestamp") {
    settings.start_at = StartAt::Timestamp;
    reader.require("start_timestamp_ms");
  } else if (reader.has("start_timestamp_ms")) {
    reader.complain("start_timestamp_ms", "needs \"start\": \"timestamp\"");
  }
  settings.start_timestamp_ms = reader.number("start_timestamp_ms", 0, 253'402'300'799'999).value_or(0);
}

void read_batch(const Value& value, Settings& settings, std::vector<Diagnostic>& findings) {
  DocumentReader reader(value, "/kafka/batch", findings);
  reader.require("size");
  settings.batch_size = reader.number("size", 1, 10'000).value_or(1);
  settings.batch_window_ms = reader.number("window_ms", 1, 300'000).value_or(1000);
  reader.refuse_unknown();
}

void read_dead_letters(const Value& value, Settings& settings, std::vector<Diagnostic>& findings) {
  if (value.is_boolean() && !value.as_boolean()) {
    settings.dead_letters = false;
    return;
  }
  DocumentReader reader(value, "/kafka/dead_letter", findings);
  reader.require("topic");
  settings.dead_letter_topic = reader.text("topic").value_or("");
  if (reader.has("topic") && !valid_topic(settings.dead_letter_topic)) {
    reader.complain("topic", "is no name of a topic");
  }
  reader.refuse_unknown();
}

}  // namespace

Settings read_settings(const Value& value, std::vector<Diagnostic>& findings) {
  Settings settings;
  DocumentReader reader(value, "/kafka", findings);
  read_brokers(reader, "brokers", settings);
  read_topic(reader, "topic", settings);
  settings.group = reader.text("group").value_or("");
  read_start(reader, settings);
  if (const Value* decode = reader.any("decode")) read_decode(*decode, settings, findings);
  read_filters(reader, settings, findings);
  if (const Value* batch = reader.any("batch")) read_batch(*batch, settings, findings);
  auto order = reader.one_of("order", {"none", "key", "partition"}).value_or("none");
  if (order == "key") settings.order = Order::Key;
  if (order == "partition") settings.order = Order::Partition;
  if (settings.order == Order::Key && settings.batch_size > 0) {
    reader.complain("order", "a batch holds records of many keys", "\"partition\" runs one batch at a time");
  }
  if (const Value* letters = reader.any("dead_letter")) read_dead_letters(*letters, settings, findings);
  settings.in_flight_max = reader.number("in_flight_max", 1, 100'000).value_or(500);
  if (const Value* security = reader.any("security"))
    read_security(*security, "/kafka/security", settings.security, findings);
  reader.refuse_unknown();
  if (settings.dead_letter_topic.empty()) settings.dead_letter_topic = settings.topic + "-dead-letter";
  if (settings.dead_letters && settings.dead_letter_topic == settings.topic) {
    reader.complain("dead_letter", "must be another topic than the one that is read");
  }
  return settings;
}

Settings read_producer_settings(DocumentReader& reader, std::vector<Diagnostic>& findings) {
  Settings settings;
  read_brokers(reader, "Brokers", settings);
  read_topic(reader, "Topic", settings);
  if (const Value* security = reader.any("Security")) {
    read_security(*security, reader.pointer_to("Security"), settings.security, findings);
  }
  return settings;
}

}  // namespace connectors::kafka
