#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <set>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <connectors/logs/execution_logs.h>
#include <connectors/triggers/thread_strand.h>
#include <engine/api/aws/routes.h>
#include <engine/api/rest/rest_api.h>
#include <engine/cli/exit_code.h>
#include <engine/integrations/connections.h>
#include <engine/integrations/integrations.h>
#include <engine/server/server_process.h>
#include <statelang/test_state/test_state.h>

#include "access.h"
#include "account.h"
#include "definitions.h"
#include "http_metrics.h"
#include "log.h"
#include "open_engine.h"
#include "request_log.h"
#include "sinks.h"
#include "triggers.h"

namespace engine::server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr rlim_t kThreadsPlenty = 1'000;

// Signals are waited for, not handled: no code runs inside a handler.
sigset_t block_signals() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ,
           SIG_IGN);  // above ulimit -f: the write fails and is told, instead of killing without a word
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// A connection is a file descriptor; the usual soft limit of 1,024 would be the first one to be met.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

statelang::Unexpected<Error> of_setting(const std::string& name, const std::string& message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, name + " " + message}};
}

std::string shown_host(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// Process holds the parts in the order they are built; they go in the opposite order.
class Process {
 public:
  Process(const ServerSettings& settings, const std::string& version)
      : settings_(settings), version_(version), accounts_(settings, version) {}

  // Before anything is opened: what the files say that settings name.
  Expected<bool> prepare(const SettingFiles& files);
  Expected<bool> start();
  void announce(int64_t took_ms) const;
  void reload();
  void stop();

 private:
  Expected<bool> open_accounts();
  void dispatch(http::Request request, http::Responder responder);
  Expected<bool> start_integrations();
  Expected<bool> add_routes();
  void load_folders();

  const ServerSettings& settings_;
  const std::string version_;
  std::unique_ptr<Access> access_;  // null: every caller may do everything
  std::shared_ptr<const statelang::test_runner::MockConfiguration> mocks_;
  std::optional<ClusterSettings> cluster_;
  Accounts accounts_;  // beside the one of settings_
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<integrations::Integrations> integrations_;
  std::unique_ptr<integrations::Connections> connections_;
  std::unique_ptr<Triggers> triggers_;
  std::unique_ptr<Sinks> sinks_;
  connectors::triggers::SystemClock log_clock_;
  std::unique_ptr<connectors::logs::ExecutionLogs> logs_;
  std::unique_ptr<api::aws::AwsApi> aws_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  DefinitionsLoaded definitions_;
};

Expected<bool> Process::prepare(const SettingFiles& files) {
  if (!settings_.key_file.empty()) {
    auto access = Access::open(settings_.key_file, files.keys, settings_.account);
    if (!access) return of_setting("--key-file", access.error().message);
    access_ = std::move(*access);
  }
  if (!settings_.mock_config.empty()) {
    auto mocks = statelang::test_runner::MockConfiguration::parse(files.mocks);
    if (!mocks) return of_setting("--mock-config", settings_.mock_config + ": " + mocks.error());
    mocks_ = std::make_shared<const statelang::test_runner::MockConfiguration>(std::move(*mocks));
  }
  if (settings_.backend == Backend::Cluster) {
    auto cluster = cluster_settings(settings_, files);
    if (!cluster) return statelang::Unexpected<Error>{cluster.error()};
    cluster_ = std::move(*cluster);
  }
  return true;
}

Expected<bool> Process::start() {
  auto opened = open_engine(settings_, std::move(cluster_));
  if (!opened) return statelang::Unexpected<Error>{opened.error()};
  engine_ = std::move(*opened);
  if (auto started = start_integrations(); !started) return started;
  load_folders();
  if (auto added = add_routes(); !added) return added;
  if (auto accounts = open_accounts(); !accounts) return accounts;
  server_ = std::make_unique<http::Server>(
      http::ServerOptions{settings_.host, settings_.port, settings_.http_threads, settings_.limits},
      [this](http::Request request, http::Responder responder) {
        dispatch(std::move(request), std::move(responder));
      });
  return server_->start();
}

Expected<bool> Process::open_accounts() {
  std::set<std::string> ids = accounts_.stored();
  if (access_) {
    for (const std::string& id : access_->keys()->accounts()) ids.insert(id);
  }
  return accounts_.open(ids, access_.get());
}

// To the account of the key. Without a good key it is the server's own one that refuses, or answers what is
// open.
void Process::dispatch(http::Request request, http::Responder responder) {
  if (logs_debug()) responder = logged(request, std::move(responder));
  if (access_ && accounts_.size() > 0) {
    const auto principal = access_->caller(request);
    if (Account* account = principal ? accounts_.find(principal->account) : nullptr)
      return account->router().dispatch(std::move(request), std::move(responder));
  }
  router_.dispatch(std::move(request), std::move(responder));
}

Expected<bool> Process::start_integrations() {
  integrations::IntegrationSettings settings;
  settings.region = settings_.region;
  settings.secrets = settings_.secrets;
  settings.object_root = settings_.object_root;
  settings.http_allow = settings_.http_allow;
  settings.http_ca_file = settings_.http_ca_file;
  settings.mocks = mocks_;
  integrations_ = std::make_unique<integrations::Integrations>(*engine_, std::move(settings));
  engine_->set_task_performer(integrations_->performer());
  connections_ = std::make_unique<integrations::Connections>(
      *engine_, integrations::ConnectionSettings{settings_.region, settings_.account, settings_.secrets});
  return true;
}

// What is wrong with one file is said and does not keep the others from running.
void Process::load_folders() {
  if (!settings_.definitions.empty()) definitions_ = load_definitions(*engine_, settings_.definitions);
  for (const std::string& problem : definitions_.problems) log_error("definition not in force: " + problem);
  triggers_ = std::make_unique<Triggers>(*engine_);
  for (const std::string& problem : triggers_->load(settings_.triggers)) {
    log_error("trigger not in force: " + problem);
  }
  if (!engine_->event_feed()) return;
  const bool others = settings_.backend == Backend::Cluster;
  if (others) triggers_->follow(*engine_->event_feed());
  integrations::OutboundSettings outbound;
  outbound.secrets = settings_.secrets;
  outbound.http_allow = settings_.http_allow;
  outbound.http_ca_file = settings_.http_ca_file;
  sinks_ = std::make_unique<Sinks>(*engine_, std::move(outbound));
  for (const std::string& problem : sinks_->load(settings_.sinks)) {
    log_error("sink not in force: " + problem);
  }
  if (others) sinks_->follow();
  logs_ = std::make_unique<connectors::logs::ExecutionLogs>(
      *engine_, log_clock_,
      connectors::logs::LogFileSettings{log_folder(settings_), settings_.log_file_bytes,
                                        settings_.log_files});
  if (const auto started = logs_->start(); !started) {
    log_error("executions are not logged: " + started.error().message);
  }
}

Expected<bool> Process::add_routes() {
  rest::add_routes(router_, *engine_, {version_, [this](std::string& text) {
                                         append_http_metrics(text, server_->counters());
                                         triggers_->append_metrics(text);
                                         if (sinks_) sinks_->append_metrics(text);
                                         if (logs_) logs_->append_metrics(text);
                                         integrations_->append_metrics(text);
                                       }});
  triggers_->add_routes(router_);
  if (sinks_) sinks_->add_routes(router_);
  if (logs_) logs_->add_routes(router_);
  integrations::add_connection_routes(router_, *connections_);
  std::shared_ptr<api::aws::SignatureVerifier> verifier;
  if (access_) {
    router_.set_guard(access_->guard(*engine_, settings_.account));
    verifier = std::make_shared<api::aws::SignatureVerifier>(access_->keys(), settings_.region);
  }
  aws_ = std::make_unique<api::aws::AwsApi>(*engine_,
                                            api::aws::AwsSettings{settings_.account, settings_.region});
  api::aws::add_routes(
      router_,
      [this](const auth::Principal* principal) {
        Account* account = principal ? accounts_.find(principal->account) : nullptr;
        return account ? &account->aws() : aws_.get();
      },
      std::move(verifier));
  return true;
}

void Process::announce(int64_t took_ms) const {
  const std::string url = "http://" + shown_host(settings_.host) + ":" + std::to_string(server_->port());
  std::printf("stepstream %s\n", version_.c_str());
  std::printf("  REST API   %s/v1  (routes: /v1/openapi.json)\n", url.c_str());
  std::printf("  AWS API    AWS_ENDPOINT_URL_SFN=%s\n", url.c_str());
  if (settings_.backend == Backend::Cluster) {
    std::printf("  cluster    %s on Kafka %s and Redis %s\n", settings_.cluster.c_str(),
                settings_.kafka.c_str(),
                settings_.redis_socket.empty()
                    ? (settings_.redis_host + ":" + std::to_string(settings_.redis_port)).c_str()
                    : settings_.redis_socket.c_str());
  } else if (settings_.durability == Durability::Memory) {
    std::printf("  data       in memory: gone when this process ends\n");
  } else {
    std::printf("  data       %s  (%s)\n",
                std::filesystem::absolute(settings_.data).lexically_normal().c_str(),
                settings_.durability == Durability::Fsync ? "flushed to disk before it is acknowledged"
                                                          : "safe from kill -9, not from power loss");
  }
  if (!settings_.definitions.empty()) {
    std::printf("  machines   %zu created, %zu updated, %zu unchanged, %zu with mistakes\n",
                definitions_.created, definitions_.updated, definitions_.unchanged,
                definitions_.problems.size());
  }
  std::printf("ready on %s in %lld ms\n", url.c_str(), static_cast<long long>(took_ms));
  std::fflush(stdout);
}

// What can change while the server runs: the keys.
void Process::reload() {
  if (!access_) return log_info("SIGHUP: nothing to read again");
  if (const auto done = access_->reload(
          [this](const std::set<std::string>& accounts) { return accounts_.open(accounts, access_.get()); });
      !done) {
    return log_error("SIGHUP: the keys in force stay: " + done.error().message);
  }
  log_info("SIGHUP: the keys of " + settings_.key_file + " are in force");
}

// Intake first, then the engine, which answers what waits; the answers still go out; then everything closes.
void Process::stop() {
  if (server_) server_->begin_drain();
  if (triggers_) triggers_->stop();
  if (sinks_) sinks_->stop();
  if (logs_) logs_->stop();
  accounts_.stop();
  if (engine_) engine_->stop();
  if (integrations_) integrations_->stop();
  if (server_) server_->stop(settings_.drain_seconds * 1000);
}

// A library that cannot have one more of its threads ends the process without an exception that could be
// caught (RocksDB, when it opens its tables). Under a limit of the process that is what happened; else it is
// a mistake of ours, and the usual end tells more.
[[noreturn]] void end_for_lack_of_memory() {
  rlimit space{}, threads{};
  const bool limited = (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) ||
                       (getrlimit(RLIMIT_NPROC, &threads) == 0 && threads.rlim_cur < kThreadsPlenty);
  if (!limited) std::abort();
  static const char message[] =
      "stepstream: cannot start: too little address space or too few threads; see the limits of both (ulimit "
      "-v, "
      "ulimit -u)\n";
  (void)!::write(STDERR_FILENO, message, sizeof message - 1);
  ::_exit(cli::kUnavailable);
}

class LackOfMemoryIsTold {
 public:
  LackOfMemoryIsTold() : before_(std::set_terminate(end_for_lack_of_memory)) {}
  ~LackOfMemoryIsTold() { std::set_terminate(before_); }

 private:
  const std::terminate_handler before_;
};

// No memory or no thread is left for us: constructors say it by an exception, whoever runs them.
Expected<bool> start(Process& process) {
  const LackOfMemoryIsTold told;
  try {
    return process.start();
  } catch (const std::exception& failure) {
    return statelang::Unexpected<Error>{
        Error{ErrorKind::Permanent, std::string("cannot start: ") + failure.what() +
                                        "; see the limits of memory, threads and files (ulimit -a)"}};
  }
}

}  // namespace

int serve(const ServerSettings& settings, const std::string& version) {
  const auto began = Clock::now();
  set_log_level(settings.log_level);
  const auto files = check(settings);
  if (!files) {
    log_error(files.error().message);
    return cli::kUsage;
  }
  const sigset_t signals = block_signals();
  raise_descriptor_limit();
  Process process(settings, version);
  if (const auto prepared = process.prepare(*files); !prepared) {
    log_error(prepared.error().message);
    return cli::kUsage;
  }
  if (const auto started = start(process); !started) {
    process.stop();
    log_error(started.error().message);
    return cli::kUnavailable;
  }
  if (!statelang::test_state::service_shapes_known()) {
    log_warning("built without service models: TestState checks mocked results for no service");
  }
  process.announce(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count());
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) process.reload();
  log_info(std::string(signal == SIGINT ? "SIGINT" : "SIGTERM") + ": finishing what is open");
  process.stop();
  log_info("stopped");
  flush_log();
  return cli::kOk;
}

}  // namespace engine::server
