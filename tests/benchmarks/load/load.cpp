// stepstream_load: sends one HTTP request over and over, in a closed loop (each client sends when it is
// answered) or an open loop (at a fixed rate; latency counts from the time a request was meant to be sent, so
// a slow server cannot hide behind its slowness), checks every answer, and prints one line of JSON; the first
// few unexpected answers are told on standard error. Also measures the disk's flush rate.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "http_connection.h"

namespace {

using stepstream_worker::HttpConnection;
using Clock = std::chrono::steady_clock;
using Micros = std::chrono::duration<double, std::micro>;

struct Options {
  std::string url = "http://127.0.0.1:8460";
  std::string path = "/v1/executions";
  std::string body_file;
  std::string expect;          // must be part of every answer's body
  std::string disk;            // measure this folder's disk instead
  int status = 200;            // of a good answer
  size_t clients = 1;          // connections
  double rate = 0;             // open loop: requests a second; 0: closed loop
  double seconds = 5;          // how long to send
  size_t requests = SIZE_MAX;  // or how many
  double warm_up_seconds = 0;  // answers before are checked but not measured
  long long first_number = 0;  // "#NUMBER#" in the body counts up from here; "#NOW_US#" is when it was meant
};

bool read_options(int argc, char** argv, Options& options) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  if (argc % 2 == 0) return false;
  for (const auto& [name, value] : given) {
    if (name == "--url")
      options.url = value;
    else if (name == "--path")
      options.path = value;
    else if (name == "--body")
      options.body_file = value;
    else if (name == "--expect")
      options.expect = value;
    else if (name == "--disk")
      options.disk = value;
    else if (name == "--status")
      options.status = std::stoi(value);
    else if (name == "--clients")
      options.clients = std::stoul(value);
    else if (name == "--rate")
      options.rate = std::stod(value);
    else if (name == "--seconds")
      options.seconds = std::stod(value);
    else if (name == "--requests")
      options.requests = std::stoul(value);
    else if (name == "--warm-up")
      options.warm_up_seconds = std::stod(value);
    else if (name == "--first-number")
      options.first_number = std::stoll(value);
    else
      return false;
  }
  return true;
}

