// Definitions that others wrote: the linter's own examples and workflows that people run. Read from the
// corpus folder (STEPSTREAM_CORPUS, or ../shared/data beside the sources); without it the tests say so and
// pass.
#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

#include "public_corpus.h"

namespace fs = std::filesystem;
using statelang::Definition;
using namespace statelang::public_corpus;

TEST_CASE("public definitions: the linter's verdicts are ours") {
  const fs::path folder = corpus("statelint");
  if (absent(folder)) return;
  // AWS refuses Credentials without RoleArn; the linter does not look.
  const std::vector<std::string> stricter_than_linter{"task-with-credentials.json"};
  const auto expected = statelang::parse_json(read(folder / "expected.json"));
  REQUIRE(expected);
  size_t checked = 0;
  for (const auto& [name, verdict] : expected->as_object()) {
    const std::string file(name.as_string());
    if (std::count(stricter_than_linter.begin(), stricter_than_linter.end(), file) != 0) continue;
    INFO(file);
    const bool wrong = verdict.find("problems")->as_integer() > 0;
    CHECK(statelang::has_errors(Definition::validate(read(folder / file))) == wrong);
    ++checked;
  }
  CHECK(checked > 0);
}

TEST_CASE("public definitions: workflows in use are accepted") {
  const fs::path folder = corpus("asl_samples");
  if (absent(folder)) return;
  size_t checked = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    INFO(entry.path().filename().string());
    std::string findings;
    for (const auto& finding : Definition::validate(filled(read(entry.path())))) {
      if (finding.severity == statelang::Diagnostic::Severity::Error) {
        findings += finding.code + ": " + finding.message + " at " + finding.location + "\n";
      }
    }
    CHECK(findings == "");
    ++checked;
  }
  CHECK(checked > 0);
}
