// Sink: a JSON document that says where events go and which (docs/formats/sink.md). Immutable once read, but
// for its channel; shared between threads by pointer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <connectors/event_pattern/event_pattern.h>
#include <engine/runtime/engine.h>
#include <statelang/expected.h>
#include <statelang/value.h>

namespace connectors::sinks {

// What sinks need from the outside, given by the server. Thread rule: any thread; callbacks once at most.
class Outside {
 public:
  virtual ~Outside() = default;
  // Empty: the URL may be called, as far as its text goes.
  virtual std::string url_mistake(const std::string& url) const = 0;
  virtual std::string secret_mistake(const statelang::Value& reference) const = 0;
  virtual statelang::Expected<std::string, std::string> secret(const statelang::Value& reference) const = 0;
  using Headers = std::vector<std::pair<std::string, std::string>>;
  // `done` gets the HTTP status, or why there is none.
  virtual void post(const std::string& url, Headers headers, std::string body,
                    std::function<void(statelang::Expected<unsigned, std::string>)> done) = 0;
};

struct Message {
  std::string id;             // the event's
  std::string execution_arn;  // whose event it is
  std::string type;           // detail-type
  std::string body;           // the event, JSON
};

// One way out. Thread rule: send() from one thread; `done` (empty: delivered) on any, once, or not at all
// when the channel is destroyed first.
class Channel {
 public:
  virtual ~Channel() = default;
  using Done = std::function<void(const std::string& error)>;
  virtual void send(const Message& message, Done done) = 0;
  virtual size_t in_flight_max() const = 0;  // of one partition
};

inline constexpr int64_t kEventAgeSecondsDefault = 86'400;  // as EventBridge's retry policy
inline constexpr int64_t kEventAgeSecondsMax = 7 * 86'400;

struct Sink {
  std::string name;
  std::string type;  // "webhook", "kafka", "stateMachine"
  bool enabled = true;
  bool history = false;                             // every history event, too
  std::vector<event_pattern::EventPattern> filter;  // one must match; empty: everything
  std::string state_machine_arn;                    // stateMachine: its own events are none of this sink's
  int64_t event_age_ms_max = kEventAgeSecondsDefault * 1000;  // then it is given up
  std::shared_ptr<Channel> channel;
  statelang::Value document;  // as given
  int64_t created_ms = 0;
  int64_t updated_ms = 0;  // the last change of the document
};
using SinkPtr = std::shared_ptr<const Sink>;

// `name` is from the URL or the file name; a Name member must agree with it. The engine and the outside must
// outlive the sink. Everything that is wrong comes at once.
statelang::Expected<Sink, std::vector<statelang::Diagnostic>> read_sink(const std::string& name,
                                                                        std::string_view json,
                                                                        engine::Engine& engine,
                                                                        Outside& outside);

}  // namespace connectors::sinks
