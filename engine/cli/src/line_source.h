// Lines that a person types, or that come through a pipe. One thread.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

namespace engine::cli {

class LineSource {
 public:
  virtual ~LineSource() = default;
  // The next line without its end; none at the end of the input (Control-D). Shows `prompt` before it.
  // Control-C gives up the line that is being typed: an empty one is returned.
  virtual std::optional<std::string> next(const std::string& prompt) = 0;
  // Keeps the line for the arrow keys, and for the next time.
  virtual void remember(const std::string& line) = 0;
};

// Lines of `in`; prompts go to `out`.
std::unique_ptr<LineSource> plain_lines(std::istream& in, std::ostream& out);

// Lines of the process's own terminal, edited as in a shell (libedit; ~/.editrc holds), with the history of
// earlier sessions from `history_file` (empty: none; made with its folders, for its owner alone). Null when
// standard input or output is no terminal.
std::unique_ptr<LineSource> edited_lines(const std::string& program, const std::string& history_file);

}  // namespace engine::cli
