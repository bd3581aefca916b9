// A golden script: a definition, an input, the answers of its tasks, and the whole history that must come of
// them. One text file each; the format is described in ../README.md. Single thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <statelang/expected.h>
#include <statelang/test_runner/test_runner.h>

namespace golden {

// Scripts start at this instant: 2026-01-01T00:00:00Z.
constexpr int64_t kStartMs = 1767225600000;
inline constexpr std::string_view kMachineName = "golden";
inline constexpr std::string_view kExecutionName = "script";
inline constexpr std::string_view kTestCase = "answers";

struct Script {
  std::filesystem::path file;
  std::string about;       // the lines before the first part: what the script shows
  std::string definition;  // JSON
  std::string input = "{}";
  std::string answers = "{}";      // {state: [{"Return": …} or {"Throw": …}, …]}
  std::string objects = "{}";      // {"bucket/key": text}: what a Distributed Map reads
  std::optional<int64_t> stop_ms;  // after the start: StopExecution
  statelang::Failure stop_failure;
  std::string expected;  // the trace, with its end; compared as text

  std::string name() const { return file.stem().string(); }
};

// Reads a script; the error names the part that is wrong.
statelang::Expected<Script, std::string> read_script(const std::filesystem::path& file);
// All scripts of a folder, by name.
statelang::Expected<std::vector<Script>, std::string> read_scripts(const std::filesystem::path& folder);
// The file's text with `trace` as the expected part.
std::string with_trace(const Script& script, const std::string& trace);

statelang::Expected<std::shared_ptr<const statelang::Definition>, std::string> parse_definition(
    const Script& script);
statelang::Expected<statelang::test_runner::MockConfiguration, std::string> parse_answers(
    const Script& script);

// Plays a script in memory.
statelang::Expected<statelang::test_runner::Result, std::string> play(const Script& script);

// One line for each event and one for the end, as scripts have them.
std::string trace_of(const std::vector<statelang::HistoryEvent>& events, statelang::ExecutionStatus status);

// The first line that differs, for people; empty: none does.
std::string difference(const std::string& expected, const std::string& actual);

}  // namespace golden
