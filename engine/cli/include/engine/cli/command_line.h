// CommandLine: the whole of `stepstream`, read by CLI11. The commands that talk to a server are built in; the
// program adds what runs here (server, validate, eval, test) by local_command(). Wrong arguments
// give kUsage, never an exception. One thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace engine::cli {

class CommandLine {
 public:
  explicit CommandLine(std::string version);
  ~CommandLine();

  // A command of its own group: `define` adds its options, the function it returns runs it and gives the exit
  // code.
  using Run = std::function<int()>;
  void local_command(const std::string& name, const std::string& description,
                     const std::function<Run(CLI::App&)>& define);

  // Reads the arguments, runs the command, gives the ExitCode. Call once.
  int run(int argc, const char* const* argv);

 private:
  struct Content;
  std::unique_ptr<Content> content_;
};

}  // namespace engine::cli
