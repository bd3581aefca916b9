// Short ways to ask run() and to look at what it says.
#pragma once

#include <string>

#include <catch2/catch.hpp>

#include <statelang/test_state/test_state.h>

namespace statelang::test_state {

inline Request asked(std::string state, std::string input = "{}") {
  Request request;
  request.definition = std::move(state);
  request.input = std::move(input);
  return request;
}

inline Request mocked(std::string state, std::string result, std::string input = "{}") {
  Request request = asked(std::move(state), std::move(input));
  request.mock = Mock{std::move(result), std::nullopt, FieldValidation::Strict};
  return request;
}

inline Request failing(std::string state, std::string error, std::string input = "{}") {
  Request request = asked(std::move(state), std::move(input));
  request.mock = Mock{std::nullopt, Failure{std::move(error), "why"}, FieldValidation::Strict};
  return request;
}

inline Result good(const Request& request) {
  auto result = run(request);
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

inline Refusal refused(const Request& request) {
  const auto result = run(request);
  REQUIRE(!result);
  return result.error();
}

// "input={} afterInputPath={} ..."
inline std::string steps(const Result& result) {
  std::string out;
  for (const auto& [name, payload] : result.inspection.data) {
    out += (out.empty() ? "" : " ") + name + "=" + payload.text();
  }
  return out;
}

inline std::string output(const Result& result) {
  return result.output ? result.output->text() : "none";
}

inline const Payload* step_of(const Result& result, std::string_view wanted) {
  for (const auto& [name, payload] : result.inspection.data) {
    if (name == wanted) return &payload;
  }
  return nullptr;
}

}  // namespace statelang::test_state
