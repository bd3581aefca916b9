// Shell completion made from the command tree: commands, subcommands and options.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace engine::cli {

std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace engine::cli
