#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include <engine/server/read_file.h>
#include <engine/server/settings.h>

namespace engine::server {
namespace {

namespace fs = std::filesystem;

statelang::Unexpected<Error> wrong(std::string message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

// Empty: nothing is wrong with it.
std::string folder_mistake(const std::string& path) {
  std::error_code error;
  const fs::file_status found = fs::status(path, error);
  if (found.type() == fs::file_type::not_found) return path + " is not there";
  if (error) return path + " cannot be read: " + error.message();
  if (!fs::is_directory(found)) return path + " is a file, and a folder is needed";
  if (access(path.c_str(), R_OK | X_OK) != 0) return path + " cannot be read: " + std::strerror(errno);
  return "";
}

// Those that are made when they are needed.
std::string made_folder_mistake(const std::string& path) {
  std::error_code error;
  for (fs::path at = path; !at.empty(); at = at.parent_path()) {
    const fs::file_status found = fs::status(at, error);
    if (found.type() != fs::file_type::not_found && found.type() != fs::file_type::none) {
      if (!fs::is_directory(found)) return at.string() + " is a file, and a folder is needed";
      return "";
    }
    if (at == at.parent_path()) break;
  }
  return "";
}

std::string certificates_mistake(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error().message;
  if (text->find("-----BEGIN") == std::string::npos) return path + " has no certificate in PEM";
  return "";
}

struct Path {
  const char* name;
  const std::string ServerSettings::*value;
  std::string (*mistake)(const std::string& path);
};

const Path kPaths[] = {
    {"data", &ServerSettings::data, made_folder_mistake},
    {"definitions", &ServerSettings::definitions, folder_mistake},
    {"triggers", &ServerSettings::triggers, folder_mistake},
    {"sinks", &ServerSettings::sinks, folder_mistake},
    {"secrets", &ServerSettings::secrets, folder_mistake},
    {"object-root", &ServerSettings::object_root, made_folder_mistake},
    {"log-directory", &ServerSettings::log_directory, made_folder_mistake},
    {"http-ca-file", &ServerSettings::http_ca_file, certificates_mistake},
};

struct File {
  const char* name;
  const std::string ServerSettings::*path;
  std::string SettingFiles::*text;
};

const File kFiles[] = {
    {"mock-config", &ServerSettings::mock_config, &SettingFiles::mocks},
    {"key-file", &ServerSettings::key_file, &SettingFiles::keys},
    {"kafka-options-file", &ServerSettings::kafka_options_file, &SettingFiles::kafka_options},
    {"redis-password-file", &ServerSettings::redis_password_file, &SettingFiles::redis_password},
};

// Who gives them wants a cluster, and would get a server of its own that shares nothing.
std::string setting_of_a_cluster(const ServerSettings& settings) {
  if (!settings.kafka.empty()) return "kafka";
  if (!settings.redis_host.empty() || !settings.redis_socket.empty()) return "redis";
  if (!settings.redis_user.empty()) return "redis-user";
  if (!settings.redis_password_file.empty()) return "redis-password-file";
  if (!settings.kafka_options_file.empty()) return "kafka-options-file";
  return "";
}

}  // namespace

Expected<SettingFiles> check(const ServerSettings& settings) {
  const bool has_servers =
      !settings.kafka.empty() && !(settings.redis_host.empty() && settings.redis_socket.empty());
  if (settings.backend == Backend::Cluster && !has_servers) {
    return wrong("the cluster backend needs --kafka HOST:PORT and --redis HOST:PORT");
  }
  if (settings.backend == Backend::Embedded) {
    const std::string other = setting_of_a_cluster(settings);
    if (!other.empty())
      return wrong("--" + other + " is of a cluster: add --backend cluster, or leave it out");
  }
  if (!http::is_loopback(settings.host) && settings.key_file.empty()) {
    return wrong(
        "refusing to listen on " + settings.host +
        " without credentials: anyone on the network could run workflows. Give --key-file, or listen "
        "on 127.0.0.1.");
  }
  for (const Path& path : kPaths) {
    const std::string& value = settings.*path.value;
    const std::string mistake = value.empty() ? "" : path.mistake(value);
    if (!mistake.empty()) return wrong("--" + std::string(path.name) + ": " + mistake);
  }
  SettingFiles files;
  for (const File& file : kFiles) {
    const std::string& path = settings.*file.path;
    if (path.empty()) continue;
    auto text = read_file(path);
    if (!text) return wrong("--" + std::string(file.name) + ": " + text.error().message);
    files.*file.text = std::move(*text);
  }
  return files;
}

}  // namespace engine::server
