// How `--help` looks: an option's name, what it takes and what it is for, in two columns. What CLI11 would
// print besides (names of checks, exclusions, the word REQUIRED) is left to the usage line and to refusals.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace engine::cli {

// Choices are shown as A|B, defaults behind the description in [brackets]. Commands inherit it from their
// parent.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter();
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
};

// Lines longer than `columns` go on below, in the column of their description.
std::string wrapped_help(std::string_view text, size_t columns);

// " Did you mean "list"?" for the name among `known` that is nearest to `given`; empty when none is near.
std::string did_you_mean(std::string_view given, const std::vector<std::string>& known);

// The message of a wrong command line: CLI11's, or one that names the word that was probably meant.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error, int argc,
                          const char* const* argv);

// What to type for the help of the command that the line names: "stepstream alias put --help".
std::string help_of(const CLI::App& app, int argc, const char* const* argv);

}  // namespace engine::cli
