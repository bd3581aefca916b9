#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include <sys/ioctl.h>
#include <unistd.h>

#include <engine/cli/terminal.h>

namespace engine::cli {
namespace {

constexpr size_t kColumnsUnknown = 100;

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

std::string_view code(Style style) {
  switch (style) {
    case Style::Bold:
      return "\x1b[1m";
    case Style::Dim:
      return "\x1b[2m";
    case Style::Red:
      return "\x1b[31m";
    case Style::Green:
      return "\x1b[32m";
    case Style::Yellow:
      return "\x1b[33m";
    case Style::Blue:
      return "\x1b[34m";
    case Style::Plain:
      break;
  }
  return "";
}

void put(std::FILE* file, std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), file);
  std::fputc('\n', file);
}

}  // namespace

Terminal::Terminal() : is_terminal_(::isatty(STDOUT_FILENO) == 1), columns_(kColumnsUnknown) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  colours_ = is_terminal_ && !(no_color && *no_color) && !(term && std::string_view(term) == "dumb");
  winsize size{};
  if (is_terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    columns_ = size.ws_col;
}

std::string Terminal::paint(Style style, std::string_view text) const {
  if (!colours_ || style == Style::Plain) return std::string(text);
  std::string out(code(style));
  return (out += text) += "\x1b[0m";
}

std::string Terminal::fit(std::string_view text, size_t columns) const {
  if (!is_terminal_ || width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  size_t end = 0;
  for (size_t taken = 0; end < text.size(); ++end) {
    if (continues(text[end])) continue;
    if (++taken == columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

void Terminal::print(std::string_view line) const {
  put(stdout, line);
}
void Terminal::note(std::string_view line) const {
  std::fflush(stdout);
  put(stderr, line);
}
void Terminal::error(std::string_view line) const {
  note("stepstream: " + std::string(line));
}

size_t width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string printable(std::string_view text) {
  static const char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::string padded(std::string_view text, size_t columns) {
  std::string out(text);
  const size_t taken = width(text);
  if (taken < columns) out.append(columns - taken, ' ');
  return out;
}

namespace {

constexpr size_t kReadableColumns = 8;

using Rows = std::vector<std::vector<Cell>>;

std::vector<size_t> widths_of(const std::vector<std::string>& head, const Rows& rows) {
  std::vector<size_t> widths;
  for (const std::string& title : head) widths.push_back(width(title));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].text));
  }
  return widths;
}

// With two spaces between the columns.
size_t total(const std::vector<size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), 2 * (widths.size() - 1));
}

}  // namespace

void print_table(const Terminal& terminal, const std::vector<std::string>& head,
                 const std::vector<std::vector<Cell>>& given) {
  Rows rows = given;
  std::vector<size_t> widths = widths_of(head, rows);
  if (terminal.is_terminal() && total(widths) > terminal.columns()) {
    for (auto& row : rows) {
      for (Cell& cell : row) {
        if (!cell.narrow.empty()) cell.text = cell.narrow;
      }
    }
    widths = widths_of(head, rows);
  }
  const size_t before_last = total(widths) - widths.back();
  size_t room = terminal.columns() > before_last ? terminal.columns() - before_last : 0;
  if (room < std::min(widths.back(), kReadableColumns)) room = widths.back();
  const auto line = [&](const auto& style_of, const auto& text_of) {
    std::string out;
    for (size_t i = 0; i < head.size(); ++i) {
      const bool last = i + 1 == head.size();
      const std::string text = last ? terminal.fit(text_of(i), room) : padded(text_of(i), widths[i]);
      out += terminal.paint(style_of(i), text);
      if (!last) out += "  ";
    }
    terminal.print(out);
  };
  line([](size_t) { return Style::Bold; }, [&](size_t i) { return head[i]; });
  for (const auto& row : rows) {
    line([&](size_t i) { return row[i].style; }, [&](size_t i) { return row[i].text; });
  }
}

}  // namespace engine::cli
