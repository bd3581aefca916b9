// Many threads on one embedded engine; run it under ThreadSanitizer, too (preset tsan).
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

#include <engine/runtime/embedded.h>

using namespace engine;

namespace {

constexpr int kExecutions = 400;

void work(Engine& engine) {
  PollTasksRequest request;
  request.queue = "work";
  request.worker = "worker";
  request.tasks_max = 8;
  request.wait_ms = 20'000;
  engine.poll_tasks(request, [&engine](ApiResult<std::vector<PolledTask>> polled) {
    if (!polled) return;  // the engine stops
    for (const PolledTask& task : *polled) {
      engine.report_task({task.token, task.task.input.text(), {}}, "worker", [](const ApiResult<bool>&) {});
    }
    work(engine);
  });
}

}  // namespace

TEST_CASE("embedded: executions started from several threads all end with their own result") {
  EmbeddedSettings settings;
  settings.threads = 3;
  const bool on_disk = GENERATE(false, true);
  if (on_disk) {
    char name[] = "/tmp/stepstream_threads_XXXXXX";
    settings.data_directory = ::mkdtemp(name);
  }
  auto opened = open_embedded(settings);
  REQUIRE(opened);
  Engine& engine = **opened;

  std::mutex mutex;
  std::condition_variable changed;
  std::string arn;
  int ended = 0, right = 0;
  CreateStateMachineRequest create;
  create.name = "one";
  create.definition = R"({"StartAt":"Work","States":{"Work":{"Type":"Task","Resource":"work","End":true}}})";
  engine.create_state_machine(create, [&](ApiResult<StateMachine> made) {
    std::lock_guard lock(mutex);
    arn = made ? made->arn : "none";
    changed.notify_all();
  });
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return !arn.empty(); }));
  }
  work(engine);
  work(engine);
  std::vector<std::thread> starters;
  for (int starter = 0; starter < 2; ++starter) {
    starters.emplace_back([&, starter] {
      for (int i = 0; i < kExecutions / 2; ++i) {
        const std::string input = std::to_string(starter * kExecutions + i);
        StartExecutionRequest request;
        request.state_machine_arn = arn;
        request.input = statelang::Payload::from_text(input);
        engine.start_and_wait(request, 60'000, [&, input](ApiResult<Execution> result) {
          std::lock_guard lock(mutex);
          ++ended;
          right += result && result->output && result->output->text() == input;
          changed.notify_all();
        });
      }
    });
  }
  for (std::thread& starter : starters) starter.join();
  {
    std::unique_lock lock(mutex);
    CHECK(changed.wait_for(lock, std::chrono::seconds(60), [&] { return ended == kExecutions; }));
    CHECK(right == kExecutions);
  }
  std::string metrics;
  engine.append_metrics(metrics);
  CHECK(metrics.find("stepstream_executions_started_total 400") != std::string::npos);
  engine.stop();
  opened->reset();
  if (on_disk) std::filesystem::remove_all(settings.data_directory);
}
