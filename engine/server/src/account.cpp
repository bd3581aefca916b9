#include "account.h"

#include <algorithm>
#include <filesystem>
#include <mutex>

#include <connectors/logs/execution_logs.h>
#include <connectors/triggers/thread_strand.h>
#include <engine/api/rest/rest_api.h>
#include <engine/integrations/integrations.h>

#include "log.h"
#include "open_engine.h"

namespace engine::server {
namespace {

constexpr std::string_view kFolder = "accounts";

std::string below(const std::string& folder, const std::string& id) {
  return folder.empty() ? folder : folder + "/" + id;
}

ServerSettings settings_of(const ServerSettings& server, const std::string& id) {
  ServerSettings settings = server;
  settings.account = id;
  settings.data = server.data + "/" + std::string(kFolder) + "/" + id;
  settings.log_directory = below(log_folder(server), id);
  settings.object_root = below(server.object_root, id);
  for (std::string* own :
       {&settings.definitions, &settings.triggers, &settings.sinks, &settings.mock_config, &settings.secrets})
    own->clear();
  return settings;
}

}  // namespace

std::string log_folder(const ServerSettings& settings) {
  if (!settings.log_directory.empty()) return settings.log_directory;
  return settings.durability == Durability::Memory ? "logs" : settings.data + "/logs";
}

struct Account::Content {
  explicit Content(ServerSettings given) : settings(std::move(given)) {}

  const ServerSettings settings;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<integrations::Integrations> integrations;
  connectors::triggers::SystemClock log_clock;
  std::unique_ptr<connectors::logs::ExecutionLogs> logs;
  std::unique_ptr<api::aws::AwsApi> aws;
  http::Router router;

  Expected<bool> start() {
    if (settings.durability != Durability::Memory) {
      std::error_code error;
      std::filesystem::create_directories(settings.data, error);  // the engine says what is wrong with it
    }
    auto opened = open_engine(settings);
    if (!opened) return statelang::Unexpected<Error>{opened.error()};
    engine = std::move(*opened);
    integrations::IntegrationSettings inside;
    inside.region = settings.region;
    inside.object_root = settings.object_root;
    inside.http_allow = settings.http_allow;
    inside.http_ca_file = settings.http_ca_file;
    integrations = std::make_unique<integrations::Integrations>(*engine, std::move(inside));
    engine->set_task_performer(integrations->performer());
    if (!engine->event_feed()) return true;
    logs = std::make_unique<connectors::logs::ExecutionLogs>(
        *engine, log_clock,
        connectors::logs::LogFileSettings{log_folder(settings), settings.log_file_bytes, settings.log_files});
    if (const auto started = logs->start(); !started) {
      log_error("executions of account " + settings.account + " are not logged: " + started.error().message);
    }
    return true;
  }

  void add_routes(const std::string& version, const Access* access) {
    rest::add_routes(router, *engine, {version, [this](std::string& text) {
                                         if (logs) logs->append_metrics(text);
                                         integrations->append_metrics(text);
                                       }});
    if (logs) logs->add_routes(router);
    if (access) router.set_guard(access->guard(*engine, settings.account));
    aws =
        std::make_unique<api::aws::AwsApi>(*engine, api::aws::AwsSettings{settings.account, settings.region});
  }
};

Account::Account(std::unique_ptr<Content> content) : content_(std::move(content)) {}
Account::~Account() = default;

Expected<std::unique_ptr<Account>> Account::open(const ServerSettings& settings, const std::string& id,
                                                 const std::string& version, const Access* access) {
  auto content = std::make_unique<Content>(settings_of(settings, id));
  if (auto started = content->start(); !started) {
    return statelang::Unexpected<Error>{
        Error{started.error().kind, "account " + id + ": " + started.error().message}};
  }
  content->add_routes(version, access);
  return std::unique_ptr<Account>(new Account(std::move(content)));
}

const http::Router& Account::router() const {
  return content_->router;
}

api::aws::AwsApi& Account::aws() {
  return *content_->aws;
}

void Account::stop() {
  if (content_->logs) content_->logs->stop();
  content_->engine->stop();
  content_->integrations->stop();
}

std::set<std::string> Accounts::stored() const {
  std::set<std::string> ids;
  if (settings_.durability == Durability::Memory || settings_.backend != Backend::Embedded) return ids;
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::path(settings_.data) / kFolder;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool digits = std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (name.size() == 12 && digits) ids.insert(name);
  }
  return ids;
}

Expected<bool> Accounts::open(const std::set<std::string>& ids, const Access* access) {
  for (const std::string& id : ids) {
    if (id == settings_.account || find(id)) continue;
    if (settings_.backend != Backend::Embedded) {
      return statelang::Unexpected<Error>{
          Error{ErrorKind::Permanent, "a key is of account " + id + ", and a cluster has one account, " +
                                          settings_.account + ": run one with --account " + id + " for it"}};
    }
    auto account = Account::open(settings_, id, version_, access);
    if (!account) return statelang::Unexpected<Error>{account.error()};
    const std::unique_lock lock(mutex_);
    accounts_.emplace(id, std::move(*account));
  }
  return true;
}

Account* Accounts::find(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

size_t Accounts::size() const {
  const std::shared_lock lock(mutex_);
  return accounts_.size();
}

void Accounts::stop() {
  const std::shared_lock lock(mutex_);
  for (const auto& [id, account] : accounts_) account->stop();
}

}  // namespace engine::server
