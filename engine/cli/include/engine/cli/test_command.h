// `stepstream test`: runs a definition here, in memory, with mocked task answers; no server, no waiting.
// Prints a history table, or with --json one object {"status", "output", "error", "cause", "events"} whose
// events are AWS's HistoryEvent. Not thread-safe.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <statelang/test_runner/test_runner.h>

namespace CLI {
class App;
}

namespace engine::cli {

struct TestOptions {
  std::string definition;
  std::string input;
  std::string mock_config;
  std::string object_root;
  std::string type = "STANDARD";
  statelang::test_runner::Options options;
  bool json = false;
};

// Adds the command's options, which are read to `to`: it must live until they are parsed.
void define_test(CLI::App& app, TestOptions& to);

// `args` come after the word `test`; `in` is read for the file name "-". Gives an ExitCode: kOk when the
// execution succeeded, kRefused when it ended otherwise, did not end, or the definition is invalid, kUsage
// for wrong arguments and files that cannot be read.
int run_test(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err,
             bool colours);
int run_test(TestOptions arguments, std::istream& in, std::ostream& out, std::ostream& err, bool colours);

}  // namespace engine::cli
