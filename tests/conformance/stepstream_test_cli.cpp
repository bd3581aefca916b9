// `stepstream_test_cli test …`: the test command alone, so that conformance runs need no server in the
// program.
#include <iostream>
#include <string>
#include <vector>

#include <engine/cli/test_command.h>

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && args.front() == "test") args.erase(args.begin());
  return engine::cli::run_test(args, std::cin, std::cout, std::cerr, false);
}
