#include <cstdlib>
#include <fstream>
#include <iterator>

#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/secret_reference.h>

namespace connectors::triggers {

namespace {
constexpr size_t kSecretBytesMax = 4096;
}

SecretReference read_secret_reference(const statelang::Value& value, std::string_view pointer,
                                      std::vector<statelang::Diagnostic>& findings) {
  DocumentReader reader(value, std::string(pointer), findings);
  SecretReference reference{reader.text("env").value_or(""), reader.text("file").value_or("")};
  if (value.is_object() && reference.variable.empty() == reference.file.empty()) {
    reader.complain("", "must have either env or file", "secrets are named here, not written");
  }
  reader.refuse_unknown();
  return reference;
}

std::string read_secret(const SecretReference& reference, std::string& problem) {
  std::string secret;
  if (!reference.variable.empty()) {
    const char* value = std::getenv(reference.variable.c_str());
    if (value != nullptr) secret = value;
  } else {
    std::ifstream file(reference.file, std::ios::binary);
    secret.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (secret.size() > kSecretBytesMax) secret.clear();
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  }
  if (secret.empty()) {
    problem = "no secret in " + (reference.variable.empty() ? "file " + reference.file
                                                            : "environment variable " + reference.variable);
  }
  return secret;
}

}  // namespace connectors::triggers
