// Definitions that others wrote: the linter's own examples and workflows that people run. Read from the
// corpus folder (STEPSTREAM_CORPUS, or ../shared/data beside the sources); without it the tests say so and
// pass.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

namespace fs = std::filesystem;
using statelang::Definition;

namespace {

fs::path corpus(const std::string& folder) {
  const char* given = std::getenv("STEPSTREAM_CORPUS");
  const char* source = std::getenv("STEPSTREAM_SOURCE_DIR");
  const fs::path root = given ? fs::path(given) : fs::path(source ? source : ".") / ".." / "shared" / "data";
  return root / folder;
}

bool absent(const fs::path& folder) {
  if (fs::is_directory(folder)) return false;
  std::cout << "not checked: no public test data at " << folder << " (set STEPSTREAM_CORPUS)\n";
  return true;
}

std::string read(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What deployment tools put in: a partition inside an ARN, a function's ARN elsewhere; each placeholder its
// own.
std::string filled(const std::string& text) {
  std::string out;
  size_t from = 0;
  for (size_t at; (at = text.find("${", from)) != std::string::npos;) {
    const size_t end = text.find('}', at);
    if (end == std::string::npos) break;
    out.append(text, from, at - from);
    const bool partition = out.ends_with("arn:");
    out += partition ? "aws"
                     : "arn:aws:lambda:us-east-1:111111111111:function:" + text.substr(at + 2, end - at - 2);
    from = end + 1;
  }
  return out.append(text, from);
}

}  // namespace

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
