#include "values.h"

namespace engine::store {

namespace {

constexpr char kPositionKey = 'p';      // + partition; frozen
constexpr char kPositionVersion = 1;    // frozen
constexpr size_t kFixedBytes = 1 + 24;  // version, applied, now_ms, epoch; then the fingerprint

void append_number(std::string& out, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

uint64_t number_at(std::string_view bytes, size_t at) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(bytes[at + i]);
  return number;
}

}  // namespace

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* handle : families) {
    if (handle) db->DestroyColumnFamilyHandle(handle);
  }
  if (db) db->Close();
}

std::string partition_prefix(uint16_t partition) {
  return {static_cast<char>(partition >> 8), static_cast<char>(partition & 0xFF)};
}

std::string position_key(uint16_t partition) {
  return kPositionKey + partition_prefix(partition);
}

std::string encode_position(const AppliedPosition& position) {
  std::string out(1, kPositionVersion);
  append_number(out, position.applied);
  append_number(out, static_cast<uint64_t>(position.now_ms));
  append_number(out, position.epoch);
  return out + position.fingerprint;
}

Expected<AppliedPosition> read_position(const Database& database, uint16_t partition) {
  std::string bytes;
  const auto status =
      database.db->Get(rocksdb::ReadOptions(), database.own(), position_key(partition), &bytes);
  if (status.IsNotFound()) return AppliedPosition{};
  if (!status.ok()) {
    return statelang::Unexpected{Error{status.IsCorruption() ? ErrorKind::Corrupt : ErrorKind::Transient,
                                       "reading the applied position: " + status.ToString()}};
  }
  if (bytes.size() < kFixedBytes || bytes[0] != kPositionVersion) {
    return statelang::Unexpected{
        Error{ErrorKind::Corrupt, "the applied position of partition " + std::to_string(partition) +
                                      " is damaged: restore the data directory from a backup"}};
  }
  AppliedPosition position;
  position.applied = number_at(bytes, 1);
  position.now_ms = static_cast<int64_t>(number_at(bytes, 9));
  position.epoch = number_at(bytes, 17);
  position.fingerprint = bytes.substr(kFixedBytes);
  return position;
}

}  // namespace engine::store
