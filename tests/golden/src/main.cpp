// golden_scripts [--rewrite] [--only NAME] [--coverage] FOLDER
// Plays every script and compares its whole history; with --rewrite writes what happened instead, for a
// person to read before it is committed; with --coverage says what of the language no script shows.
#include <cstdio>
#include <fstream>
#include <string_view>

#include "coverage.h"
#include "script.h"

namespace {

struct Request {
  bool rewrite = false, coverage = false;
  std::string only, folder;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return 1;
}

// 0: as expected or written; 1: not.
int check(const golden::Script& script, const statelang::test_runner::Result& result, bool rewrite) {
  const std::string trace = golden::trace_of(result.events, result.status);
  const std::string differs = golden::difference(script.expected, trace);
  if (differs.empty()) return 0;
  if (!rewrite) return complain(script.name() + ": " + differs);
  const std::string text = with_trace(script, trace);
  std::ofstream(script.file, std::ios::binary) << text;
  std::printf("%s: written\n", script.name().c_str());
  return 0;
}

int work(const Request& request) {
  const auto scripts = golden::read_scripts(request.folder);
  if (!scripts) return complain(scripts.error());
  golden::Coverage coverage;
  int played = 0, wrong = 0;
  for (const golden::Script& script : *scripts) {
    if (!request.only.empty() && script.name().find(request.only) == std::string::npos) continue;
    const auto result = golden::play(script);
    ++played;
    if (!result) {
      wrong += complain(result.error());
      continue;
    }
    if (request.coverage) {
      coverage.add(**parse_definition(script), script.definition, *result);
    } else {
      wrong += check(script, *result, request.rewrite);
    }
  }
  if (!request.coverage) {
    std::printf("%d of %d golden scripts as expected\n", played - wrong, played);
    return wrong == 0 && played > 0 ? 0 : 1;
  }
  const auto gaps = coverage.gaps();
  for (const std::string& gap : gaps) std::printf("no script shows: %s\n", gap.c_str());
  for (const std::string& wrong_row : golden::Coverage::table_errors()) {
    std::printf("table of fields: %s\n", wrong_row.c_str());
    ++wrong;
  }
  std::printf(
      "%zu of %zu (state type, event) and (state type, field, language, outcome) shown by %d scripts\n",
      coverage.wanted() - gaps.size(), coverage.wanted(), played);
  return wrong == 0 && gaps.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--rewrite") {
      request.rewrite = true;
    } else if (word == "--coverage") {
      request.coverage = true;
    } else if (word == "--only" && i + 1 < argc) {
      request.only = argv[++i];
    } else {
      request.folder = word;
    }
  }
  if (request.folder.empty()) return complain("golden_scripts [--rewrite] [--only NAME] [--coverage] FOLDER");
  return work(request);
}
