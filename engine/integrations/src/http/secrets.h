// Secrets: texts that are kept outside the engine and named in documents, never written in them: {"env":
// NAME} is an environment variable of the server, {"file": NAME} a file in the server's folder of secrets.
// What can be named is fenced in, so that a workflow's author cannot send the server's other variables and
// files away: variables must begin with STEPSTREAM_SECRET_, files must lie in the folder itself.
// Thread rule: any thread. Read anew at each use, so that a changed secret counts at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/value.h>

namespace engine::integrations {

class Secrets {
 public:
  explicit Secrets(std::string folder) : folder_(std::move(folder)) {}

  // Empty: it is a reference to a secret. Otherwise what is wrong with it. Does not look whether it is there.
  std::string mistake(const statelang::Value& reference) const;
  // The error says what is missing, by name.
  statelang::Expected<std::string, std::string> read(const statelang::Value& reference) const;

 private:
  const std::string folder_;  // empty: no files
};

// Puts *** in the place of every secret in a text, also of its JSON-escaped and percent-encoded forms; texts
// shorter than four characters are left: they would be found everywhere.
class Redaction {
 public:
  void add(const std::string& secret);
  std::string clean(std::string text) const;

 private:
  std::vector<std::string> secrets_;
};

}  // namespace engine::integrations
