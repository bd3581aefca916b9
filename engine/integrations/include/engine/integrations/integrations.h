// Integrations: tasks that the engine does itself, in its own process: nested executions
// (arn:aws:states:::states:startExecution and its patterns, aws-sdk:sfn), calls of HTTP APIs
// (arn:aws:states:::http:invoke), and tasks that a mock configuration
// answers. Made by the server and handed to the engine (Engine::set_task_performer).
//
// Durability: nothing here is stored. An open task is given again after a restart, and everything done for it
// is idempotent by the task attempt's id (docs/guides/integrations.md).
// Thread rule: any thread. The engine must be stopped before stop(), and outlive both.
#pragma once

#include <memory>
#include <string>

#include <engine/runtime/engine.h>
#include <statelang/test_runner/test_runner.h>

namespace engine::integrations {

struct IntegrationSettings {
  std::string region = "us-east-1";
  // In the format of Step Functions Local; null: none.
  std::shared_ptr<const statelang::test_runner::MockConfiguration> mocks;
  std::string secrets;       // folder of files that connections may name; empty: none
  std::string http_allow;    // HOST[:PORT],…: may be private, without TLS, on other ports than 80 and 443
  std::string object_root;   // folder of buckets for Distributed Maps; empty: none
  std::string http_ca_file;  // PEM; certificates to trust beside the system's
};
// Empty: http_allow is well written. Otherwise what is wrong.
std::string http_allow_mistake(const std::string& http_allow);

class Integrations {
 public:
  Integrations(Engine& engine, IntegrationSettings settings);
  ~Integrations();
  Integrations(const Integrations&) = delete;
  Integrations& operator=(const Integrations&) = delete;

  std::shared_ptr<TaskPerformer> performer() const;
  void append_metrics(std::string& prometheus_text) const;
  // Nothing runs here any more when it returns.
  void stop();

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace engine::integrations
