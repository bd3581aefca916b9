#include "open_engine.h"

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

// Of a file of one line.
Expected<std::string> first_line(const std::string& path, const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  if (!line.empty()) return line;
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, path + ": its first line is empty"}};
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
Expected<KafkaOptions> kafka_options(const ServerSettings& settings, const SettingFiles& files) {
  KafkaOptions options;
  const auto wrong = [](const std::string& message) {
    return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, message}};
  };
  std::istringstream in(files.kafka_options);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    number++;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    if (!read_kafka_option(line, options).empty())
      return wrong("--kafka-options-file: " + settings.kafka_options_file + ": line " +
                   std::to_string(number) + " is not NAME=VALUE");
  }
  std::istringstream given(settings.kafka_options);
  for (std::string option; std::getline(given, option, ',');) {
    const std::string problem = read_kafka_option(option, options);
    if (!problem.empty()) return wrong("--kafka-options: " + problem);
  }
  return options;
}

}  // namespace

Expected<ClusterSettings> cluster_settings(const ServerSettings& settings, const SettingFiles& files) {
  ClusterSettings cluster;
  cluster.kafka.brokers = settings.kafka;
  cluster.kafka.prefix = settings.cluster;
  auto options = kafka_options(settings, files);
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
    auto password =
        first_line("--redis-password-file: " + settings.redis_password_file, files.redis_password);
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

Expected<std::unique_ptr<Engine>> open_engine(const ServerSettings& settings,
                                              std::optional<ClusterSettings> cluster) {
  return cluster ? open_cluster(std::move(*cluster)) : open_embedded(embedded_settings(settings));
}

}  // namespace engine::server
