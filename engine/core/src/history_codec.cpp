// History chunks: the events of one step. docs/formats/history.md
#include <engine/core/bytes.h>
#include <engine/core/state_codec.h>
#include <statelang/value.h>

namespace engine::core {

namespace {

using statelang::EventExtras;
using statelang::HistoryEvent;
using statelang::Payload;

constexpr uint8_t kVersion = 1;
constexpr uint8_t kTypeMax = static_cast<uint8_t>(statelang::EventType::LambdaFunctionTimedOut);

// What an event has, as bits; frozen.
enum Has : uint32_t {
  kName = 1,
  kResourceType = 2,
  kResource = 4,
  kPayload = 8,
  kError = 16,
  kCause = 32,
  kNumber = 64,
  kExtras = 128,
};

size_t document_of(const HistoryEvent& event, std::vector<const Payload*>& documents) {
  for (size_t i = documents.size(); i-- > 0;) {
    if (documents[i]->same_document(event.payload)) return i;
  }
  documents.push_back(&event.payload);
  return documents.size() - 1;
}

void write_extras(ByteWriter& writer, const EventExtras& extras) {
  writer.text(extras.state_machine_alias_arn);
  writer.text(extras.state_machine_version_arn);
  writer.text(extras.region);
  writer.text(extras.task_credentials_role_arn);
  writer.number(extras.assigned_variables.size());
  for (const auto& [name, text] : extras.assigned_variables) {
    writer.text(name);
    writer.text(text);
  }
  writer.text(extras.location);
  writer.text(extras.map_run_arn);
  writer.signed_number(extras.timeout_seconds);
  writer.signed_number(extras.heartbeat_seconds);
  writer.signed_number(extras.redrive_count);
}

EventExtras read_extras(ByteReader& reader) {
  EventExtras extras;
  extras.state_machine_alias_arn = reader.string();
  extras.state_machine_version_arn = reader.string();
  extras.region = reader.string();
  extras.task_credentials_role_arn = reader.string();
  extras.assigned_variables.resize(reader.count());
  for (auto& [name, text] : extras.assigned_variables) {
    name = reader.string();
    text = reader.string();
  }
  extras.location = reader.string();
  extras.map_run_arn = reader.string();
  extras.timeout_seconds = reader.signed_number();
  extras.heartbeat_seconds = reader.signed_number();
  extras.redrive_count = reader.signed_number();
  return extras;
}

uint32_t parts_of(const HistoryEvent& event) {
  uint32_t has = 0;
  if (!event.name.empty()) has |= kName;
  if (!event.resource_type.empty()) has |= kResourceType;
  if (!event.resource.empty()) has |= kResource;
  if (event.has_payload) has |= kPayload;
  if (event.has_error) has |= kError;
  if (event.has_cause) has |= kCause;
  if (event.number != 0) has |= kNumber;
  if (event.extras) has |= kExtras;
  return has;
}

void write_event(ByteWriter& writer, const HistoryEvent& event, const HistoryEvent& before, size_t document) {
  const uint32_t has = parts_of(event);
  writer.u8(static_cast<uint8_t>(event.type));
  writer.number(has);
  writer.signed_number(event.id - before.id);
  writer.signed_number(event.id - event.previous_id);
  writer.signed_number(event.timestamp_ms - before.timestamp_ms);
  if (has & kName) writer.text(event.name);
  if (has & kResourceType) writer.text(event.resource_type);
  if (has & kResource) writer.text(event.resource);
  if (has & kPayload) writer.number(document);
  if (has & kError) writer.text(event.error);
  if (has & kCause) writer.text(event.cause);
  if (has & kNumber) writer.signed_number(event.number);
  if (has & kExtras) write_extras(writer, *event.extras);
}

int64_t sum(int64_t a, int64_t b) {  // wraps instead of overflowing: the bytes may be garbage
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

HistoryEvent read_event(ByteReader& reader, const HistoryEvent& before,
                        const std::vector<Payload>& documents) {
  HistoryEvent event;
  const uint8_t type = reader.u8();
  event.type = static_cast<statelang::EventType>(type);
  if (type == 0 || type > kTypeMax) reader.fail();
  const uint64_t has = reader.number();
  event.id = sum(before.id, reader.signed_number());
  event.previous_id =
      static_cast<int64_t>(static_cast<uint64_t>(event.id) - static_cast<uint64_t>(reader.signed_number()));
  event.timestamp_ms = sum(before.timestamp_ms, reader.signed_number());
  if (has & kName) event.name = reader.string();
  if (has & kResourceType) event.resource_type = reader.string();
  if (has & kResource) event.resource = reader.string();
  if (has & kPayload) {
    const uint64_t document = reader.number();
    event.has_payload = true;
    if (document < documents.size()) {
      event.payload = documents[document];
    } else {
      reader.fail();
    }
  }
  event.has_error = has & kError;
  event.has_cause = has & kCause;
  if (has & kError) event.error = reader.string();
  if (has & kCause) event.cause = reader.string();
  if (has & kNumber) event.number = reader.signed_number();
  if (has & kExtras) event.extras = std::make_shared<const EventExtras>(read_extras(reader));
  return event;
}

}  // namespace

std::string encode_history(const std::vector<HistoryEvent>& events) {
  std::vector<const Payload*> documents;
  std::vector<size_t> document(events.size());
  size_t bytes = 0;
  for (size_t i = 0; i < events.size(); ++i) {
    if (events[i].has_payload) document[i] = document_of(events[i], documents);
  }
  for (const Payload* payload : documents) bytes += payload->size_bytes() + 4;
  ByteWriter writer;
  writer.reserve(bytes + events.size() * 48 + 8);
  writer.u8(kVersion);
  writer.number(documents.size());
  for (const Payload* payload : documents) writer.text(payload->text());
  writer.number(events.size());
  HistoryEvent none;
  const HistoryEvent* before = &none;
  for (size_t i = 0; i < events.size(); ++i) {
    write_event(writer, events[i], *before, document[i]);
    before = &events[i];
  }
  return writer.take();
}

std::optional<std::vector<HistoryEvent>> decode_history(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) return std::nullopt;
  std::vector<Payload> documents(reader.count());
  for (Payload& document : documents) document = Payload::from_text(reader.string());
  const size_t count = reader.count();
  std::vector<HistoryEvent> events;
  HistoryEvent none;
  while (reader.ok() && events.size() < count) {
    events.push_back(read_event(reader, events.empty() ? none : events.back(), documents));
  }
  if (!reader.complete()) return std::nullopt;
  return events;
}

}  // namespace engine::core
