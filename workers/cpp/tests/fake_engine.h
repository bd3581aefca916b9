// FakeEngine: the engine's side of the task wire (docs/formats/task_wire.md), scripted by a test: a small
// blocking HTTP server on a loopback port, one thread for each connection.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

class FakeEngine {
 public:
  FakeEngine();
  ~FakeEngine();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  void add_task(const std::string& queue, nlohmann::json task);
  // Waits until `count` results were accepted (true) or ten seconds are over.
  bool wait_for_results(size_t count);
  bool wait_until(const std::function<bool()>& condition);
  nlohmann::json result(const std::string& token);  // as reported
  std::vector<nlohmann::json> requests(const std::string& target);
  // The next `count` requests are read and then answered by closing the connection.
  void break_next(int count);
  void refuse_results(int count);         // answers {"accepted": false, "retry": true} to the next ones
  void answer_with_status(int status);    // 0: as usual
  void cancel(const std::string& token);  // its next heartbeat says so
  void stop_listening();                  // and closes every connection
  void listen_again();                    // on the same port
  int polls_waiting();
  int64_t lease_ms = 30'000;

 private:
  struct Connection {
    int fd = -1;
    std::thread thread;
  };
  void accept_loop(int listen_fd);
  void serve(int fd);
  std::string answer(const std::string& target, const nlohmann::json& request, int& status);
  nlohmann::json poll(const nlohmann::json& request);
  void open(int port);

  int port_ = 0;
  int listen_fd_ = -1;
  std::thread acceptor_;
  std::list<Connection> connections_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int break_next_ = 0, refuse_results_ = 0, status_ = 0, waiting_ = 0;
  std::map<std::string, std::deque<nlohmann::json>> tasks_;
  std::map<std::string, nlohmann::json> results_;
  std::set<std::string> cancelled_;
  std::vector<std::pair<std::string, nlohmann::json>> requests_;
};
