// Secrets of trigger documents: named there ({"env": NAME} or {"file": PATH}), never written in them.
// Thread rule: any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::triggers {

// Where a secret is kept; never the secret itself.
struct SecretReference {
  std::string variable;  // of the environment, or
  std::string file;      // its content without the line end
};

// `pointer`: of `value` in its document, for the findings.
SecretReference read_secret_reference(const statelang::Value& value, std::string_view pointer,
                                      std::vector<statelang::Diagnostic>& findings);

// The secret as it is now, so that a rotation needs no restart, at most 4,096 bytes. Empty when there is
// none: `problem` says so then (the reference, not the content).
std::string read_secret(const SecretReference& reference, std::string& problem);

}  // namespace connectors::triggers
