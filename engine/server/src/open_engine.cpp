#include "open_engine.h"

#include <fstream>
#include <sstream>

#include <engine/runtime/embedded.h>

#include "log.h"

namespace engine::server {

namespace {

EmbeddedSettings embedded_settings(const ServerSettings& settings) {
  EmbeddedSettings embedded;
  if (settings.durability != Durability::Memory) embedded.data_directory = settings.data;
  embedded.sync = settings.durability == Durability::Fsync;
  embedded.partitions = settings.partitions;
  embedded.threads = settings.engine_threads;
  embedded.region = settings.region;
  embedded.account = settings.account;
  embedded.retention_ms = settings.retention_days * 24 * 3600 * 1000;
  embedded.tasks_max = settings.open_tasks_max;
  embedded.task_contents_bytes_max = settings.task_inputs_bytes;
  return embedded;
}

// What stands in a file of one line.
Expected<std::string> read_secret_file(const std::string& path) {
  std::ifstream in(path);
  std::string secret;
  if (in && std::getline(in, secret)) return secret;
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, path + ": cannot be read, or is empty"}};
}

using KafkaOptions = std::vector<std::pair<std::string, std::string>>;

// Empty: it was an option.
std::string read_kafka_option(const std::string& option, KafkaOptions& options) {
  const size_t equals = option.find('=');
  if (equals == std::string::npos || equals == 0) return "\"" + option + "\" is not NAME=VALUE";
  options.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  return "";
}

// The file first: what stands on the command line is over it. The words of a line that cannot be read may be
// a password and are not told.
Expected<KafkaOptions> kafka_options(const ServerSettings& settings) {
  KafkaOptions options;
  const auto wrong = [](const std::string& message) {
    return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, message}};
  };
  if (const std::string& path = settings.kafka_options_file; !path.empty()) {
    std::ifstream in(path);
    if (!in) return wrong("kafka-options-file: " + path + " cannot be read");
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      number++;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty() || line.front() == '#') continue;
      if (!read_kafka_option(line, options).empty())
        return wrong(path + ": line " + std::to_string(number) + " is not NAME=VALUE");
    }
  }
  std::istringstream given(settings.kafka_options);
  for (std::string option; std::getline(given, option, ',');) {
    const std::string problem = read_kafka_option(option, options);
    if (!problem.empty()) return wrong("kafka-options: " + problem);
  }
  return options;
}

}  // namespace

Expected<ClusterSettings> cluster_settings(const ServerSettings& settings) {
  ClusterSettings cluster;
  cluster.kafka.brokers = settings.kafka;
  cluster.kafka.prefix = settings.cluster;
  auto options = kafka_options(settings);
  if (!options) return statelang::Unexpected<Error>{options.error()};
  cluster.kafka.options = std::move(*options);
  std::istringstream queues(settings.task_topics);
  for (std::string queue; std::getline(queues, queue, ',');) cluster.task_topics.push_back(queue);
  cluster.redis.name = settings.cluster;
  cluster.redis.host = settings.redis_host;
  cluster.redis.port = settings.redis_port;
  cluster.redis.unix_socket = settings.redis_socket;
  cluster.redis.user = settings.redis_user;
  if (!settings.redis_password_file.empty()) {
    auto password = read_secret_file(settings.redis_password_file);
    if (!password) return statelang::Unexpected<Error>{password.error()};
    cluster.redis.password = std::move(*password);
  }
  cluster.trim.period_ms = settings.log_trim_period_seconds * 1000;
  cluster.trim.margin_records = settings.log_trim_margin;
  cluster.trim.keep_ms = settings.log_keep_hours * 3600 * 1000;
  cluster.notice = log_warning;
  cluster.partitions = settings.partitions;
  cluster.node = settings.node_id;
  cluster.threads = settings.engine_threads;
  cluster.region = settings.region;
  cluster.account = settings.account;
  cluster.retention_ms = settings.retention_days * 24 * 3600 * 1000;
  cluster.tasks_max = settings.open_tasks_max;
  cluster.task_contents_bytes_max = settings.task_inputs_bytes;
  return cluster;
}

Expected<std::unique_ptr<Engine>> open_engine(const ServerSettings& settings) {
  if (settings.backend == Backend::Embedded) return open_embedded(embedded_settings(settings));
  auto cluster = cluster_settings(settings);
  if (!cluster) return statelang::Unexpected<Error>{cluster.error()};
  return open_cluster(std::move(*cluster));
}

}  // namespace engine::server
