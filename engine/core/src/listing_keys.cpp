#include "listing_keys.h"

#include "bytes.h"

namespace engine::core::listing {

namespace {

using statelang::ExecutionStatus;

// First byte of a key; frozen.
enum class Kind : uint8_t { Machine = 1, MachineAndStatus = 2, All = 3, Status = 4 };
constexpr uint8_t kVersion = 1;
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
std::string of_all() {
  return begin(Kind::All);
}
std::string of_status(ExecutionStatus status) {
  std::string key = begin(Kind::Status);
  key.push_back(static_cast<char>(status));
  return key;
}

std::string with_start(std::string prefix, int64_t start_ms, ExecutionNumber number) {
  ByteWriter end;
  end.big_endian(static_cast<uint64_t>(start_ms) ^ kSignBit, 8);
  end.big_endian(static_cast<uint64_t>(number), 8);
  return prefix + end.take();
}

std::string encode_entry(const ListedExecution& entry) {
  ByteWriter writer;
  writer.u8(kVersion);
  writer.u8(static_cast<uint8_t>(entry.status));
  writer.signed_number(entry.stop_ms);
  writer.text(entry.execution_arn);
  return writer.take();
}

bool decode_entry(std::string_view bytes, ListedExecution& entry) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) return false;
  entry.status = static_cast<ExecutionStatus>(reader.u8());
  entry.stop_ms = reader.signed_number();
  entry.execution_arn = reader.string();
  return reader.complete();
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
  transaction.put(Table::Listing, key_of(of_machine(machine), entry), encode_entry(entry));
  transaction.put(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry), {});
  transaction.put(Table::Listing, key_of(of_all(), entry), machine);
  transaction.put(Table::Listing, key_of(of_status(entry.status), entry), machine);
}

void change_status(Transaction& transaction, const ListedExecution& entry, ExecutionStatus before) {
  const std::string& machine = entry.state_machine_arn;
  transaction.erase(Table::Listing, key_of(of_machine_and_status(machine, before), entry));
  transaction.erase(Table::Listing, key_of(of_status(before), entry));
  transaction.put(Table::Listing, key_of(of_machine(machine), entry), encode_entry(entry));
  transaction.put(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry), {});
  transaction.put(Table::Listing, key_of(of_status(entry.status), entry), machine);
}

void erase(Transaction& transaction, const ListedExecution& entry) {
  const std::string& machine = entry.state_machine_arn;
  transaction.erase(Table::Listing, key_of(of_machine(machine), entry));
  transaction.erase(Table::Listing, key_of(of_machine_and_status(machine, entry.status), entry));
  transaction.erase(Table::Listing, key_of(of_all(), entry));
  transaction.erase(Table::Listing, key_of(of_status(entry.status), entry));
}

}  // namespace engine::core::listing
