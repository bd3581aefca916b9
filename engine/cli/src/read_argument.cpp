#include "read_argument.h"

#include <fstream>
#include <iostream>
#include <sstream>

namespace engine::cli {

bool read_argument(const std::string& given, std::istream& in, std::ostream& err, std::string& text) {
  if (given.starts_with('{') || given.starts_with('[')) {
    text = given;
    return true;
  }
  const std::string name = given.starts_with('@') ? given.substr(1) : given;
  std::ostringstream all;
  if (name == "-") {
    all << in.rdbuf();
  } else {
    std::ifstream file(name, std::ios::binary);
    if (!file || !(all << file.rdbuf())) {
      err << "stepstream: " << name << ": cannot be read\n";
      return false;
    }
  }
  text = std::move(all).str();
  return true;
}

}  // namespace engine::cli
