// What `test` and `eval` are given to read.
#pragma once

#include <iosfwd>
#include <string>

namespace engine::cli {

// `given` is a file, @FILE, - for `in`, or JSON itself when it begins as an object or an array. When it
// cannot be read: a line in `err`, false.
bool read_argument(const std::string& given, std::istream& in, std::ostream& err, std::string& text);

}  // namespace engine::cli
