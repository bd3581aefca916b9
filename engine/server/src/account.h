// Account: a namespace beside the server's own: an engine of its own with its own data directory, secrets of
// tokens, APIs and logs, so that nothing of it can be reached from another account. Triggers, sinks,
// connections, mocks and definitions from files belong to the server's own account alone: they draw on its
// secrets and folders.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>

#include <engine/api/aws/aws_api.h>
#include <engine/server/settings.h>

#include "access.h"

namespace engine::server {

// Where executions are logged. In memory there is no data directory to put them in.
std::string log_folder(const ServerSettings& settings);

class Account {
 public:
  // `settings`: the server's; the account's data lie below theirs, in accounts/ID. `access` outlives it.
  static Expected<std::unique_ptr<Account>> open(const ServerSettings& settings, const std::string& id,
                                                 const std::string& version, const Access* access);
  ~Account();

  const http::Router& router() const;
  api::aws::AwsApi& aws();
  void stop();

 private:
  struct Content;
  explicit Account(std::unique_ptr<Content> content);
  std::unique_ptr<Content> content_;
};

// Accounts: the accounts of a server but its own. Any thread may look one up while another one opens more.
class Accounts {
 public:
  Accounts(const ServerSettings& settings, std::string version)
      : settings_(settings), version_(std::move(version)) {}

  // Those that have data, whether they still have keys or not: what runs in them goes on.
  std::set<std::string> stored() const;
  // Opens those that are not open yet. The server's own one is left out.
  Expected<bool> open(const std::set<std::string>& ids, const Access* access);
  // Null: no such account is open.
  Account* find(std::string_view id) const;
  size_t size() const;
  void stop();

 private:
  const ServerSettings& settings_;
  const std::string version_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, std::unique_ptr<Account>, std::less<>>
      accounts_;  // none is ever closed before the end
};

}  // namespace engine::server
