#include "connection.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <sys/time.h>

#include "scripts.h"

namespace engine::store::redis {

namespace {

timeval duration_of(int64_t ms) {
  return {static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000)};
}

constexpr const char* kAnswered = " answered: ";

// What an error answer begins with, and what is to be done about it.
struct Refusal {
  const char* code;
  ErrorKind kind;
  const char* advice;
};
constexpr const char* kCheckUser = "check the user, its password and its permissions";
constexpr const char* kGiveSpace = "give Redis space";
constexpr const char* kIsReplica = "it is a replica: give the address of its primary";
constexpr const char* kIsCluster =
    "it is a node of a Redis Cluster: give one that stands alone (cluster-enabled no)";
constexpr Refusal kRefusals[] = {{"NOAUTH", ErrorKind::Permanent, kCheckUser},
                                 {"WRONGPASS", ErrorKind::Permanent, kCheckUser},
                                 {"NOPERM", ErrorKind::Permanent, kCheckUser},
                                 {"WRONGTYPE", ErrorKind::Permanent, "another program writes to this key"},
                                 {"MISCONF", ErrorKind::Full, kGiveSpace},
                                 {"OOM", ErrorKind::Full, kGiveSpace},
                                 {"READONLY", ErrorKind::Transient, kIsReplica},
                                 {"MASTERDOWN", ErrorKind::Transient, kIsReplica},
                                 {"CLUSTERDOWN", ErrorKind::Transient, kIsCluster},
                                 {"CROSSSLOT", ErrorKind::Transient, kIsCluster},
                                 {"MOVED", ErrorKind::Transient, kIsCluster}};

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

std::string address_of(const RedisSettings& settings) {
  if (!settings.unix_socket.empty()) return settings.unix_socket;
  return settings.host + ":" + std::to_string(settings.port);
}

Error error_of(const RedisSettings& settings, std::string_view answer) {
  std::string text = "Redis at " + address_of(settings) + kAnswered + std::string(answer);
  for (const Refusal& refusal : kRefusals) {
    if (!starts_with(answer, refusal.code)) continue;
    if (text.back() == '.') text.pop_back();
    return {refusal.kind, text + "; " + refusal.advice};
  }
  return {ErrorKind::Transient, std::move(text)};
}

bool is_loading(const Error& error) {
  return error.message.find(std::string(kAnswered) + "LOADING") != std::string::npos;
}

Error Connection::lost(const char* what) {
  std::string why = context_ && context_->err != 0 ? context_->errstr : "no connection";
  if (context_ && context_->err == REDIS_ERR_IO && errno == EAGAIN) why = "no answer in time";
  if (context_ && context_->err == REDIS_ERR_PROTOCOL) why += ": what answers there is no Redis";
  close();
  return {ErrorKind::Transient, std::string(what) + " Redis at " + address_of(settings_) + ": " + why};
}

Expected<void> Connection::connect() {
  if (scripts_lost_) close();
  if (context_) return {};
  scripts_lost_ = false;
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  (void)ignored;
  const timeval timeout = duration_of(settings_.connect_timeout_ms);
  context_.reset(settings_.unix_socket.empty()
                     ? redisConnectWithTimeout(settings_.host.c_str(), settings_.port, timeout)
                     : redisConnectUnixWithTimeout(settings_.unix_socket.c_str(), timeout));
  if (!context_ || context_->err != 0) return statelang::Unexpected{lost("connecting to")};
  if (redisSetTimeout(context_.get(), duration_of(settings_.command_timeout_ms)) != REDIS_OK) {
    return statelang::Unexpected{lost("setting a timeout for")};
  }
  if (settings_.unix_socket.empty() && redisEnableKeepAlive(context_.get()) != REDIS_OK) {
    return statelang::Unexpected{lost("keeping alive the connection to")};
  }
  ++connects_;
  if (auto authenticated = authenticate(); !authenticated) return authenticated;
  return load_scripts();
}

Expected<void> Connection::authenticate() {
  if (settings_.password.empty() && settings_.user.empty()) return {};
  Arguments command{"AUTH"};
  if (!settings_.user.empty()) command.push_back(settings_.user);
  command.push_back(settings_.password);
  auto answer = run(command);
  if (answer) return {};
  close();
  return statelang::Unexpected{answer.error()};
}

Expected<void> Connection::send(const Arguments& arguments) {
  if (auto connected = connect(); !connected) return connected;
  std::vector<const char*> texts;
  std::vector<size_t> sizes;
  texts.reserve(arguments.size());
  sizes.reserve(arguments.size());
  for (const std::string_view argument : arguments) {
    texts.push_back(argument.data() ? argument.data() : "");
    sizes.push_back(argument.size());
  }
  const int count = static_cast<int>(arguments.size());
  if (redisAppendCommandArgv(context_.get(), count, texts.data(), sizes.data()) != REDIS_OK) {
    return statelang::Unexpected{lost("writing to")};
  }
  return {};
}

Expected<Reply> Connection::receive() {
  void* answer = nullptr;
  if (!context_) return statelang::Unexpected{lost("reading from")};
  if (redisGetReply(context_.get(), &answer) != REDIS_OK || answer == nullptr) {
    return statelang::Unexpected{lost("reading from")};
  }
  Reply reply(static_cast<redisReply*>(answer));
  if (reply->type != REDIS_REPLY_ERROR) return reply;
  if (starts_with(text_of(*reply), "NOSCRIPT")) scripts_lost_ = true;
  return statelang::Unexpected{error_of(settings_, text_of(*reply))};
}

Expected<Reply> Connection::run(const Arguments& arguments) {
  if (auto sent = send(arguments); !sent) return statelang::Unexpected{sent.error()};
  return receive();
}

bool Connection::flush() {
  int done = 0;
  while (context_ && done == 0) {
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) close();
  }
  return connected();
}

bool Connection::read_ready(const std::function<void(const redisReply&)>& take) {
  if (!context_ || redisBufferRead(context_.get()) != REDIS_OK) return close(), false;
  while (true) {
    void* answer = nullptr;
    if (redisGetReplyFromReader(context_.get(), &answer) != REDIS_OK) return close(), false;
    if (answer == nullptr) return true;
    const Reply reply(static_cast<redisReply*>(answer));
    take(*reply);
  }
}

// A server that lost its scripts says NOSCRIPT: the next connection brings them.
Expected<void> Connection::load_scripts() {
  for (const auto& [script, sha1] :
       {std::pair{kCommitScript, &commit_script_}, {kScanScript, &scan_script_}}) {
    auto loaded = run({"SCRIPT", "LOAD", script});
    if (!loaded) return close(), statelang::Unexpected{loaded.error()};
    *sha1 = text_of(**loaded);
  }
  return {};
}

Expected<std::string_view> Connection::commit_script() {
  if (auto connected = connect(); !connected) return statelang::Unexpected{connected.error()};
  return std::string_view(commit_script_);
}

Expected<std::string_view> Connection::scan_script() {
  if (auto connected = connect(); !connected) return statelang::Unexpected{connected.error()};
  return std::string_view(scan_script_);
}

}  // namespace engine::store::redis
