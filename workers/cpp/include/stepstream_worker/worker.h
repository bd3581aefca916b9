// Worker: runs handlers for task queues of a Stepstream engine. Registers functions by queue, pulls tasks in
// batches by long poll, runs `concurrency` at a time, reports results, renews leases and heartbeats.
//
//   stepstream_worker::Worker worker({.url = "http://127.0.0.1:8460", .concurrency = 8});
//   worker.handle("resize-image", [](const Json& event, Context& context) -> Json { ...; return result; });
//   return worker.run();
//
// A task is delivered at least once: a handler may see the same work again after a crash. Its result counts
// once. Wire format: docs/formats/task_wire.md.
//
// With a URL kafka://HOST:PORT[,HOST:PORT...][/PREFIX] the tasks come from Kafka topics and the results go to
// the engines' command log, without HTTP: docs/formats/task_topic.md. Handlers notice no difference, but that
// cancelled() then tells only that the state's timeout is over.
// Thread rule: handle() before run(); run() on one thread, once; stop() from any thread or signal handler.
// Handlers run on threads of the worker, up to `concurrency` at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace stepstream_worker {

using Json = nlohmann::ordered_json;  // keeps the member order of the execution

struct Options {
  std::string url = "http://127.0.0.1:8460";
  std::string api_key;        // empty: none
  std::string name;           // for history and metrics; empty: host name and process id
  unsigned concurrency = 10;  // handlers at once, over all queues
  // Tasks fetched ahead of free handlers, per queue: more throughput for short tasks. Over Kafka at least as
  // many as `concurrency`.
  unsigned prefetch = 0;
  std::chrono::milliseconds poll_wait{20'000};
  bool automatic_heartbeats = true;  // for states with HeartbeatSeconds; false: the handler calls heartbeat()
  bool stop_on_signals = true;       // SIGTERM and SIGINT stop the worker as stop() does
  std::chrono::milliseconds drain_timeout{30'000};  // how long run() waits for running handlers after stop()
  // Called for what an operator should know, one line without its end. Empty: standard error.
  std::function<void(std::string_view)> log;
  // Kafka: options of its client library (librdkafka) such as security.protocol, sasl.*, ssl.*.
  std::vector<std::pair<std::string, std::string>> kafka;
  int kafka_partitions =
      8;  // of a queue's topic if this worker is the first to need it: most workers at once
};

// Throw it to fail a task with an error name of your own, for Retry and Catch. Any other exception fails it
// with the name of its type. The cause is a JSON text {"errorMessage", "errorType", "stackTrace"}, as
// Lambda's.
class HandlerError : public std::runtime_error {
 public:
  HandlerError(std::string error_name, const std::string& message)
      : std::runtime_error(message), error_name_(std::move(error_name)) {}
  const std::string& error_name() const { return error_name_; }

 private:
  std::string error_name_;
};

// The attempt a handler works on. Valid during the call.
class Context {
 public:
  virtual ~Context() = default;
  virtual const std::string& token() const = 0;
  virtual const std::string& queue() const = 0;
  virtual const std::string& state_name() const = 0;
  virtual const std::string& execution_arn() const = 0;
  virtual unsigned retry_count() const = 0;  // of the state, 0 at first
  virtual unsigned delivery() const = 0;     // of this attempt, 1 at first
  virtual int64_t remaining_ms() const = 0;  // until the state's timeout; INT64_MAX without one
  virtual bool cancelled() const = 0;        // the attempt is over, its result would be refused
  virtual void heartbeat() = 0;              // sent soon; costs nothing when called often
};

class Worker {
 public:
  using Handler = std::function<Json(const Json& event, Context& context)>;
  // Takes and returns JSON text: for handlers that pass it on or parse it themselves.
  using TextHandler = std::function<std::string(std::string_view event, Context& context)>;

  explicit Worker(Options options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void handle(std::string queue, Handler handler);
  void handle_text(std::string queue, TextHandler handler);

  // Blocks until stop(). 0: drained, every result reported. 1: the engine refuses this worker (wrong API key,
  // malformed request), or handlers or reports were still under way after drain_timeout.
  int run();
  void stop();

 private:
  class Runner;
  class Loop;
  class KafkaLoop;
  std::unique_ptr<Runner> runner_;
};

}  // namespace stepstream_worker
