// StoredDocument: how the catalog keeps what people write as documents, triggers and sinks
// (docs/formats/catalog.md), and how a folder of such documents is put in force. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/runtime/engine.h>
#include <statelang/expected.h>
#include <statelang/value.h>

namespace connectors::triggers {

struct StoredDocument {
  statelang::Value document;  // as its writer gave it
  int64_t created_ms = 0;     // Unix time
  int64_t updated_ms = 0;
};
std::string encode_document(const StoredDocument& stored);
// The error says in words that the text is none.
statelang::Expected<StoredDocument, std::string> decode_document(std::string_view text);

// Puts each NAME.json of `folder` under NAME, in the order of names, and waits for each answer; do not call
// it where the answers come from. Gives how many were put; what is wrong with the others, or with the folder,
// goes to `problems`.
using PutDocument = std::function<void(const std::string& name, const std::string& json,
                                       engine::ApiCallback<std::string> done)>;
size_t put_directory(const std::string& folder, const PutDocument& put, std::vector<std::string>& problems);

}  // namespace connectors::triggers
