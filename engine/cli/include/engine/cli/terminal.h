// What the commands print: colours only on a terminal (and never with NO_COLOR), tables cut to its width,
// errors on stderr. Not thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace engine::cli {

enum class Style { Plain, Bold, Dim, Red, Green, Yellow, Blue };

class Terminal {
 public:
  Terminal();  // looks at stdout, NO_COLOR and the window
  Terminal(bool is_terminal, bool colours, size_t columns)
      : is_terminal_(is_terminal), colours_(colours), columns_(columns) {}

  bool is_terminal() const { return is_terminal_; }
  bool colours() const { return colours_; }
  size_t columns() const { return columns_; }
  std::string paint(Style style, std::string_view text) const;
  // Cut to `columns` with an ellipsis; only on a terminal, so that files and pipes get everything.
  std::string fit(std::string_view text, size_t columns) const;

  void print(std::string_view line) const;  // to stdout, with a line end
  void note(std::string_view line) const;   // to stderr
  void error(std::string_view line) const;  // to stderr: "stepstream: ..."

 private:
  bool is_terminal_;
  bool colours_;
  size_t columns_;
};

// Columns a text takes: code points, control characters as shown.
size_t width(std::string_view text);
// Line breaks and control characters made visible, so that data cannot drive the terminal.
std::string printable(std::string_view text);
std::string padded(std::string_view text, size_t columns);

struct Cell {
  std::string text;
  Style style = Style::Plain;
  std::string
      narrow{};  // stands for the text where the table is wider than the window; empty: the text itself
};
// Rows under a bold head, columns as wide as their widest cell. The last one is cut to the window, as far as
// something of it can be read; else its lines go on below.
void print_table(const Terminal& terminal, const std::vector<std::string>& head,
                 const std::vector<std::vector<Cell>>& rows);

}  // namespace engine::cli
