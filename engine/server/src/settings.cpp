#include <algorithm>
#include <charconv>

#include <engine/integrations/integrations.h>
#include <engine/server/settings.h>
#include <statelang/value.h>

namespace engine::server {
namespace {

statelang::Unexpected<Error> wrong(std::string message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

template <class Number>
bool read_number(const std::string& text, Number least, Number most, Number& out, std::string& problem) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most) {
    problem = "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    return false;
  }
  out = number;
  return true;
}

bool read_seconds(const std::string& text, int64_t& out_ms, std::string& problem) {
  int64_t seconds = 0;
  if (!read_number<int64_t>(text, 1, 86'400, seconds, problem)) return false;
  out_ms = seconds * 1000;
  return true;
}

bool read_listen(const std::string& text, ServerSettings& settings, std::string& problem) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.find(']') == text.size() - 1) {
    problem = "must be HOST:PORT, e.g. 127.0.0.1:8460";
    return false;
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  if (!read_number<uint16_t>(text.substr(colon + 1), 0, 65535, settings.port, problem)) {
    problem = "must end with a port from 0 to 65535";
    return false;
  }
  settings.host = host.empty() ? "0.0.0.0" : host;
  return true;
}

bool read_durability(const std::string& text, Durability& out, std::string& problem) {
  if (text == "fsync") return out = Durability::Fsync, true;
  if (text == "buffered") return out = Durability::Buffered, true;
  if (text == "memory") return out = Durability::Memory, true;
  problem = "must be fsync, buffered or memory";
  return false;
}

bool read_backend(const std::string& text, Backend& out, std::string& problem) {
  if (text == "embedded") return out = Backend::Embedded, true;
  if (text == "cluster") return out = Backend::Cluster, true;
  problem = "must be embedded or cluster";
  return false;
}

bool read_redis(const std::string& text, ServerSettings& settings, std::string& problem) {
  if (!text.empty() && text.front() == '/') return settings.redis_socket = text, true;
  const size_t colon = text.rfind(':');
  problem = "must be HOST:PORT or the path of a socket";
  if (colon == std::string::npos || colon == 0) return false;
  if (!read_number<uint16_t>(text.substr(colon + 1), 1, 65535, settings.redis_port, problem)) return false;
  settings.redis_host = text.substr(0, colon);
  return true;
}

// Part of keys and topic names.
bool read_cluster(const std::string& text, std::string& out, std::string& problem) {
  out = text;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), allowed)) return true;
  problem = "must have 1 to 100 letters, digits, '-', '_' and '.'";
  return false;
}

bool read_account(const std::string& text, std::string& out, std::string& problem) {
  out = text;
  if (text.size() == 12 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return true;
  problem = "must have 12 digits";
  return false;
}

bool read_choice(const std::string& text, std::string& out, std::initializer_list<std::string_view> choices,
                 std::string& problem) {
  out = text;
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return true;
  problem = "must be one of";
  for (const std::string_view choice : choices) (problem += ' ') += choice;
  return false;
}

// Part of ARNs.
bool read_region(const std::string& text, std::string& out, std::string& problem) {
  out = text;
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), allowed)) return true;
  problem = "must have 1 to 63 small letters, digits and '-'";
  return false;
}

bool read_text(const std::string& text, std::string& out, std::string& problem) {
  out = text;
  if (text.empty()) problem = "must not be empty";
  return !text.empty();
}

using Text = const std::string&;
using Problem = std::string&;
using Settings = ServerSettings&;

struct Row {
  SettingInfo info;
  bool (*read)(Settings, Text, Problem);
};

