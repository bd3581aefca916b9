// `stepstream eval`: evaluates a JSONata expression or a JSONPath here, without a server. Without arguments
// it asks for expressions; with --batch it answers one JSON request per line (docs/guides/jsonata.md).
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace engine::cli {

// `args` are those behind the word eval. Gives the exit status: 0 = done (an expression that fails is an
// answer, too, with --json and --batch), 1 = the expression failed, 2 = wrong arguments or unreadable files.
int run_eval(std::vector<std::string> args, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace engine::cli
