// FakeRedis: a server on a free port of the loopback that answers each command with what the test says, in
// the protocol's own bytes, and remembers what was asked on which connection. For answers that the installed
// Redis cannot give. Thread rule: made, asked and destroyed on the test's thread; answers are given on
// others.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

namespace engine::store::redis {

using Command = std::vector<std::string>;

inline std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

inline std::string array(const std::vector<std::string>& texts) {
  std::string bytes = "*" + std::to_string(texts.size()) + "\r\n";
  for (const std::string& text : texts) bytes += bulk(text);
  return bytes;
}

// Of a Redis with which nothing is wrong, and that has four partitions.
inline std::string sound_answer(const Command& command) {
  const std::string& name = command.at(0);
  if (name == "INFO") return bulk("# Server\r\nredis_version:7.0.15\r\nos:Linux\r\n");
  if (name == "CONFIG") return array({"maxmemory-policy", "noeviction"});
  if (name == "SCRIPT") return bulk("0123456789abcdef0123456789abcdef01234567");
  if (name == "HGET") return bulk(command.at(2) == "partitions" ? "4" : "1");
  return ":1\r\n";
}

class FakeRedis {
 public:
  // The bytes of the answer; nothing: the connection is closed instead.
  using Answer = std::function<std::string(const Command& command)>;
  struct Asked {
    size_t connection = 0;
    Command command;
  };

  explicit FakeRedis(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* general = reinterpret_cast<sockaddr*>(&address);
    listening_ = ::bind(listener_, general, size) == 0 && ::listen(listener_, 8) == 0 &&
                 ::getsockname(listener_, general, &size) == 0;
    port_ = ntohs(address.sin_port);
    accepting_ = std::thread([this] { accept_all(); });
  }

  ~FakeRedis() {
    ::shutdown(listener_, SHUT_RDWR);
    accepting_.join();
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
    for (std::thread& thread : serving_) thread.join();
    for (const int connection : connections_) ::close(connection);
    ::close(listener_);
  }

  bool listening() const { return listening_; }
  uint16_t port() const { return port_; }

  std::vector<Asked> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void accept_all() {
    while (true) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      connections_.push_back(connection);
      serving_.emplace_back([this, connection, number = serving_.size()] { serve(connection, number); });
    }
  }

  void serve(int connection, size_t number) {
    Command command;
    while (read_command(connection, command)) {
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back({number, command});
      }
      const std::string bytes = answer_(command);
      if (bytes.empty()) break;
      if (::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
        break;
    }
    ::shutdown(connection, SHUT_RDWR);
  }

  // "*2\r\n$4\r\nHGET\r\n$1\r\nk\r\n"
  static bool read_command(int connection, Command& command) {
    command.clear();
    std::string line;
    if (!read_line(connection, line) || line.size() < 2) return false;
    for (int left = std::stoi(line.substr(1)); left > 0; --left) {
      if (!read_line(connection, line) || line.size() < 2) return false;
      std::string text(std::stoul(line.substr(1)) + 2, '\0');
      if (::recv(connection, text.data(), text.size(), MSG_WAITALL) != static_cast<ssize_t>(text.size()))
        return false;
      text.resize(text.size() - 2);
      command.push_back(std::move(text));
    }
    return true;
  }

  static bool read_line(int connection, std::string& line) {
    line.clear();
    for (char byte = 0; ::recv(connection, &byte, 1, 0) == 1;) {
      if (byte == '\n') return true;
      if (byte != '\r') line += byte;
    }
    return false;
  }

  const Answer answer_;
  const int listener_;
  bool listening_ = false;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards asked_
  std::vector<Asked> asked_;
  std::vector<int> connections_;  // those of the accepting thread until it is joined, as the next
  std::vector<std::thread> serving_;
  std::thread accepting_;
};

}  // namespace engine::store::redis
