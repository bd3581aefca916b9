// `stepstream test-state`: runs one state here, with a mocked result or error, and prints what each step of
// its data flow made. With `call` a server runs it and really does its task. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <engine/cli/terminal.h>

namespace engine::cli {

// Texts marked "JSON" are JSON, or @FILE for a file's content (@- for standard input).
struct TestStateOptions {
  std::string file;                      // definition, - for standard input
  std::optional<std::string> state;      // then the file holds a whole machine
  std::string input = "{}";              // JSON
  std::optional<std::string> variables;  // JSON
  std::optional<std::string> context;    // JSON
  std::optional<std::string> mock;       // JSON
  std::optional<std::string> mock_error;
  std::optional<std::string> mock_cause;
  std::string validation = "STRICT";
  std::optional<int64_t> retry_count;
  std::optional<int64_t> failed_iterations;
  std::optional<std::string> error_caused_by;
  std::optional<std::string> item_data;  // any text, or @FILE
  std::string role_arn;
  std::string account = "123456789012";
  std::string region = "us-east-1";
  std::string inspection_level = "DEBUG";
  bool json = false;            // print AWS's TestState answer
  bool call = false;            // on the server; account and region are the server's then
  bool reveal_secrets = false;  // with `call`: show what connections add to calls of HTTP tasks
  std::string url = "http://127.0.0.1:8460";
  std::string api_key;  // may be empty
};

// Gives an ExitCode: kOk when the state succeeded or caught its error, kRefused when it failed, would be
// retried or was refused, kUsage for what cannot be read, kUnreachable without an answer of the server.
int test_state(const Terminal& terminal, const TestStateOptions& options);

}  // namespace engine::cli
