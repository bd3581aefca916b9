#include "line_source.h"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

namespace engine::cli {
namespace {

constexpr int kHistoryMax = 1000;

class PlainLines : public LineSource {
 public:
  PlainLines(std::istream& in, std::ostream& out) : in_(in), out_(out) {}

  std::optional<std::string> next(const std::string& prompt) override {
    out_ << prompt << std::flush;
    std::string line;
    if (!std::getline(in_, line)) return std::nullopt;
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }
  void remember(const std::string&) override {}

 private:
  std::istream& in_;
  std::ostream& out_;
};

class EditedLines : public LineSource {
 public:
  EditedLines(const std::string& program, std::string history_file)
      : editor_(el_init(program.c_str(), stdin, stdout, stderr)),
        history_(history_init()),
        history_file_(std::move(history_file)) {
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryMax);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, prompt_of);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_HIST, ::history, history_);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_source(editor_, nullptr);
    // While a line is edited Control-C is a key like others, not a signal.
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    // Wide, because the narrow form of this call copies both texts and never frees them.
    el_wset(editor_, EL_ADDFN, L"give-up-line", L"Gives up the line", give_up);
    el_set(editor_, EL_BIND, "^C", "give-up-line", nullptr);
  }
  ~EditedLines() override {
    history_end(history_);
    el_end(editor_);
  }
  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;

  std::optional<std::string> next(const std::string& prompt) override {
    prompt_ = prompt;
    given_up_ = false;
    int length = 0;
    // el_gets shows the prompt before it takes the terminal over: a Control-C or Control-D typed in between
    // would be the terminal's, not the line's.
    el_set(editor_, EL_PREP_TERM, 1);
    const char* text = el_gets(editor_, &length);
    if (given_up_) {
      std::fputs("^C\n", stdout);
      std::fflush(stdout);
      return std::string();
    }
    if (!text || length <= 0) {
      std::fputc('\n', stdout);
      return std::nullopt;
    }
    std::string line(text, static_cast<size_t>(length));
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    return line;
  }

  void remember(const std::string& line) override {
    HistEvent event;
    history(history_, &event, H_ENTER, line.c_str());
    if (history_file_.empty()) return;
    std::error_code failed;  // a history that cannot be kept is no reason to stop
    std::filesystem::create_directories(std::filesystem::path(history_file_).parent_path(), failed);
    const mode_t before = ::umask(0077);
    history(history_, &event, H_SAVE, history_file_.c_str());
    ::umask(before);
  }

 private:
  static EditedLines& self(EditLine* editor) {
    void* lines = nullptr;
    el_get(editor, EL_CLIENTDATA, &lines);
    return *static_cast<EditedLines*>(lines);
  }
  static char* prompt_of(EditLine* editor) { return self(editor).prompt_.data(); }
  static unsigned char give_up(EditLine* editor, wint_t) {
    self(editor).given_up_ = true;
    return CC_NEWLINE;
  }

  EditLine* const editor_;
  History* const history_;
  const std::string history_file_;
  std::string prompt_;
  bool given_up_ = false;
};

}  // namespace

std::unique_ptr<LineSource> plain_lines(std::istream& in, std::ostream& out) {
  return std::make_unique<PlainLines>(in, out);
}

std::unique_ptr<LineSource> edited_lines(const std::string& program, const std::string& history_file) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDOUT_FILENO)) return nullptr;
  return std::make_unique<EditedLines>(program, history_file);
}

}  // namespace engine::cli
