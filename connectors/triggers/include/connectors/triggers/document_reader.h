// DocumentReader: takes the members of one JSON object apart and notes everything that is wrong with it, each
// finding with its JSON pointer, so that the writer of a trigger sees all of them at once.
// Single thread; the object must outlive the reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::triggers {

class DocumentReader {
 public:
  // `pointer` is where `value` stands in the whole document. A value that is no object is a finding; every
  // member then reads as absent.
  DocumentReader(const statelang::Value& value, std::string pointer,
                 std::vector<statelang::Diagnostic>& findings);

  bool has(std::string_view key) const;
  // Each marks the member as known. Absent: nothing, without a finding; another type: a finding.
  const statelang::Value* any(std::string_view key);
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  std::optional<int64_t> number(std::string_view key, int64_t min, int64_t max);
  std::optional<std::string> one_of(std::string_view key, std::initializer_list<std::string_view> choices);
  const statelang::Value* object(std::string_view key);
  const statelang::Value* array(std::string_view key);
  void require(std::string_view key);
  // A finding for every member that nobody asked for. Call it last.
  void refuse_unknown();

  void complain(std::string_view key, std::string message, std::string hint = "");
  std::string pointer_to(std::string_view key) const;

 private:
  const statelang::Value* object_;
  std::string pointer_;
  std::vector<statelang::Diagnostic>& findings_;
  std::vector<std::string> known_;
};

// The document of a trigger or sink. Not JSON, a key twice, deeper than 100: the one finding INVALID_JSON.
statelang::Expected<statelang::Value, std::vector<statelang::Diagnostic>> read_document(
    std::string_view json);

// The findings as one line, for a log.
std::string sentence(const std::vector<statelang::Diagnostic>& findings);

}  // namespace connectors::triggers
