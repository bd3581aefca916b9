#include "redis_server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace store_contract {

namespace {
constexpr const char* kProgram = "/usr/bin/redis-server";
constexpr auto kStartMax = std::chrono::seconds(10);
}  // namespace

bool RedisServer::installed() {
  return access(kProgram, X_OK) == 0;
}

RedisServer::RedisServer(std::vector<std::string> options) : options_(std::move(options)) {
  start();
}

RedisServer::~RedisServer() {
  kill();
}

engine::store::RedisSettings RedisServer::settings() const {
  engine::store::RedisSettings settings;
  settings.unix_socket = directory_.path() + "/socket";
  settings.partitions = 3;
  return settings;
}

void RedisServer::launch() {
  std::vector<std::string> arguments{kProgram,
                                     "--port",
                                     "0",
                                     "--unixsocket",
                                     settings().unix_socket,
                                     "--dir",
                                     directory_.path(),
                                     "--save",
                                     "",
                                     "--appendonly",
                                     "yes",
                                     "--appendfsync",
                                     "always",
                                     "--logfile",
                                     directory_.path() + "/log"};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(kProgram, argv.data());
    _exit(127);
  }
}

void RedisServer::start() {
  launch();
  const auto give_up = std::chrono::steady_clock::now() + kStartMax;
  engine::store::RedisSettings probe = settings();
  probe.name = "probe";
  while (std::chrono::steady_clock::now() < give_up) {
    const auto opened = engine::store::RedisStore::open(probe);
    if (opened || opened.error().kind == engine::ErrorKind::Permanent) return;  // it answers
    std::this_thread::sleep_for(std::chrono::milliseconds(10));                 // polls until it does
  }
  std::fprintf(stderr, "redis-server does not answer: see %s/log\n", directory_.path().c_str());
  std::abort();
}

void RedisServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace store_contract
