// Input: a path, optionally a line break and a JSON document. No text may crash the parser or the evaluator,
// and what a reference path was written to reads back.
#include <cstdlib>

#include <statelang/json_path/path.h>

namespace {

constexpr size_t kVisitsMax = 100'000;

const statelang::Value& standard_document() {
  static const statelang::Value document = *statelang::parse_json(
      R"json({"a":{"b":[1,2.5,"x",null,true],"c":{"d":"text"}},"l":[{"k":1,"s":"ab"},{"k":2,"s":"cd","t":["x"]}],"":0})json");
  return document;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t line = bytes.find('\n');
  const auto path = statelang::json_path::Path::parse(bytes.substr(0, line));
  if (!path) return 0;
  statelang::Value input = standard_document();
  if (line != std::string_view::npos) {
    if (auto own = statelang::parse_json(bytes.substr(line + 1), {.depth_max = 100})) input = std::move(*own);
  }
  const statelang::json_path::Roots roots{&input, &input, nullptr};
  auto value = path->evaluate(roots, kVisitsMax);
  if (value && !path->is_definite() && !value->is_array()) std::abort();
  // The text of a path is the path.
  const auto again = statelang::json_path::Path::parse(path->text());
  if (!again || again->text() != path->text()) std::abort();
  auto written = write(*path, input, statelang::Value("written"));
  if (!written) return 0;
  const statelang::Value* found = path->find({&*written, nullptr, nullptr});
  if (!found || !(*found == statelang::Value("written"))) std::abort();
  return 0;
}
