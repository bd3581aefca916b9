#include "node_messages.h"

#include <engine/core/bytes.h>

namespace engine::runtime::cluster {

namespace {

using core::ByteReader;
using core::ByteWriter;

constexpr uint8_t kVersion = 1;

// ------------------------------------------------------------------------------------------ parts

void write(ByteWriter& out, const core::TaskId& id) {
  out.number(id.partition);
  out.number(static_cast<uint64_t>(id.execution));
  out.number(static_cast<uint32_t>(id.scope));
  out.number(id.attempt);
}

core::TaskId read_task_id(ByteReader& in) {
  core::TaskId id;
  id.partition = static_cast<uint16_t>(in.small_number());
  id.execution = static_cast<core::ExecutionNumber>(in.number());
  id.scope = static_cast<statelang::ScopeId>(in.small_number());
  id.attempt = in.small_number();
  return id;
}

statelang::Payload read_payload(ByteReader& in) {
  std::string text = in.string();
  if (in.ok() && statelang::valid_json(text)) return statelang::Payload::from_text(std::move(text));
  in.fail();
  return {};
}

void write(ByteWriter& out, const core::Reply& reply) {
  out.number(reply.request);
  out.number(reply.node);
  out.u8(static_cast<uint8_t>(reply.code));
  out.text(reply.text);
  out.signed_number(reply.time_ms);
  out.number(static_cast<uint64_t>(reply.execution));
  out.u8(static_cast<uint8_t>(reply.status));
  out.text(reply.output.text());
  out.boolean(reply.failure.has_error);
  out.boolean(reply.failure.has_cause);
  out.text(reply.failure.error);
  out.text(reply.failure.cause);
}

core::Reply read_reply(ByteReader& in) {
  core::Reply reply;
  reply.request = in.number();
  reply.node = in.small_number();
  reply.code = static_cast<core::ReplyCode>(in.u8());
  reply.text = in.string();
  reply.time_ms = in.signed_number();
  reply.execution = static_cast<core::ExecutionNumber>(in.number());
  reply.status = static_cast<statelang::ExecutionStatus>(in.u8());
  reply.output = read_payload(in);
  reply.failure.has_error = in.boolean();
  reply.failure.has_cause = in.boolean();
  reply.failure.error = in.string();
  reply.failure.cause = in.string();
  return reply;
}

void write(ByteWriter& out, const core::ExecutionChanged& change) {
  out.number(static_cast<uint64_t>(change.execution));
  out.text(change.execution_arn);
  out.u8(static_cast<uint8_t>(change.status));
  out.boolean(change.finished);
}

core::ExecutionChanged read_change(ByteReader& in) {
  core::ExecutionChanged change;
  change.execution = static_cast<core::ExecutionNumber>(in.number());
  change.execution_arn = in.string();
  change.status = static_cast<statelang::ExecutionStatus>(in.u8());
  change.finished = in.boolean();
  return change;
}

void write(ByteWriter& out, const PolledTask& polled) {
  const core::DispatchTask& task = polled.task;
  out.text(polled.token);
  out.number(polled.delivery);
  write(out, task.id);
  for (const std::string* text : {&task.queue, &task.resource, &task.state_name, &task.execution_arn,
                                  &task.state_machine_arn, &task.test_case, &task.input.text()}) {
    out.text(*text);
  }
  out.number(task.retry_count);
  out.number(task.mock_call);
  for (const int64_t ms : {task.scheduled_ms, task.timeout_ms, task.heartbeat_ms}) out.signed_number(ms);
  for (const bool flag : {task.express, task.submitted, task.cancelled}) out.boolean(flag);
}

PolledTask read_polled(ByteReader& in) {
  PolledTask polled;
  core::DispatchTask& task = polled.task;
  polled.token = in.string();
  polled.delivery = in.small_number();
  task.id = read_task_id(in);
  for (std::string* text : {&task.queue, &task.resource, &task.state_name, &task.execution_arn,
                            &task.state_machine_arn, &task.test_case}) {
    *text = in.string();
  }
  task.input = read_payload(in);
  task.retry_count = in.small_number();
  task.mock_call = in.small_number();
  for (int64_t* ms : {&task.scheduled_ms, &task.timeout_ms, &task.heartbeat_ms}) *ms = in.signed_number();
  for (bool* flag : {&task.express, &task.submitted, &task.cancelled}) *flag = in.boolean();
  return polled;
}

template <class Items>
void write_all(ByteWriter& out, const Items& items) {
  out.number(items.size());
  for (const auto& item : items) write(out, item);
}

template <class Item, class Read>
std::vector<Item> read_all(ByteReader& in, Read read) {
  std::vector<Item> items;
  const size_t count = in.count();
  for (size_t i = 0; i < count && in.ok(); ++i) items.push_back(read(in));
  return items;
}

// ------------------------------------------------------------------------------------------ messages

void write_body(ByteWriter& out, const Replies& body) {
  write_all(out, body.replies);
}
void write_body(ByteWriter& out, const Changes& body) {
  out.number(body.partition);
  out.boolean(body.restarted);
  write_all(out, body.executions);
  out.number(body.catalog_keys.size());
  for (const std::string& key : body.catalog_keys) out.text(key);
}
void write_body(ByteWriter&, const MembersChanged&) {}
void write_body(ByteWriter& out, const PollBegun& body) {
  out.number(body.poll);
  out.text(body.queue);
  out.text(body.worker);
  out.number(body.tasks_max);
  out.signed_number(body.wait_ms);
  out.boolean(body.leased);
}
void write_body(ByteWriter& out, const PollEnded& body) {
  out.number(body.poll);
}
void write_body(ByteWriter& out, const PollAnswered& body) {
  out.number(body.poll);
  write_all(out, body.tasks);
}
void write_body(ByteWriter& out, const TasksReturned& body) {
  write_all(out, body.tasks);
}
void write_body(ByteWriter& out, const LeasesRenewed& body) {
  write_all(out, body.tasks);
}
void write_body(ByteWriter& out, const PartitionOpened& body) {
  out.number(body.partition);
}

NodeMessage read_body(uint8_t kind, ByteReader& in) {
  switch (kind) {
    case 1:
      return Replies{read_all<core::Reply>(in, read_reply)};
    case 2: {
      Changes body;
      body.partition = static_cast<uint16_t>(in.small_number());
      body.restarted = in.boolean();
      body.executions = read_all<core::ExecutionChanged>(in, read_change);
      body.catalog_keys = read_all<std::string>(in, [](ByteReader& from) { return from.string(); });
      return body;
    }
    case 3:
      return MembersChanged{};
    case 4: {
      PollBegun body;
      body.poll = in.number();
      body.queue = in.string();
      body.worker = in.string();
      body.tasks_max = in.small_number();
      body.wait_ms = in.signed_number();
      body.leased = in.boolean();
      return body;
    }
    case 5:
      return PollEnded{in.number()};
    case 6: {
      PollAnswered body;
      body.poll = in.number();
      body.tasks = read_all<PolledTask>(in, read_polled);
      return body;
    }
    case 7:
      return TasksReturned{read_all<core::TaskId>(in, read_task_id)};
    case 8:
      return LeasesRenewed{read_all<core::TaskId>(in, read_task_id)};
    case 9:
      return PartitionOpened{static_cast<uint16_t>(in.small_number())};
    default:
      in.fail();
      return MembersChanged{};
  }
}

}  // namespace

// The kind of a message: its place in NodeMessage + 1, frozen.
std::string encode(uint32_t from, const NodeMessage& message) {
  ByteWriter out;
  out.u8(kVersion);
  out.number(from);
  out.u8(static_cast<uint8_t>(message.index() + 1));
  std::visit([&](const auto& body) { write_body(out, body); }, message);
  return out.take();
}

std::optional<Received> decode_message(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.u8() != kVersion) return std::nullopt;
  Received received;
  received.from = in.small_number();
  const uint8_t kind = in.u8();
  received.message = read_body(kind, in);
  if (!in.complete()) return std::nullopt;
  return received;
}

}  // namespace engine::runtime::cluster