// 4 KB appended and flushed, one after the other, as many as fit in a second and a half.
int measure_disk(const std::string& folder) {
  std::string path = folder + "/flush_probe";
  int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) {
    std::cerr << path << ": " << std::strerror(errno) << "\n";
    return 1;
  }
  std::string block(4096, 'x');
  auto began = Clock::now();
  size_t count = 0;
  while (Clock::now() - began < std::chrono::milliseconds(1500)) {
    if (::write(fd, block.data(), block.size()) < 0 || ::fdatasync(fd) != 0) break;
    count++;
  }
  double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  ::close(fd);
  ::unlink(path.c_str());
  std::printf("{\"fdatasync_per_s\": %.0f}\n", static_cast<double>(count) / seconds);
  return count > 0 ? 0 : 1;
}

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Load() { ::close(epoll_); }

  bool prepare() {
    std::ifstream file(options_.body_file, std::ios::binary);
    body_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    stepstream_worker::Address address;
    if (!stepstream_worker::parse_url(options_.url, address) || (!options_.body_file.empty() && !file))
      return false;
    for (size_t i = 0; i < options_.clients; i++) {
      clients_.push_back({HttpConnection(address, "")});
      free_.push_back(i);
    }
    return true;
  }

  void run() {
    began_ = Clock::now();
    measured_from_ = began_ + std::chrono::duration_cast<Clock::duration>(
                                  std::chrono::duration<double>(options_.warm_up_seconds));
    ends_ = began_ + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(options_.warm_up_seconds + options_.seconds));
    auto give_up = ends_ + std::chrono::seconds(60);
    while (Clock::now() < give_up) {
      send_due(Clock::now());
      if (busy_ == 0 && !more_to_send(Clock::now())) break;
      wait();
    }
    unanswered_ = busy_;
    for (const Client& client : clients_) {
      if (client.connection.busy()) tell(client, "no answer");
    }
  }

  void print() {
    std::sort(latencies_us_.begin(), latencies_us_.end());
    auto at = [&](double part) {
      if (latencies_us_.empty()) return 0.0;
      auto index = static_cast<size_t>(part * static_cast<double>(latencies_us_.size() - 1));
      return latencies_us_[index] / 1000.0;
    };
    double seconds = std::chrono::duration<double>(last_answer_ - measured_from_).count();
    std::printf(
        "{\"requests\": %zu, \"measured\": %zu, \"errors\": %zu, \"wrong\": %zu, \"unanswered\": %zu, "
        "\"seconds\": %.3f, "
        "\"rate_per_s\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
        sent_, latencies_us_.size(), errors_, wrong_, unanswered_, seconds,
        seconds > 0 ? static_cast<double>(latencies_us_.size()) / seconds : 0, at(0.5), at(0.99), at(0.999),
        at(1));
    for (const std::string& answer : unexpected_) std::fprintf(stderr, "%s\n", answer.c_str());
  }

 private:
  struct Client {
    HttpConnection connection;
    int watched_fd = -1;
    size_t request = 0;
    Clock::time_point meant{};
  };

  // The body names the execution.
  void tell(const Client& client, const std::string& what) {
    if (unexpected_.size() == kUnexpectedTold) return;
    const auto since = [](Clock::time_point from, Clock::time_point to) {
      return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
    };
    unexpected_.push_back("request " + std::to_string(client.request) + ", meant at " +
                          since(began_, client.meant) + " ms, after " + since(client.meant, Clock::now()) +
                          " ms: " + what);
  }

  bool more_to_send(Clock::time_point now) const { return sent_ < options_.requests && now < ends_; }

  void send_due(Clock::time_point now) {
    if (options_.rate <= 0) {
      while (!free_.empty() && more_to_send(now)) send(now);
      return;
    }
    while (sent_ + waiting_.size() < options_.requests) {
      auto meant = began_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                                static_cast<double>(scheduled_) / options_.rate));
      if (meant > now || meant >= ends_) break;
      waiting_.push_back(meant);
      scheduled_++;
    }
    while (!free_.empty() && !waiting_.empty()) {
      send(waiting_.front());
      waiting_.pop_front();
    }
  }

  void send(Clock::time_point meant) {
    size_t index = free_.back();
    free_.pop_back();
    Client& client = clients_[index];
    client.meant = meant;
    client.request = sent_;
    std::string body = body_;
    constexpr std::string_view kNumber = "#NUMBER#";
    for (size_t at; (at = body.find(kNumber)) != std::string::npos;) {
      body.replace(at, kNumber.size(), std::to_string(options_.first_number + static_cast<long long>(sent_)));
    }
    constexpr std::string_view kNow = "#NOW_US#";
    if (const size_t at = body.find(kNow); at != std::string::npos) {
      const auto unix_now = std::chrono::system_clock::now().time_since_epoch() - (Clock::now() - meant);
      body.replace(at, kNow.size(),
                   std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(unix_now).count()));
    }
    client.connection.send("POST", options_.path, body);
    sent_++;
    busy_++;
    advance(index, 0);
    if (client.connection.fd() >= 0 && client.connection.fd() != client.watched_fd) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.u64 = index;
      client.watched_fd = client.connection.fd();
      epoll_ctl(epoll_, EPOLL_CTL_ADD, client.watched_fd, &event);
    }
  }

  void advance(size_t index, short revents) {
    Client& client = clients_[index];
    bool was_busy = client.connection.busy();
    auto progress = client.connection.advance(revents);
    // Edge-triggered: what can be read already gives no further event.
    if (progress == HttpConnection::Progress::Waiting && client.connection.busy() && revents != 0) {
      progress = client.connection.advance(POLLIN_AND_OUT);
    }
    if (client.connection.fd() < 0) client.watched_fd = -1;
    if (progress == HttpConnection::Progress::Waiting || !was_busy) return;
    busy_--;
    free_.push_back(index);
    auto now = Clock::now();
    last_answer_ = now;
    if (progress == HttpConnection::Progress::Broken) {
      errors_++;
      tell(client, "the connection broke");
      return;
    }
    const auto& response = client.connection.response();
    if (response.status != options_.status || response.body.find(options_.expect) == std::string::npos) {
      wrong_++;
      tell(client, std::to_string(response.status) + " " + response.body.substr(0, kBodyBytesTold));
      return;
    }
    if (client.meant >= measured_from_) latencies_us_.push_back(Micros(now - client.meant).count());
  }

  void wait() {
    epoll_event events[256];
    Clock::duration pause = std::chrono::milliseconds(100);
    if (options_.rate > 0 && waiting_.empty()) {
      auto next = began_ + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(
                               static_cast<double>(scheduled_) / options_.rate));
      pause = std::clamp(next - Clock::now(), Clock::duration::zero(), pause);
    }
    auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(pause).count();
    timespec timeout{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    int count = epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
    for (int i = 0; i < count; i++) advance(events[i].data.u64, POLLIN_AND_OUT);
    for (size_t i = 0; i < clients_.size() && count == 0; i++) {
      if (clients_[i].connection.busy() && clients_[i].connection.fd() < 0)
        advance(i, 0);  // could not connect
    }
  }

  static constexpr short POLLIN_AND_OUT = EPOLLIN | EPOLLOUT;
  static constexpr size_t kUnexpectedTold = 5;
  static constexpr size_t kBodyBytesTold = 1'000;
  Options options_;
  int epoll_;
  std::string body_;
  std::vector<Client> clients_;
  std::vector<size_t> free_;
  std::deque<Clock::time_point> waiting_;
  size_t scheduled_ = 0, sent_ = 0, busy_ = 0, errors_ = 0, wrong_ = 0, unanswered_ = 0;
  Clock::time_point began_{}, measured_from_{}, ends_{}, last_answer_{};
  std::vector<double> latencies_us_;
  std::vector<std::string> unexpected_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::cerr
        << "usage: stepstream_load --url URL --path PATH --body FILE [--expect TEXT] [--status N] [--clients "
           "N]\n"
           "         [--rate PER_SECOND] [--seconds S] [--requests N] [--warm-up S] [--first-number N]\n"
           "       stepstream_load --disk FOLDER\n";
    return 2;
  }
  if (!options.disk.empty()) return measure_disk(options.disk);
  Load load(options);
  if (!load.prepare()) {
    std::cerr << "stepstream_load: the URL or the body file is wrong\n";
    return 2;
  }
  load.run();
  load.print();
  return 0;
}
