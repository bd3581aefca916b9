#include "runner.h"

#include <csignal>
#include <iostream>

#include <unistd.h>

namespace stepstream_worker {
namespace {

int signal_wake_fd = -1;
std::atomic<bool>* signal_flag = nullptr;
void on_signal(int) {
  signal_flag->store(true);
  uint64_t one = 1;
  [[maybe_unused]] ssize_t written = ::write(signal_wake_fd, &one, sizeof one);
}

}  // namespace

struct StopSignals::Previous {
  struct sigaction term {
  }, interrupt{};
};

StopSignals::StopSignals(bool wanted, std::atomic<bool>& flag, int wake_fd) {
  if (!wanted) return;
  previous_ = std::make_unique<Previous>();
  signal_wake_fd = wake_fd;
  signal_flag = &flag;
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, &previous_->term);
  sigaction(SIGINT, &action, &previous_->interrupt);
}

StopSignals::~StopSignals() {
  if (!previous_) return;
  sigaction(SIGTERM, &previous_->term, nullptr);
  sigaction(SIGINT, &previous_->interrupt, nullptr);
}

std::string default_worker_name() {
  char host[256] = "worker";
  gethostname(host, sizeof host - 1);
  return std::string(host).substr(0, 60) + "/" + std::to_string(getpid());
}

void write_log(const Options& options, const std::string& line) {
  if (options.log) {
    options.log(line);
  } else {
    std::cerr << "stepstream worker: " << line << std::endl;
  }
}

}  // namespace stepstream_worker