const Row kRows[] = {
    {{"data", "DIR", "Where the state lives [data]"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.data, p); }},
    {{"listen", "HOST:PORT", "Where to listen; port 0 takes a free one [127.0.0.1:8460]"},
     [](Settings s, Text t, Problem p) { return read_listen(t, s, p); }},
    {{"definitions", "DIR", "State machines to put in force at start: NAME.json each"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.definitions, p); }},
    {{"triggers", "DIR", "Triggers to put in force at start: NAME.json each"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.triggers, p); }},
    {{"sinks", "DIR", "Sinks of events to put in force at start: NAME.json each"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.sinks, p); }},
    {{"mock-config", "FILE", "Answers for tasks, as Step Functions Local reads them; start ARN#TestCase"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.mock_config, p); }},
    {{"object-root", "DIR", "Buckets of Distributed Maps: objects of bucket B lie in DIR/B"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.object_root, p); }},
    {{"secrets", "DIR", "Secrets that connections may name, a file each"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.secrets, p); }},
    {{"http-allow", "HOSTS",
      "HOST[:PORT],...: HTTP tasks may call them though private, without TLS (*.DOMAIN: below it)"},
     [](Settings s, Text t, Problem p) {
       s.http_allow = t;
       if (t.empty()) return read_text(t, s.http_allow, p);
       p = integrations::http_allow_mistake(t);
       return p.empty();
     }},
    {{"http-ca-file", "FILE", "Certificates (PEM) that HTTP tasks trust beside the system's"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.http_ca_file, p); }},
    {{"key-file", "FILE", "Keys that may call, and what each may do; needed off loopback"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.key_file, p); }},
    {{"durability", "LEVEL", "fsync: safe from power loss; buffered: from kill -9; memory [fsync]"},
     [](Settings s, Text t, Problem p) { return read_durability(t, s.durability, p); }},
    {{"account", "ID", "Account in ARNs, 12 digits [000000000000]"},
     [](Settings s, Text t, Problem p) { return read_account(t, s.account, p); }},
    {{"region", "NAME", "Region in ARNs [us-east-1]"},
     [](Settings s, Text t, Problem p) { return read_region(t, s.region, p); }},
    {{"retention-days", "N", "How long finished executions are kept [90]"},
     [](Settings s, Text t, Problem p) { return read_number<int64_t>(t, 1, 36'500, s.retention_days, p); }},
    {{"backend", "NAME", "embedded: all in this process; cluster: Kafka and Redis [embedded]"},
     [](Settings s, Text t, Problem p) { return read_backend(t, s.backend, p); }},
    {{"kafka", "HOST:PORT,...", "Cluster: Kafka's bootstrap servers"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.kafka, p); }},
    {{"kafka-options", "NAME=VALUE,...", "Cluster: options of the Kafka client (security.protocol=SSL, ...)"},
     [](Settings s, Text t, Problem) { return s.kafka_options = t, true; }},
    {{"kafka-options-file", "FILE",
      "Cluster: the same, a line each; for what must not stand on a command line"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.kafka_options_file, p); }},
    {{"redis", "HOST:PORT", "Cluster: the Redis primary, or the path of its socket"},
     [](Settings s, Text t, Problem p) { return read_redis(t, s, p); }},
    {{"redis-user", "NAME", "Cluster: ACL user in Redis"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.redis_user, p); }},
    {{"redis-password-file", "FILE", "Cluster: the password for Redis"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.redis_password_file, p); }},
    {{"cluster-name", "NAME", "Cluster: begins its keys and topics [stepstream]"},
     [](Settings s, Text t, Problem p) { return read_cluster(t, s.cluster, p); }},
    {{"task-topics", "QUEUE,...", "Cluster: queues whose workers read Kafka topics; *: all"},
     [](Settings s, Text t, Problem) { return s.task_topics = t, true; }},
    {{"log-trim-period", "SECONDS", "Cluster: how often old records of the log are deleted [600]"},
     [](Settings s, Text t, Problem p) {
       return read_number<int64_t>(t, 1, 86'400, s.log_trim_period_seconds, p);
     }},
    {{"log-trim-margin", "N", "Cluster: applied records that each partition of the log keeps [100000]"},
     [](Settings s, Text t, Problem p) {
       return read_number<uint64_t>(t, 1, 1'000'000'000'000, s.log_trim_margin, p);
     }},
    {{"log-keep-hours", "N", "Cluster: younger records stay; twice the age of Redis backups [168]"},
     [](Settings s, Text t, Problem p) { return read_number<int64_t>(t, 0, 876'000, s.log_keep_hours, p); }},
    {{"node-id", "N", "Cluster: this node among the others; 0: a random one [0]"},
     [](Settings s, Text t, Problem p) { return read_number<uint32_t>(t, 0, UINT32_MAX, s.node_id, p); }},
    {{"partitions", "N", "Fixed when the directory or the cluster is created [4]"},
     [](Settings s, Text t, Problem p) { return read_number<uint16_t>(t, 1, 1024, s.partitions, p); }},
    {{"engine-threads", "N", "Threads of the engine; 0: one for each processor [0]"},
     [](Settings s, Text t, Problem p) { return read_number<uint32_t>(t, 0, 256, s.engine_threads, p); }},
    {{"http-threads", "N", "Threads that serve HTTP [1]"},
     [](Settings s, Text t, Problem p) { return read_number<uint32_t>(t, 1, 256, s.http_threads, p); }},
    {{"open-tasks-max", "N", "Most open tasks; above, starts get 429 [1000000]"},
     [](Settings s, Text t, Problem p) {
       return read_number<size_t>(t, 1, 1'000'000'000, s.open_tasks_max, p);
     }},
    {{"task-inputs-bytes", "N", "Inputs of open tasks in memory; others are read when needed [67108864]"},
     [](Settings s, Text t, Problem p) {
       return read_number<size_t>(t, 0, 1024UL * 1024 * 1024 * 1024, s.task_inputs_bytes, p);
     }},
    {{"body-bytes-max", "N", "Largest request body [4194304]"},
     [](Settings s, Text t, Problem p) {
       return read_number<size_t>(t, 1024, 1024UL * 1024 * 1024, s.limits.body_bytes_max, p);
     }},
    {{"connections-max", "N", "Most connections at once; more close those that wait [20000]"},
     [](Settings s, Text t, Problem p) {
       return read_number<size_t>(t, 1, 1'000'000, s.limits.connections_max, p);
     }},
    {{"idle-timeout", "SECONDS", "Close connections idle for so long [75]"},
     [](Settings s, Text t, Problem p) { return read_seconds(t, s.limits.idle_timeout_ms, p); }},
    {{"header-timeout", "SECONDS", "For a request's header to arrive [10]"},
     [](Settings s, Text t, Problem p) { return read_seconds(t, s.limits.header_timeout_ms, p); }},
    {{"body-timeout", "SECONDS", "For a request's body to arrive [30]"},
     [](Settings s, Text t, Problem p) { return read_seconds(t, s.limits.body_timeout_ms, p); }},
    {{"drain-timeout", "SECONDS", "For open requests to be answered at stop [10]"},
     [](Settings s, Text t, Problem p) { return read_number<int64_t>(t, 0, 3600, s.drain_seconds, p); }},
    {{"log-directory", "DIR", "Logs of executions, by their state machines' configuration [DATA/logs]"},
     [](Settings s, Text t, Problem p) { return read_text(t, s.log_directory, p); }},
    {{"log-file-bytes", "N", "A log file that has so many is followed by a new one [67108864]"},
     [](Settings s, Text t, Problem p) {
       return read_number<size_t>(t, 65'536, 1UL << 40, s.log_file_bytes, p);
     }},
    {{"log-files", "N", "Most files of one log group; then the oldest goes [8]"},
     [](Settings s, Text t, Problem p) { return read_number<size_t>(t, 1, 1000, s.log_files, p); }},
    {{"log-level", "LEVEL", "debug, info, warn or error [info]"},
     [](Settings s, Text t, Problem p) {
       return read_choice(t, s.log_level, {"debug", "info", "warn", "error"}, p);
     }},
};

std::string with_dashes(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', '-');
  return out;
}

}  // namespace

const std::vector<SettingInfo>& all_settings() {
  static const std::vector<SettingInfo> infos = [] {
    std::vector<SettingInfo> all;
    for (const Row& row : kRows) all.push_back(row.info);
    return all;
  }();
  return infos;
}

Expected<bool> set(ServerSettings& settings, std::string_view name, const std::string& value) {
  const std::string wanted = with_dashes(name);
  for (const Row& row : kRows) {
    if (wanted != row.info.name) continue;
    std::string problem;
    if (row.read(settings, value, problem)) return true;
    if (value.empty())
      return wrong(std::string(name) + " is given and empty: give it a value or leave it out");
    return wrong(std::string(name) + " " + problem + ", not \"" + value + "\"");
  }
  return wrong("\"" + std::string(name) + "\" is not a setting");
}

Expected<bool> set_from_json(ServerSettings& settings, std::string_view json, const std::string& file) {
  const auto parsed = statelang::parse_json(json, {.depth_max = 10, .refuse_duplicate_keys = true});
  if (!parsed) {
    return wrong(file + ": " + parsed.error().message);
  }
  if (!parsed->is_object()) return wrong(file + ": must be a JSON object");
  for (const auto& [key, value] : parsed->as_object()) {
    if (!value.is_string() && !value.is_integer()) {
      return wrong(file + ": " + std::string(key.as_string()) + " must be a string or a whole number");
    }
    const std::string text = value.is_string() ? std::string(value.as_string()) : statelang::to_json(value);
    if (const auto done = set(settings, key.as_string(), text); !done) {
      return wrong(file + ": " + done.error().message);
    }
  }
  return true;
}

}  // namespace engine::server
