#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>

#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/stored_document.h>

namespace connectors::triggers {

using statelang::Value;

std::string encode_document(const StoredDocument& stored) {
  Value out = Value::object({{"created_ms", stored.created_ms}, {"updated_ms", stored.updated_ms}});
  out.set("document", stored.document);
  return statelang::to_json(out);
}

statelang::Expected<StoredDocument, std::string> decode_document(std::string_view text) {
  const auto stored = statelang::parse_json(text);
  const Value* document = stored ? stored->find("document") : nullptr;
  if (document == nullptr) return statelang::Unexpected<std::string>{"the stored document cannot be read"};
  const auto time_of = [&](const char* member) {
    const Value* time = stored->find(member);
    return time != nullptr && time->is_integer() ? time->as_integer() : 0;
  };
  return StoredDocument{*document, time_of("created_ms"), time_of("updated_ms")};
}

namespace {

// What was wrong; empty: nothing.
std::string put_file(const std::filesystem::path& file, const PutDocument& put) {
  std::ifstream in(file);
  const std::string json((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::promise<std::string> said;
  put(file.stem().string(), json, [&said](const engine::ApiResult<std::string>& result) {
    if (result) return said.set_value("");
    const std::string findings = sentence(result.error().diagnostics);
    said.set_value(findings.empty() ? result.error().message : findings);
  });
  return said.get_future().get();
}

}  // namespace

size_t put_directory(const std::string& folder, const PutDocument& put, std::vector<std::string>& problems) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error) problems.push_back(folder + ": " + error.message());
  std::sort(files.begin(), files.end());
  size_t stored = 0;
  for (const auto& file : files) {
    const std::string problem = put_file(file, put);
    stored += problem.empty();
    if (!problem.empty()) problems.push_back(file.string() + ": " + problem);
  }
  return stored;
}

}  // namespace connectors::triggers
