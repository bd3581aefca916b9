// What is wrong with a definition, for people: file, line and column, the message, a picture of the place.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <engine/cli/terminal.h>
#include <statelang/failure.h>

#include "source_places.h"

namespace engine::cli {

// In the order of the text. `places`: where each is. `put` takes one line after another.
void print_findings(const Terminal& terminal, const std::string& file, const std::string& text,
                    const std::vector<statelang::Diagnostic>& findings,
                    const std::vector<SourcePlace>& places, const std::function<void(std::string_view)>& put);
// To standard error, where a command was refused because of them.
void note_findings(const Terminal& terminal, const std::string& file, const std::string& text,
                   const std::vector<statelang::Diagnostic>& findings);

// Whether the text is JSON; otherwise `put` has been told where it is not.
bool is_json(const Terminal& terminal, const std::string& file, const std::string& text,
             const std::function<void(std::string_view)>& put);

}  // namespace engine::cli
