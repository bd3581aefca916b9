#include "listing_keys.h"

#include <engine/core/bytes.h>

namespace engine::core::listing {

namespace {

using statelang::ExecutionStatus;

// First byte of a key; frozen.
enum class Kind : uint8_t { Machine = 1, MachineAndStatus = 2, MapRun = 3, MapRunOfExecution = 4 };
constexpr size_t kEndBytes = 16;
constexpr uint64_t kSignBit = uint64_t{1} << 63;

std::string begin(Kind kind) {
  return std::string(1, static_cast<char>(kind));
}

std::string key_of(std::string prefix, const ListedExecution& entry) {
  return with_start(std::move(prefix), entry.start_ms, entry.number);
}

}  // namespace

std::string of_machine(std::string_view machine_arn) {
  std::string key = begin(Kind::Machine);
  key.append(machine_arn).push_back('\0');
  return key;
}
std::string of_machine_and_status(std::string_view machine_arn, ExecutionStatus status) {
  std::string key = begin(Kind::MachineAndStatus);
  key.append(machine_arn).push_back('\0');
  key.push_back(static_cast<char>(status));
  return key;
}
std::string of_machines() {
  return begin(Kind::Machine);
}

std::string map_run(std::string_view map_run_arn) {
  return begin(Kind::MapRun).append(map_run_arn);
}
std::string of_execution(std::string_view execution_arn) {
  std::string key = begin(Kind::MapRunOfExecution);
  key.append(execution_arn).push_back('\0');
  return key;
}
std::string of_execution(std::string_view execution_arn, int64_t start_ms, std::string_view map_run_arn) {
  ByteWriter start;
  start.big_endian(static_cast<uint64_t>(start_ms) ^ kSignBit, 8);
  return of_execution(execution_arn).append(start.take()).append(map_run_arn);
}
std::string of_map_runs_beside(std::string_view map_run_arn) {
  constexpr std::string_view kKind = ":mapRun:";
  return begin(Kind::Machine).append(map_run_arn.substr(0, map_run_arn.find(kKind) + kKind.size()));
}

std::string_view machine_of(std::string_view key) {
  const size_t end = key.find('\0', 1);
  return end == std::string_view::npos ? std::string_view() : key.substr(1, end - 1);
}

std::string with_start(std::string prefix, int64_t start_ms, ExecutionNumber number) {
  ByteWriter end;
  end.big_endian(static_cast<uint64_t>(start_ms) ^ kSignBit, 8);
  end.big_endian(static_cast<uint64_t>(number), 8);
  return prefix + end.take();
}

bool parse_end(std::string_view key, ListedExecution& entry) {
  if (key.size() < kEndBytes) return false;
  ByteReader reader(key.substr(key.size() - kEndBytes));
  entry.start_ms = static_cast<int64_t>(reader.big_endian(8) ^ kSignBit);
  entry.number = static_cast<ExecutionNumber>(reader.big_endian(8));
  return true;
}

void add(Transaction& transaction, const ListedExecution& entry) {
  const std::string& machine = entry.state_machine_arn;
  transaction.put(Table::Listing, key_of(of_machine(machine), entry), entry.execution_arn);
  transaction.put(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry), {});
}

void change_status(Transaction& transaction, const ListedExecution& entry, ExecutionStatus before) {
  const std::string& machine = entry.state_machine_arn;
  transaction.erase(Table::Listing, key_of(of_machine_and_status(machine, before), entry));
  transaction.put(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry), {});
}

void erase(Transaction& transaction, const ListedExecution& entry) {
  const std::string& machine = entry.state_machine_arn;
  transaction.erase(Table::Listing, key_of(of_machine(machine), entry));
  transaction.erase(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry));
}

}  // namespace engine::core::listing
