#include <bit>

#include <engine/core/bytes.h>
#include <engine/core/record_codec.h>
#include <engine/core/state_codec.h>

namespace engine::core {

namespace {

using statelang::Payload;

constexpr uint8_t kVersion = 1;

// The kind of a body: its place in RecordBody + 1, frozen (a golden test holds the numbers).
enum class BodyKind : uint8_t {
  RegisterDefinition = 1,
  StartExecution = 2,
  StopExecution = 3,
  TaskReport = 4,
  TimerDue = 5,
  ContinueExecution = 6,
  PutCatalogEntry = 7,
  EraseCatalogEntry = 8,
  UpdateMapRun = 9,
  UpdateFeedReader = 10,
  RedriveExecution = 11,
};
enum class ReportKind : uint8_t {
  Started = 1,
  Submitted = 2,
  Succeeded = 3,
  Failed = 4,
  Heartbeat = 5,
  SucceededWhole = 6,  // TaskReport::whole_answer
  FailedWhole = 7,
};

template <class Enum>
void write_kind(ByteWriter& writer, Enum kind) {
  writer.u8(static_cast<uint8_t>(kind));
}

void write_failure(ByteWriter& writer, const statelang::Failure& failure) {
  writer.boolean(failure.has_error);
  writer.boolean(failure.has_cause);
  writer.text(failure.error);
  writer.text(failure.cause);
}

statelang::Failure read_failure(ByteReader& reader) {
  statelang::Failure failure;
  failure.has_error = reader.boolean();
  failure.has_cause = reader.boolean();
  failure.error = reader.string();
  failure.cause = reader.string();
  return failure;
}

// Payloads in records come from outside: what is no JSON makes the record invalid.
Payload read_payload(ByteReader& reader) {
  std::string text = reader.string();
  if (!reader.ok() || !statelang::valid_json(text)) return reader.fail(), Payload();
  return Payload::from_text(std::move(text));
}

void write(ByteWriter& writer, const RegisterDefinition& body) {
  write_kind(writer, BodyKind::RegisterDefinition);
  writer.text(encode(body));
}

void write_start(ByteWriter& writer, const StartExecution& body) {
  writer.text(body.execution_arn);
  writer.text(body.name);
  writer.text(body.revision_id);
  writer.text(body.state_machine_alias_arn);
  writer.text(body.state_machine_version_arn);
  writer.text(body.input.text());
  writer.text(body.trace_header);
  writer.signed_number(body.retention_ms);
  writer.boolean(body.synchronous);
  // A part at the end that most starts leave out.
  if (body.parent_execution_arn.empty() && body.parent_task.empty() && body.test_case.empty()) return;
  writer.text(body.parent_execution_arn);
  writer.text(body.parent_task);
  writer.text(body.test_case);
}

StartExecution read_start(ByteReader& reader) {
  StartExecution body;
  body.execution_arn = reader.string();
  body.name = reader.string();
  body.revision_id = reader.string();
  body.state_machine_alias_arn = reader.string();
  body.state_machine_version_arn = reader.string();
  body.input = read_payload(reader);
  body.trace_header = reader.string();
  body.retention_ms = reader.signed_number();
  body.synchronous = reader.boolean();
  if (!reader.complete()) {
    body.parent_execution_arn = reader.string();
    body.parent_task = reader.string();
    body.test_case = reader.string();
  }
  return body;
}

void write(ByteWriter& writer, const StartExecution& body) {
  write_kind(writer, BodyKind::StartExecution);
  write_start(writer, body);
}

void write(ByteWriter& writer, const StopExecution& body) {
  write_kind(writer, BodyKind::StopExecution);
  writer.text(body.execution_arn);
  write_failure(writer, body.failure);
}

void write(ByteWriter& writer, const RedriveExecution& body) {
  write_kind(writer, BodyKind::RedriveExecution);
  writer.text(body.execution_arn);
  writer.text(body.client_token);
}

void write_report(ByteWriter& writer, const statelang::TaskStarted& report, bool) {
  write_kind(writer, ReportKind::Started);
  writer.text(report.worker);
  writer.signed_number(report.started_ms);
}
void write_report(ByteWriter& writer, const statelang::TaskSubmitted& report, bool) {
  write_kind(writer, ReportKind::Submitted);
  writer.text(report.output.text());
}
void write_report(ByteWriter& writer, const statelang::TaskSucceeded& report, bool whole_answer) {
  write_kind(writer, whole_answer ? ReportKind::SucceededWhole : ReportKind::Succeeded);
  writer.text(report.output.text());
  writer.text(report.worker);
  writer.signed_number(report.started_ms);
}
void write_report(ByteWriter& writer, const statelang::TaskFailed& report, bool whole_answer) {
  write_kind(writer, whole_answer ? ReportKind::FailedWhole : ReportKind::Failed);
  write_failure(writer, report.failure);
  writer.text(report.worker);
  writer.signed_number(report.started_ms);
  if (whole_answer) writer.boolean(report.submission);
}
void write_report(ByteWriter& writer, const statelang::TaskHeartbeat&, bool) {
  write_kind(writer, ReportKind::Heartbeat);
}

void write(ByteWriter& writer, const TaskReport& body) {
  write_kind(writer, BodyKind::TaskReport);
  writer.number(body.task.partition);
  writer.number(static_cast<uint64_t>(body.task.execution));
  writer.number(static_cast<uint32_t>(body.task.scope));
  writer.number(body.task.attempt);
  std::visit([&](const auto& report) { write_report(writer, report, body.whole_answer); }, body.report);
}

TaskReport read_report(ByteReader& reader) {
  TaskReport body;
  const uint32_t partition = reader.small_number();
  if (partition > UINT16_MAX) reader.fail();
  body.task.partition = static_cast<uint16_t>(partition);
  body.task.execution = static_cast<ExecutionNumber>(reader.number());
  body.task.scope = static_cast<statelang::ScopeId>(reader.small_number());
  body.task.attempt = reader.small_number();
  const statelang::ScopeId scope = body.task.scope;
  const uint32_t attempt = body.task.attempt;
  const auto kind = static_cast<ReportKind>(reader.u8());
  body.whole_answer = kind == ReportKind::SucceededWhole || kind == ReportKind::FailedWhole;
  switch (kind) {
    case ReportKind::Started: {
      std::string worker = reader.string();
      body.report = statelang::TaskStarted{scope, attempt, std::move(worker), reader.signed_number()};
      return body;
    }
    case ReportKind::Submitted:
      body.report = statelang::TaskSubmitted{scope, attempt, read_payload(reader)};
      return body;
    case ReportKind::Succeeded:
    case ReportKind::SucceededWhole: {
      statelang::TaskSucceeded report{scope, attempt, read_payload(reader), {}, 0};
      report.worker = reader.string();
      report.started_ms = reader.signed_number();
      body.report = std::move(report);
      return body;
    }
    case ReportKind::Failed:
    case ReportKind::FailedWhole: {
      statelang::TaskFailed report{scope, attempt, read_failure(reader), {}, 0};
      report.worker = reader.string();
      report.started_ms = reader.signed_number();
      if (body.whole_answer) report.submission = reader.boolean();
      body.report = std::move(report);
      return body;
    }
    case ReportKind::Heartbeat:
      body.report = statelang::TaskHeartbeat{scope, attempt};
      return body;
  }
  reader.fail();
  return body;
}

void write(ByteWriter& writer, const TimerDue& body) {
  write_kind(writer, BodyKind::TimerDue);
  writer.signed_number(body.due_ms);
  writer.number(static_cast<uint64_t>(body.execution));
  writer.u8(body.kind);
  writer.number(static_cast<uint32_t>(body.scope));
  writer.number(body.attempt);
}

TimerDue read_timer(ByteReader& reader) {
  TimerDue body;
  body.due_ms = reader.signed_number();
  body.execution = static_cast<ExecutionNumber>(reader.number());
  body.kind = reader.u8();
  body.scope = static_cast<statelang::ScopeId>(reader.small_number());
  body.attempt = reader.small_number();
  return body;
}

void write(ByteWriter& writer, const ContinueExecution& body) {
  write_kind(writer, BodyKind::ContinueExecution);
  writer.number(static_cast<uint64_t>(body.execution));
}

void write(ByteWriter& writer, const PutCatalogEntry& body) {
  write_kind(writer, BodyKind::PutCatalogEntry);
  writer.text(body.key);
  writer.text(body.value);
  writer.u8(static_cast<uint8_t>(body.condition));
  writer.text(body.expected);
}

PutCatalogEntry read_put(ByteReader& reader) {
  PutCatalogEntry body;
  body.key = reader.string();
  body.value = reader.string();
  const uint8_t condition = reader.u8();
  if (condition > static_cast<uint8_t>(PutCatalogEntry::Condition::Equals)) reader.fail();
  body.condition = static_cast<PutCatalogEntry::Condition>(condition);
  body.expected = reader.string();
  return body;
}

void write(ByteWriter& writer, const EraseCatalogEntry& body) {
  write_kind(writer, BodyKind::EraseCatalogEntry);
  writer.text(body.key);
}

void write(ByteWriter& writer, const UpdateMapRun& body) {
  write_kind(writer, BodyKind::UpdateMapRun);
  writer.text(body.map_run_arn);
  writer.u8(static_cast<uint8_t>((body.concurrency_max ? 1 : 0) | (body.tolerated_failure_count ? 2 : 0) |
                                 (body.tolerated_failure_percentage ? 4 : 0)));
  if (body.concurrency_max) writer.number(*body.concurrency_max);
  if (body.tolerated_failure_count) writer.signed_number(*body.tolerated_failure_count);
  if (body.tolerated_failure_percentage) {
    writer.big_endian(std::bit_cast<uint64_t>(*body.tolerated_failure_percentage), 8);
  }
}

UpdateMapRun read_map_run_update(ByteReader& reader) {
  UpdateMapRun body;
  body.map_run_arn = reader.string();
  const uint8_t flags = reader.u8();
  if (flags > 7) reader.fail();
  if (flags & 1) body.concurrency_max = reader.small_number();
  if (flags & 2) body.tolerated_failure_count = reader.signed_number();
  if (flags & 4) body.tolerated_failure_percentage = std::bit_cast<double>(reader.big_endian(8));
  return body;
}

void write(ByteWriter& writer, const UpdateFeedReader& body) {
  write_kind(writer, BodyKind::UpdateFeedReader);
  writer.text(body.reader);
  writer.u8(body.wants);
  writer.number(body.next.record);
  writer.number(body.next.index);
}

UpdateFeedReader read_feed_reader(ByteReader& reader) {
  UpdateFeedReader body;
  body.reader = reader.string();
  body.wants = reader.u8();
  body.next.record = reader.number();
  body.next.index = reader.small_number();
  return body;
}

RecordBody read_body(ByteReader& reader) {
  switch (static_cast<BodyKind>(reader.u8())) {
    case BodyKind::RegisterDefinition:
      if (auto definition = decode_definition(reader.text())) return std::move(*definition);
      break;
    case BodyKind::StartExecution:
      return read_start(reader);
    case BodyKind::StopExecution: {
      std::string arn = reader.string();
      return StopExecution{std::move(arn), read_failure(reader)};
    }
    case BodyKind::TaskReport:
      return read_report(reader);
    case BodyKind::TimerDue:
      return read_timer(reader);
    case BodyKind::ContinueExecution:
      return ContinueExecution{static_cast<ExecutionNumber>(reader.number())};
    case BodyKind::PutCatalogEntry:
      return read_put(reader);
    case BodyKind::EraseCatalogEntry:
      return EraseCatalogEntry{reader.string()};
    case BodyKind::UpdateMapRun:
      return read_map_run_update(reader);
    case BodyKind::UpdateFeedReader:
      return read_feed_reader(reader);
    case BodyKind::RedriveExecution: {
      std::string arn = reader.string();
      return RedriveExecution{std::move(arn), reader.string()};
    }
  }
  reader.fail();
  return ContinueExecution{};
}

}  // namespace

std::string encode(const Record& record) {
  ByteWriter writer;
  writer.reserve(256);
  writer.u8(kVersion);
  writer.signed_number(record.timestamp_ms);
  writer.number(record.request);
  writer.number(record.node);
  std::visit([&](const auto& body) { write(writer, body); }, record.body);
  return writer.take();
}

std::optional<Record> decode_record(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) return std::nullopt;
  Record record;
  record.timestamp_ms = reader.signed_number();
  record.request = reader.number();
  record.node = reader.small_number();
  record.body = read_body(reader);
  if (!reader.complete()) return std::nullopt;
  return record;
}

std::string encode(const StartExecution& start) {
  ByteWriter writer;
  writer.u8(kVersion);
  write_start(writer, start);
  return writer.take();
}

std::optional<StartExecution> decode_start_execution(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) return std::nullopt;
  StartExecution start = read_start(reader);
  if (!reader.complete()) return std::nullopt;
  return start;
}

}  // namespace engine::core
