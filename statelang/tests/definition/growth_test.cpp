// Validation costs what the text costs: four times the states and mistakes, about four times the work.
// Measured in processor time, so that a busy machine does not matter; a quadratic step would show as sixteen
// times.
#include <algorithm>
#include <ctime>
#include <iostream>

#include <catch2/catch.hpp>

#include <statelang/definition/definition.h>

namespace {

// States with three mistakes each and a variable, half of them inside branches.
std::string faulty(int states) {
  std::string text = R"({"StartAt":"S0","States":{)";
  for (int i = 0; i < states; ++i) {
    const std::string n = std::to_string(i);
    text += (i ? ",\"S" : "\"S") + n + "\":";
    if (i % 2 == 0) {
      text +=
          R"({"Type":"Pass","Assign":{"v)" + n + R"(":1},"Colour":1,"ResultPath":"x","Next":"T)" + n + "\"}";
    } else {
      text += R"({"Type":"Parallel","End":true,"Assign":{"v)" + n + R"(":1},"Branches":[{"StartAt":"I)" + n +
              R"(","States":{"I)" + n + R"(":{"Type":"Pass","End":true,"Assign":{"v)" + n +
              R"(":"$.x"}}}}]})";
    }
  }
  return text + "}}";
}

double seconds(const std::string& text, size_t& findings) {
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    const std::clock_t start = std::clock();
    findings = statelang::Definition::validate(text).size();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return best;
}

}  // namespace

TEST_CASE("growth: thousands of states with thousands of mistakes cost no more than their text") {
  size_t few = 0, many = 0;
  const std::string small = faulty(2000), big = faulty(8000);
  const double one = seconds(small, few), four = seconds(big, many);
  std::cout << "validated " << big.size() << " bytes with " << many << " findings in " << four * 1000
            << " ms (" << small.size() << " bytes: " << one * 1000 << " ms)\n";
  CHECK(few > 6000);
  CHECK(many > 24000);
  CHECK(four < 9 * one + 0.05);
}
