// ServerSettings: everything that can be set about a server, once. The command line and the configuration
// file are two spellings of the same table (`--key-file F`, {"key_file": "F"}); flags win.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <engine/api/http/server.h>
#include <engine/core/error.h>

namespace engine::server {

enum class Durability { Fsync, Buffered, Memory };
enum class Backend { Embedded, Cluster };

struct ServerSettings {
  std::string data = "data";
  std::string host = "127.0.0.1";
  uint16_t port = 8460;
  std::string account = "000000000000";
  std::string region = "us-east-1";
  std::string definitions;             // folder of NAME.json; empty: none
  std::string triggers;                // folder of NAME.json; empty: none
  std::string sinks;                   // folder of NAME.json; empty: none
  std::string object_root;             // buckets of Distributed Maps; empty: none
  std::string mock_config;             // file of Step Functions Local's format; empty: none
  std::string secrets;                 // folder of files that connections may name; empty: none
  std::string http_allow;              // hosts that HTTP tasks may call though they are private
  std::string http_ca_file;            // certificates to trust beside the system's; empty: none
  std::string key_file;                // docs/formats/keys.md; empty: every caller may do everything
  std::string log_directory;           // of executions; empty: DATA/logs
  size_t log_file_bytes = 64UL << 20;  // then a new file is begun
  size_t log_files = 8;                // of one log group
  Durability durability = Durability::Fsync;
  uint16_t partitions = 4;
  Backend backend = Backend::Embedded;
  // Cluster alone.
  std::string kafka;               // HOST:PORT[,HOST:PORT]
  std::string kafka_options;       // NAME=VALUE[,NAME=VALUE] of the client library
  std::string kafka_options_file;  // the same, a line each; empty lines and # comments count for nothing
  std::string redis_host;          // or
  std::string redis_socket;        // a path
  uint16_t redis_port = 0;
  std::string redis_user;
  std::string redis_password_file;
  std::string cluster = "stepstream";  // names its keys in Redis and its topics
  std::string task_topics;             // queues, by commas, whose tasks go to Kafka topics; "*": all
  int64_t log_trim_period_seconds = 600;
  uint64_t log_trim_margin = 100'000;
  int64_t log_keep_hours = 7 * 24;
  uint32_t node_id = 0;         // 0: a random one
  uint32_t engine_threads = 0;  // 0: one for each processor
  uint32_t http_threads = 1;
  int64_t retention_days = 90;
  size_t open_tasks_max = 1'000'000;
  size_t task_inputs_bytes = 64UL << 20;  // of open tasks, in memory
  int64_t drain_seconds = 10;
  http::ServerLimits limits;
  std::string log_level = "info";
};

struct SettingInfo {
  const char* name;  // with dashes, as on the command line
  const char* type;  // for --help
  const char* description;
};
const std::vector<SettingInfo>& all_settings();

// Sets one by its name, with dashes or underscores. The error says what is wrong in one line.
Expected<bool> set(ServerSettings& settings, std::string_view name, const std::string& value);
// Sets everything in a JSON object.
Expected<bool> set_from_json(ServerSettings& settings, std::string_view json, const std::string& file);

// What stands in the files that settings name; empty where none is named.
struct SettingFiles {
  std::string keys;
  std::string mocks;
  std::string kafka_options;
  std::string redis_password;
};

// Refuses what is not safe or makes no sense together, and files and folders that are not there or are
// something else: better now than when the first execution needs them. The error begins with the setting's
// name. Each file is read here and not again, so that it may be a pipe and cannot change in between.
Expected<SettingFiles> check(const ServerSettings& settings);

}  // namespace engine::server
