#include <atomic>

#include <engine/core/task_queue_name.h>
#include <engine/integrations/integrations.h>
#include <engine/runtime/metrics_text.h>
#include <statelang/definition/resource.h>

#include "http/http_tasks.h"
#include "io_thread.h"
#include "mocks.h"
#include "nested_executions.h"
#include "object_tasks.h"
#include "sdk_calls.h"
#include "task_reporter.h"

namespace engine::integrations {

namespace {

constexpr std::string_view kNested = "states:startExecution";
constexpr std::string_view kHttp = "http:invoke";
constexpr std::string_view kSdk = "aws-sdk:sfn:";

HttpTaskSettings http_settings(const IntegrationSettings& settings) {
  HttpTaskSettings http;
  http.region = settings.region;
  http.secrets = settings.secrets;
  http.client.ca_file = settings.http_ca_file;
  if (auto rules = OutboundRules::parse(settings.http_allow)) http.rules = std::move(*rules);
  return http;
}

// The parts in the order they need each other, and which of them does a task.
class Performer : public TaskPerformer {
 public:
  Performer(Engine& engine, IntegrationSettings settings)
      : reporter_(engine, io_),
        mocks_(settings.mocks, reporter_),
        nested_(engine, io_, reporter_),
        sdk_(engine, io_, reporter_),
        http_(engine, io_, reporter_, http_settings(settings)),
        objects_(settings.object_root, reporter_) {}

  bool performs(const core::DispatchTask& task) const override {
    if (mocks_.answers(task)) return true;
    if (task.resource.rfind("arn:", 0) != 0) return false;  // a worker's queue, whatever its name
    if (task.queue == kNested || task.queue == kHttp || ObjectTasks::knows(task)) return true;
    if (task.queue.rfind(kSdk, 0) != 0) return false;
    const std::string_view api = std::string_view(task.queue).substr(kSdk.size());
    return api == "startExecution" || SdkCalls::knows(api);
  }

  void perform(PolledTask task) override {
    if (mocks_.answers(task.task)) return ++mocked_, mocks_.perform(task);
    if (ObjectTasks::knows(task.task)) return ++objects_done_, objects_.perform(std::move(task));
    const auto resource = statelang::parse_resource(task.task.resource);
    if (!resource) return;  // it is no task of this class: performs() looks at the same text
    const std::string_view queue = task.task.queue;
    if (queue == kHttp) return ++called_, http_.perform(std::move(task));
    const bool sdk = queue.substr(0, kSdk.size()) == kSdk;
    if (sdk && queue.substr(kSdk.size()) != "startExecution") {
      return ++sdk_calls_, sdk_.perform(std::move(task), std::string(queue.substr(kSdk.size())));
    }
    ++nested_tasks_;
    nested_.perform(std::move(task), *resource);
  }

  void withdrawn(PolledTask task, bool cancelled) override {
    if (mocks_.answers(task.task) || ObjectTasks::knows(task.task)) return;
    if (task.task.queue == kHttp) return http_.withdrawn(task.token);
    nested_.withdrawn(std::move(task), cancelled);
  }

  bool try_out(const statelang::test_state::TaskCall& call, bool reveal_secrets,
               std::function<void(statelang::test_state::TaskAnswer)> done) override {
    const auto resource = statelang::parse_resource(call.resource);
    if (!resource || resource->kind != statelang::ResourceKind::Service) return false;
    if (core::task_queue_name(*resource, call.input) != kHttp) return false;
    ++called_;
    http_.try_out(call, reveal_secrets, std::move(done));
    return true;
  }

  bool has_test_case(std::string_view state_machine_name, std::string_view test_case) const override {
    return mocks_.has_test_case(state_machine_name, test_case);
  }

  void append_metrics(std::string& text) const {
    constexpr const char* kTasks = "stepstream_integration_tasks_total";
    append_metric_head(text, kTasks, "Tasks that the engine did itself, by kind.", "counter");
    const auto line = [&](const char* kind, const std::atomic<uint64_t>& count) {
      append_sample(text, kTasks, metric_label("kind", kind), count.load(std::memory_order_relaxed));
    };
    line("nested", nested_tasks_);
    line("sdk", sdk_calls_);
    line("http", called_);
    line("mock", mocked_);
    line("objects", objects_done_);
    append_gauge(text, "stepstream_nested_executions_awaited", "Open tasks that wait for another execution.",
                 static_cast<double>(nested_.open()));
    append_gauge(text, "stepstream_http_calls_open",
                 "HTTP calls of tasks under way or waiting for their turn.",
                 static_cast<double>(http_.open()));
  }

  void stop() {
    objects_.stop();
    io_.stop();
  }

 private:
  IoThread io_;
  TaskReporter reporter_;
  Mocks mocks_;
  NestedExecutions nested_;
  SdkCalls sdk_;
  HttpTasks http_;
  ObjectTasks objects_;
  std::atomic<uint64_t> nested_tasks_{0}, sdk_calls_{0}, called_{0}, mocked_{0}, objects_done_{0};
};

}  // namespace

struct Integrations::Content {
  std::shared_ptr<Performer> performer;
};

std::string http_allow_mistake(const std::string& http_allow) {
  return OutboundRules::parse(http_allow)
             ? ""
             : "must be HOST, HOST:PORT or *.DOMAIN, several separated by commas";
}

Integrations::Integrations(Engine& engine, IntegrationSettings settings)
    : content_(new Content{std::make_shared<Performer>(engine, std::move(settings))}) {}

Integrations::~Integrations() {
  stop();
}

std::shared_ptr<TaskPerformer> Integrations::performer() const {
  return content_->performer;
}

void Integrations::append_metrics(std::string& prometheus_text) const {
  content_->performer->append_metrics(prometheus_text);
}

void Integrations::stop() {
  content_->performer->stop();
}

}  // namespace engine::integrations
