// What AWS said to definitions when they were created or validated, read from the corpus folder
// (STEPSTREAM_CORPUS, or ../shared/data beside the sources); without it the test says so and passes.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

#include "public_corpus.h"

namespace fs = std::filesystem;
using statelang::Definition;
using statelang::Diagnostic;
using statelang::Value;

namespace {

fs::path cases() {
  return statelang::public_corpus::corpus("sfn_conformance/cases");
}

std::string text_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

// Every recorded case of one kind.
void each(std::string_view kind, const std::function<void(const Value&)>& use) {
  for (const auto& file : fs::directory_iterator(cases())) {
    std::ifstream lines(file.path());
    for (std::string line; std::getline(lines, line);) {
      const auto one = statelang::parse_json(line);
      if (one && text_of(*one, "kind") == kind) use(*one);
    }
  }
}

std::string definition_text(const Value& machine) {
  const std::string text = text_of(machine, "definition_text");
  const Value* json = machine.find("definition");
  return text.empty() && json ? statelang::to_json(*json) : text;
}

// One line per finding: "CODE message at location".
std::string listed(const std::vector<Diagnostic>& found) {
  std::string out;
  for (const auto& d : found) {
    if (d.severity == Diagnostic::Severity::Error)
      out += d.code + " " + d.message + " at " + d.location + "\n";
  }
  return out;
}

std::string listed(const Value& diagnostics) {
  std::string out;
  for (const Value& d : diagnostics.as_array()) {
    out += text_of(d, "code") + " " + text_of(d, "message") + " at " + text_of(d, "location") + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("recorded findings: validation answers as AWS, text by text") {
  if (statelang::public_corpus::absent(cases())) return;
  size_t checked = 0;
  each("validation", [&](const Value& one) {
    INFO(text_of(one, "id"));
    const Value& asked = (*one.find("test_state"))[0];
    const Value* expected = one.find("expected")->find("validation_response");
    REQUIRE(expected);
    const auto found =
        Definition::validate(definition_text(asked), {.express = text_of(asked, "type") == "EXPRESS"});
    CHECK(listed(found) == listed(*expected->find("diagnostics")));
    ++checked;
  });
  CHECK(checked > 0);
  std::cout << "recorded validation answers compared: " << checked << "\n";
}

TEST_CASE("recorded findings: definitions that AWS refused are refused in its words") {
  if (statelang::public_corpus::absent(cases())) return;
  size_t checked = 0;
  each("create_error", [&](const Value& one) {
    INFO(text_of(one, "id"));
    const std::string expected = statelang::to_json(*one.find("expected"));
    const size_t begin = expected.find("Invalid State Machine Definition: '");
    if (begin == std::string::npos) return;  // refused for something else than its definition
    const auto parsed = Definition::parse(definition_text((*one.find("state_machines"))[0]));
    REQUIRE_FALSE(parsed);
    const std::string message = statelang::invalid_definition_message(parsed.error());
    CHECK(expected.substr(begin, message.size()) == message);
    ++checked;
  });
  CHECK(checked > 0);
  std::cout << "recorded refusals compared: " << checked << "\n";
}
