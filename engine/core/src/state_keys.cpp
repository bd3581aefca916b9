#include <cstdio>
#include <cstdlib>

#include <engine/core/bytes.h>
#include <engine/core/state_keys.h>

namespace engine::core {

namespace {

constexpr uint64_t kSignBit = uint64_t{1} << 63;  // flipped, so that times before 1970 sort first
constexpr uint8_t kNextExecution = 1;             // Table::Meta; frozen
constexpr uint8_t kContinue = 2;
constexpr uint8_t kFeedReader = 3;
constexpr uint8_t kMockCalls = 16;

ByteWriter begin(ExecutionNumber execution) {
  ByteWriter key;
  key.big_endian(static_cast<uint64_t>(execution), 8);
  return key;
}

ByteWriter begin(ExecutionNumber execution, statelang::ScopeId scope) {
  ByteWriter key;
  key.reserve(24);
  key.big_endian(static_cast<uint64_t>(execution), 8);
  key.big_endian(static_cast<uint32_t>(scope), 4);
  return key;
}

void check(const ByteReader& key) {
  if (key.ok()) return;
  std::fputs("stepstream: a stored key has the wrong length\n", stderr);
  std::abort();
}

uint32_t third_number(std::string_view key) {
  ByteReader reader(key);
  reader.big_endian(8);
  reader.big_endian(4);
  const auto number = static_cast<uint32_t>(reader.big_endian(4));
  check(reader);
  return number;
}

}  // namespace

std::string execution_key(ExecutionNumber execution) {
  return begin(execution).take();
}

std::string execution_part_key(ExecutionNumber execution, ExecutionPart part) {
  ByteWriter key = begin(execution);
  key.u8(static_cast<uint8_t>(part));
  return key.take();
}

std::string scope_key(ExecutionNumber execution, statelang::ScopeId scope) {
  return begin(execution, scope).take();
}

std::string scope_part_key(ExecutionNumber execution, statelang::ScopeId scope, ScopePart part) {
  ByteWriter key = begin(execution, scope);
  key.u8(static_cast<uint8_t>(part));
  return key.take();
}

std::string indexed_key(ExecutionNumber execution, statelang::ScopeId scope, uint32_t index) {
  ByteWriter key = begin(execution, scope);
  key.big_endian(index, 4);
  return key.take();
}

std::string task_key(ExecutionNumber execution, statelang::ScopeId scope, uint32_t attempt) {
  return indexed_key(execution, scope, attempt);
}

std::string history_key(ExecutionNumber execution, int64_t first_event_id) {
  ByteWriter key = begin(execution);
  key.big_endian(static_cast<uint64_t>(first_event_id), 8);
  return key.take();
}

std::string continue_key(ExecutionNumber execution) {
  ByteWriter key;
  key.u8(kContinue);
  key.big_endian(static_cast<uint64_t>(execution), 8);
  return key.take();
}

std::string mock_calls_key(ExecutionNumber execution, std::string_view state) {
  ByteWriter key;
  key.u8(kMockCalls);
  key.big_endian(static_cast<uint64_t>(execution), 8);
  std::string text = key.take();
  return text.append(state);
}

std::string feed_key(const FeedPosition& position) {
  ByteWriter key;
  key.big_endian(position.record, 8);
  key.big_endian(position.index, 4);
  return key.take();
}

std::string feed_reader_key(std::string_view reader) {
  return std::string(1, static_cast<char>(kFeedReader)).append(reader);
}

std::string next_execution_key() {
  return std::string(1, static_cast<char>(kNextExecution));
}

std::string timer_key(const TimerDue& timer) {
  ByteWriter key;
  key.reserve(32);
  key.big_endian(static_cast<uint64_t>(timer.due_ms) ^ kSignBit, 8);
  key.big_endian(static_cast<uint64_t>(timer.execution), 8);
  key.u8(timer.kind);
  key.big_endian(static_cast<uint32_t>(timer.scope), 4);
  key.big_endian(timer.attempt, 4);
  return key.take();
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && static_cast<uint8_t>(prefix.back()) == 0xFF) prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<uint8_t>(prefix.back()) + 1);
  return prefix;
}

TimerDue parse_timer_key(std::string_view key) {
  ByteReader reader(key);
  TimerDue timer;
  timer.due_ms = static_cast<int64_t>(reader.big_endian(8) ^ kSignBit);
  timer.execution = static_cast<ExecutionNumber>(reader.big_endian(8));
  timer.kind = reader.u8();
  timer.scope = static_cast<statelang::ScopeId>(reader.big_endian(4));
  timer.attempt = static_cast<uint32_t>(reader.big_endian(4));
  check(reader);
  return timer;
}

ExecutionNumber parse_execution_key(std::string_view key) {
  ByteReader reader(key);
  const auto number = static_cast<ExecutionNumber>(reader.big_endian(8));
  check(reader);
  return number;
}

TaskId parse_task_key(uint16_t partition, std::string_view key) {
  return {partition, parse_execution_key(key), parse_scope_key(key), third_number(key)};
}

FeedPosition parse_feed_key(std::string_view key) {
  ByteReader reader(key);
  FeedPosition position;
  position.record = reader.big_endian(8);
  position.index = static_cast<uint32_t>(reader.big_endian(4));
  check(reader);
  return position;
}

uint32_t parse_indexed_key(std::string_view key) {
  return third_number(key);
}

statelang::ScopeId parse_scope_key(std::string_view key) {
  ByteReader reader(key);
  reader.big_endian(8);
  const auto scope = static_cast<statelang::ScopeId>(reader.big_endian(4));
  check(reader);
  return scope;
}

ScopePart parse_scope_part(std::string_view key) {
  ByteReader reader(key);
  reader.big_endian(8);
  reader.big_endian(4);
  const auto part = static_cast<ScopePart>(reader.u8());
  check(reader);
  return part;
}

}  // namespace engine::core
