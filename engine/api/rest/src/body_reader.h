// BodyReader: reads the JSON object of a request's body without building it: members are slices of the text,
// so that payloads go on to the engine byte by byte as they came (member order, number text).
//
// Every mistake becomes a Finding; finish() sends them all in one problem document.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <engine/api/http/problem.h>
#include <engine/wire/json_text.h>

namespace engine::rest {

using wire::json_items;
using wire::json_members;
using wire::json_string;

class BodyReader {
 public:
  // `text` is an object, or empty (no members). It must outlive the reader.
  explicit BodyReader(std::string_view text);
  // A part of a body: the object `text` at `pointer`, already known to be valid JSON.
  BodyReader(std::string_view text, std::string pointer);

  bool has(std::string_view name) { return find(name).has_value(); }
  std::string text(std::string_view name, size_t bytes_max, std::string fallback = {});
  std::string required_text(std::string_view name, size_t bytes_max);
  int64_t integer(std::string_view name, int64_t least, int64_t most, int64_t fallback);
  // Seconds with fractions, as milliseconds.
  int64_t seconds_as_ms(std::string_view name, int64_t most_seconds);
  bool boolean(std::string_view name, bool fallback);
  // The member's JSON text as it came.
  std::optional<std::string_view> value(std::string_view name) { return find(name); }
  std::vector<std::string_view> items(std::string_view name, size_t items_max);

  void wrong(std::string_view name, std::string message, std::string hint = {});
  // Findings about this body, unknown members included, as a problem; absent when there are none. To be asked
  // after all members were read.
  std::optional<http::Problem> problem();
  std::vector<http::Finding> take_findings();
  // Takes over what was found in a part of this body, all of whose members were read.
  void adopt(BodyReader& part);

 private:
  struct Member {
    std::string name;
    std::string_view value;
    bool read = false;
  };
  void load(std::string_view text);
  std::optional<std::string_view> find(std::string_view name);

  std::string pointer_;
  std::vector<Member> members_;
  std::vector<std::string> known_;
  std::vector<http::Finding> findings_;
  bool malformed_ = false;
};

// The required member `definition`: as JSON, or as a string that holds JSON.
std::string read_definition(BodyReader& body);

}  // namespace engine::rest
