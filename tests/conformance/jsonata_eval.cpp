// `stepstream eval` as a program of its own, for the JSONata corpus: drops the word eval when it is given.
#include <iostream>

#include <engine/cli/eval_command.h>

int main(int argc, char** argv) {
  std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && args.front() == "eval") args.erase(args.begin());
  std::ios::sync_with_stdio(false);
  return engine::cli::run_eval(std::move(args), std::cin, std::cout, std::cerr);
}
