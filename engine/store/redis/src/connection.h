// Connection: one hiredis connection. After any error it is closed and the next use connects anew: a context
// that has timed out would give the late answer to the next command. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include <engine/store/redis_store.h>

namespace engine::store::redis {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;
using Arguments = std::vector<std::string_view>;

class Connection {
 public:
  explicit Connection(const RedisSettings& settings) : settings_(settings) {}

  // One command and its answer. Error answers of Redis come as errors (error_of()).
  Expected<Reply> run(const Arguments& arguments);

  // Several commands at once: send() each, then receive() as often. After an error the rest is lost.
  Expected<void> send(const Arguments& arguments);
  Expected<Reply> receive();

  // A connection that is listened to (SUBSCRIBE): its descriptor (-1: none); sends what send() has gathered;
  // reads what is there, without waiting, and gives every whole answer. False: it broke and is closed.
  int descriptor() const { return context_ ? context_->fd : -1; }
  bool flush();
  bool read_ready(const std::function<void(const redisReply&)>& take);

  // The SHA-1 by which EVALSHA knows a script; every connection loads them, as a restarted server has none.
  Expected<std::string_view> commit_script();
  Expected<std::string_view> scan_script();

  bool connected() const { return context_ != nullptr; }
  bool usable() const { return context_ != nullptr && !scripts_lost_; }
  void close() { context_.reset(); }
  uint64_t connects() const { return connects_; }

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  Expected<void> connect();
  Expected<void> authenticate();
  Expected<void> load_scripts();
  Error lost(const char* what);

  const RedisSettings& settings_;
  std::unique_ptr<redisContext, FreeContext> context_;
  std::string commit_script_, scan_script_;
  bool scripts_lost_ = false;
  uint64_t connects_ = 0;
};

// What an error answer means, and what to do: NOAUTH, WRONGPASS, NOPERM → Permanent; MISCONF, OOM → Full;
// others → Transient.
Error error_of(const RedisSettings& settings, std::string_view answer);
bool is_loading(const Error& error);
std::string address_of(const RedisSettings& settings);

inline std::string_view text_of(const redisReply& reply) {
  return {reply.str, reply.len};
}

}  // namespace engine::store::redis
