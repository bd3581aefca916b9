#include "opening.h"

#include <cstdio>
#include <filesystem>

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "free_space.h"
#include "log_check.h"
#include "memtable.h"

namespace engine::store {

namespace {

constexpr const char* kSchemaKey = "schema";
constexpr const char* kPartitionsKey = "partitions";
constexpr const char* kSchema = "2";  // of keys and values; raised when an older program could not read them

// Column families, by number of their table; frozen.
constexpr const char* kFamilies[kTables] = {
    "default", "meta",  "definitions", "names",   "executions", "scopes", "variables", "items",
    "results", "tasks", "timers",      "history", "listing",    "outbox", "catalog",   "express"};

class NoLog : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

rocksdb::DBOptions database_options(const RocksDbSettings& settings) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.max_background_jobs = 2;
  options.max_total_wal_size = settings.wal_bytes_max;
  // Log files are not written over again: RocksDB cannot do that together with point-in-time recovery. Their
  // blocks are allocated ahead instead (its default).
  options.recycle_log_file_num = 0;
  options.db_write_buffer_size = settings.write_buffers_bytes_max;
  options.max_open_files = 512;
  options.info_log = std::make_shared<NoLog>();
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.avoid_flush_during_shutdown = false;
  options.enable_pipelined_write = false;
  // After a crash what the log holds goes on in memory, without waiting for files to be written.
  options.avoid_flush_during_recovery = true;
  // There is one writer. What it inserts is found faster from where the last key of the partition went.
  options.allow_concurrent_memtable_write = false;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(const RocksDbSettings& settings, Table table_number,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // In parts: of a file's filter and index a point read loads the few KiB that it needs, not megabytes, when
  // there are more of them than the cache holds.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  rocksdb::ColumnFamilyOptions options;
  options.memtable_factory = memtable_factory();
  options.write_buffer_size = settings.write_buffer_bytes;
  options.max_write_buffer_number = 2;
  options.compression = rocksdb::kLZ4Compression;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  if (!has_erased_ranges(table_number)) {
    // Keys of a partition mostly come in order: executions are numbered, timers lie ahead.
    options.memtable_insert_with_hint_prefix_extractor.reset(
        rocksdb::NewFixedPrefixTransform(kPartitionPrefixBytes));
  }
  if (table_number == Table::Names) {
    // Every start asks for a name that nearly always is new: seldom worth a search.
    options.memtable_whole_key_filtering = true;
    options.memtable_prefix_bloom_size_ratio = 0.02;
  }
  return options;
}

constexpr const char* kRestore = ": restore the directory from a backup";

Error in_use(const std::string& directory) {
  return {ErrorKind::Permanent, directory +
                                    " is in use by another stepstream process: stop that one first, " +
                                    "or choose another data directory"};
}

bool lock_is_held(const std::string& status) {
  return status.find("While lock file") != std::string::npos ||
         status.find("lock hold by") != std::string::npos;
}

Error opening_error(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (lock_is_held(text)) return in_use(directory);
  if (status.IsCorruption()) return {ErrorKind::Corrupt, directory + " is damaged (" + text + ")" + kRestore};
  if (status.IsNoSpace())
    return {ErrorKind::Full, directory + ": no space left: " + text + ": make some, then start again"};
  if (text.find("No such file") != std::string::npos) {
    return {ErrorKind::Corrupt, directory + " is damaged: a file is missing (" + text + ")" + kRestore};
  }
  if (text.find("Too many open files") != std::string::npos) {
    return {ErrorKind::Permanent, directory + " cannot be opened (" + text + "): raise the limit, ulimit -n"};
  }
  return {ErrorKind::Permanent, directory + " cannot be opened (" + text +
                                    "): see that this user may read and write it, and the disk is well"};
}

// Under the directory's lock, so that nobody writes to what is read. Without damage, or with one that may be
// taken, `options` are such that opening goes on.
Error check_logs_of(const RocksDbSettings& settings, rocksdb::DBOptions& options) {
  rocksdb::Env* const env = rocksdb::Env::Default();
  rocksdb::FileLock* lock = nullptr;
  const auto locked = env->LockFile(settings.directory + "/LOCK", &lock);
  if (!locked.ok()) return opening_error(settings.directory, locked);
  LogDamage damage = check_logs(settings.directory);
  env->UnlockFile(lock);
  Error& error = damage.error;
  if (!error || error.kind != ErrorKind::Corrupt) return std::move(error);
  if (damage.ends_before && !settings.sync) {
    // A power cut makes such holes where commits are not flushed. What is before them is written to tables at
    // once, so that it does not depend on the damaged log any more.
    options.avoid_flush_during_recovery = false;
    std::fprintf(stderr, "stepstream: %s; going on without them\n", error.message.c_str());
    return {};
  }
  error.message += kRestore;
  if (damage.ends_before)
    error.message += "; or start once with --durability buffered, which goes on without them";
  return std::move(error);
}

// Stored once, compared ever after. `what` names it for people.
Error check_value(Database& database, const char* key, const std::string& ours, const std::string& what) {
  std::string stored;
  const auto status = database.db->Get(rocksdb::ReadOptions(), database.own(), key, &stored);
  if (status.IsNotFound()) {
    rocksdb::WriteOptions durable;
    durable.sync = true;
    const auto put = database.db->Put(durable, database.own(), key, ours);
    if (put.ok()) return {};
    return {ErrorKind::Permanent, "writing the " + what + ": " + put.ToString()};
  }
  if (!status.ok()) return {ErrorKind::Corrupt, "reading the " + what + ": " + status.ToString()};
  if (stored == ours) return {};
  return {ErrorKind::Permanent, "the data directory has " + what + " " + stored +
                                    ", and this program was told " + ours +
                                    ": it is fixed when the directory is created"};
}

}  // namespace

Expected<std::unique_ptr<Database>> open_database(const RocksDbSettings& settings) {
  if (settings.partitions == 0 || settings.partitions == UINT16_MAX) {
    return statelang::Unexpected{Error{ErrorKind::Permanent, "the number of partitions must be 1 to 65534"}};
  }
  std::error_code failed;
  std::filesystem::create_directories(settings.directory, failed);
  if (failed) {
    return statelang::Unexpected{
        Error{ErrorKind::Permanent, settings.directory + " cannot be created: " + failed.message() +
                                        ": give this user the right to, or choose another directory"}};
  }
  const StoreSpace space{settings.directory, free_bytes(settings.directory), settings.free_bytes_min};
  if (!space.refusal().empty()) {
    return statelang::Unexpected{Error{ErrorKind::Full, space.refusal() + "; make some, then start again"}};
  }
  rocksdb::DBOptions options = database_options(settings);
  if (Error error = check_logs_of(settings, options)) return statelang::Unexpected{std::move(error)};
  const auto cache = rocksdb::NewLRUCache(settings.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (size_t i = 0; i < kTables; ++i) {
    descriptors.emplace_back(kFamilies[i], family_options(settings, static_cast<Table>(i), cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::Open(options, settings.directory, descriptors, &handles, &opened);
  if (!status.ok()) return statelang::Unexpected{opening_error(settings.directory, status)};
  auto database = std::make_unique<Database>();
  database->db.reset(opened);
  for (size_t i = 0; i < kTables; ++i) database->families[i] = handles[i];
  if (Error error = check_value(*database, kSchemaKey, kSchema, "schema version"); error) {
    return statelang::Unexpected{std::move(error)};
  }
  const std::string partitions = std::to_string(settings.partitions);
  if (Error error = check_value(*database, kPartitionsKey, partitions, "partition count"); error) {
    return statelang::Unexpected{std::move(error)};
  }
  return database;
}

}  // namespace engine::store
