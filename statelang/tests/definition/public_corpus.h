// Definitions that others wrote, read from the corpus folder (STEPSTREAM_CORPUS, or ../shared/data beside the
// sources). Without it a test says so and passes.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

namespace statelang::public_corpus {

inline std::filesystem::path corpus(const std::string& folder) {
  const char* given = std::getenv("STEPSTREAM_CORPUS");
  const char* source = std::getenv("STEPSTREAM_SOURCE_DIR");
  const std::filesystem::path root =
      given ? std::filesystem::path(given)
            : std::filesystem::path(source ? source : ".") / ".." / "shared" / "data";
  return root / folder;
}

inline bool absent(const std::filesystem::path& folder) {
  if (std::filesystem::is_directory(folder)) return false;
  std::cout << "not checked: no public test data at " << folder << " (set STEPSTREAM_CORPUS)\n";
  return true;
}

inline std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What deployment tools put in: a partition inside an ARN, a function's ARN elsewhere; each placeholder its
// own.
inline std::string filled(const std::string& text) {
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

}  // namespace statelang::public_corpus
