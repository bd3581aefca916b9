#include "fake_engine.h"

#include <stdexcept>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

using nlohmann::json;

FakeEngine::FakeEngine() {
  open(0);
}
FakeEngine::~FakeEngine() {
  stop_listening();
}

void FakeEngine::open(int port) {
  listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listen_fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  socklen_t size = sizeof address;
  if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listen_fd_, 64) != 0) {
    throw std::runtime_error("the fake engine cannot listen");
  }
  getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  stopping_ = false;
  acceptor_ = std::thread([this, fd = listen_fd_] { accept_loop(fd); });
}

void FakeEngine::listen_again() {
  open(port_);
}

void FakeEngine::stop_listening() {
  std::list<Connection> ending;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listen_fd_, SHUT_RDWR);
    for (auto& connection : connections_) ::shutdown(connection.fd, SHUT_RDWR);
    changed_.notify_all();
  }
  if (acceptor_.joinable()) acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    ending.swap(connections_);
  }
  for (auto& connection : ending) {
    ::shutdown(connection.fd, SHUT_RDWR);
    connection.thread.join();
    ::close(connection.fd);
  }
  if (listen_fd_ >= 0) ::close(listen_fd_);
  listen_fd_ = -1;
}

void FakeEngine::accept_loop(int listen_fd) {
  for (;;) {
    int fd = ::accept4(listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex_);
    connections_.emplace_back();
    connections_.back().fd = fd;
    connections_.back().thread = std::thread([this, fd] { serve(fd); });
  }
}

void FakeEngine::serve(int fd) {
  std::string data;
  char buffer[65536];
  for (;;) {
    size_t end;
    while ((end = data.find("\r\n\r\n")) == std::string::npos) {
      ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      data.append(buffer, static_cast<size_t>(count));
    }
    size_t at = data.find("Content-Length: ");
    size_t length = at < end ? std::stoul(data.substr(at + 16)) : 0;
    while (data.size() < end + 4 + length) {
      ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      data.append(buffer, static_cast<size_t>(count));
    }
    size_t blank = data.find(' ');
    std::string target = data.substr(blank + 1, data.find(' ', blank + 1) - blank - 1);
    json request = json::parse(data.substr(end + 4, length));
    data.erase(0, end + 4 + length);
    {
      std::lock_guard lock(mutex_);
      requests_.emplace_back(target, request);
      changed_.notify_all();
      if (break_next_ > 0) {
        break_next_--;
        ::shutdown(fd, SHUT_RDWR);
        return;
      }
    }
    int status = 200;
    std::string body = answer(target, request, status);
    std::string head =
        "HTTP/1.1 " + std::to_string(status) +
        " X\r\nContent-Type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n";
    std::string out = head + body;
    if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return;
  }
}

std::string FakeEngine::answer(const std::string& target, const json& request, int& status) {
  {
    std::lock_guard lock(mutex_);
    if (status_ != 0) {
      status = status_;
      return R"({"code": "Test"})";
    }
  }
  if (target == "/v1/tasks/poll") return poll(request).dump();
  if (target == "/v1/tasks/heartbeat") {
    json beats = json::array();
    std::lock_guard lock(mutex_);
    for (const auto& token : request.at("tokens"))
      beats.push_back({{"cancelled", cancelled_.count(token) > 0}});
    return json{{"heartbeats", beats}}.dump();
  }
  status = 404;
  return "{}";
}

json FakeEngine::poll(const json& request) {
  json answer = {{"tasks", json::array()}, {"lease_ms", lease_ms}};
  std::unique_lock lock(mutex_);
  for (const auto& result : request.value("results", json::array())) {
    if (refuse_results_ > 0) {
      refuse_results_--;
      answer["results"].push_back(
          {{"accepted", false}, {"code", "Unavailable"}, {"message", "later"}, {"retry", true}});
      continue;
    }
    bool first = results_.emplace(result.at("token"), result).second;
    answer["results"].push_back(
        first ? json{{"accepted", true}}
              : json{{"accepted", false}, {"code", "TaskTimedOut"}, {"message", "m"}, {"retry", false}});
  }
  changed_.notify_all();
  size_t wanted = request.value("tasks_max", size_t{1});
  auto& waiting_tasks = tasks_[request.at("queue")];
  auto until = std::chrono::steady_clock::now() +
               std::chrono::milliseconds(static_cast<int64_t>(request.value("wait_seconds", 0.0) * 1000));
  if (wanted > 0) {
    waiting_++;
    changed_.notify_all();
    changed_.wait_until(lock, until, [&] { return stopping_ || !waiting_tasks.empty(); });
    waiting_--;
  }
  while (answer["tasks"].size() < wanted && !waiting_tasks.empty()) {
    answer["tasks"].push_back(std::move(waiting_tasks.front()));
    waiting_tasks.pop_front();
  }
  return answer;
}

void FakeEngine::add_task(const std::string& queue, json task) {
  std::lock_guard lock(mutex_);
  tasks_[queue].push_back(std::move(task));
  changed_.notify_all();
}
bool FakeEngine::wait_until(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), condition);
}
bool FakeEngine::wait_for_results(size_t count) {
  return wait_until([&] { return results_.size() >= count; });
}
json FakeEngine::result(const std::string& token) {
  std::lock_guard lock(mutex_);
  auto found = results_.find(token);
  return found == results_.end() ? json() : found->second;
}
std::vector<json> FakeEngine::requests(const std::string& target) {
  std::lock_guard lock(mutex_);
  std::vector<json> found;
  for (const auto& [path, request] : requests_) {
    if (path == target) found.push_back(request);
  }
  return found;
}
void FakeEngine::break_next(int count) {
  std::lock_guard lock(mutex_);
  break_next_ = count;
}
void FakeEngine::refuse_results(int count) {
  std::lock_guard lock(mutex_);
  refuse_results_ = count;
}
void FakeEngine::answer_with_status(int status) {
  std::lock_guard lock(mutex_);
  status_ = status;
}
void FakeEngine::cancel(const std::string& token) {
  std::lock_guard lock(mutex_);
  cancelled_.insert(token);
}
int FakeEngine::polls_waiting() {
  std::lock_guard lock(mutex_);
  return waiting_;
}
