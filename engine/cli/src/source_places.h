// From JSON pointers to places in the text, for messages that people and editors can follow, and the picture
// of a place. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/failure.h>

namespace engine::cli {

struct SourcePlace {
  size_t offset = 0;      // of its first byte
  size_t length = 0;      // in bytes; 0 at the end of the text
  size_t line_start = 0;  // offset of the line's first byte
  size_t line = 1;
  size_t column = 1;  // in characters, from 1
};

struct PlaceWanted {
  std::string pointer;
  bool name = false;             // the member's name instead of its value
  std::optional<size_t> offset;  // the byte itself, for text that is no JSON
};

// The places in the order asked for. What is not there is its nearest ancestor; an object or list that is a
// member is shown by its name. One pass over the text, however many places are wanted.
std::vector<SourcePlace> find_places(std::string_view text, const std::vector<PlaceWanted>& wanted);
std::vector<SourcePlace> find_places(std::string_view text,
                                     const std::vector<statelang::Diagnostic>& diagnostics);

// The line of the place and a line that underlines it, `^~~~`; long lines are cut around the place to
// `columns`. Control characters are made harmless.
struct Picture {
  std::string text;
  std::string underline;
};
Picture picture_of(std::string_view text, const SourcePlace& place, size_t columns);

}  // namespace engine::cli
