// validate: checks definitions without a server and prints every mistake with file, line, column and a
// picture of the place (docs/guides/validation.md). Blocks; any thread.
#pragma once

#include <string>
#include <vector>

#include <engine/cli/terminal.h>

namespace engine::cli {

struct ValidateOptions {
  std::vector<std::string> files;  // "-": standard input
  std::string type = "STANDARD";   // or EXPRESS
  bool express = false;            // the same as EXPRESS
  bool strict = false;
  bool json = false;
};
// kOk when no file has an error (warnings are printed), else kRefused.
int validate_files(const Terminal& terminal, const ValidateOptions& options);

}  // namespace engine::cli
