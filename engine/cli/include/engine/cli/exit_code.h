// How the command ends. Scripts rely on these numbers; `stepstream --help` and
// docs/guides/command_line.md list them. Frozen: new ones get new numbers.
#pragma once

namespace engine::cli {

enum ExitCode : int {
  kOk = 0,
  kRefused = 1,      // the answer is no: invalid definition, unknown name, failed execution
  kUsage = 2,        // the command line is wrong
  kUnreachable = 3,  // no server answers
  kUnavailable = 4,  // the server cannot start: directory in use, port in use, damaged data
};

}  // namespace engine::cli
