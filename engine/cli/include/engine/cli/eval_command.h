// `stepstream eval`: evaluates a JSONata expression or a JSONPath here, without a server. Without arguments
// it asks for expressions; with --batch it answers one JSON request per line (docs/guides/jsonata.md).
// Blocks; any thread, each with streams of its own.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace engine::cli {

struct EvalOptions {
  std::string expression;
  std::string expression_file;
  std::string path;
  std::string input;
  std::string bindings;
  bool no_input = false;
  bool plain = false;
  bool json = false;
  bool batch = false;
  uint32_t depth = 0;
  int64_t time_limit_ms = 0;
};

// Adds the command's options, which are read to `options`: it must live until they are parsed.
void define_eval(CLI::App& app, EvalOptions& options);

// `args` are those behind the word eval. Gives the exit status: 0 = done (an expression that fails is an
// answer, too, with --json and --batch), 1 = the expression failed, 2 = wrong arguments or unreadable files.
int run_eval(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err);

// The same with arguments that are read; `prompt`: ask for expressions, for there were none.
int run_eval(const EvalOptions& options, bool prompt, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace engine::cli
