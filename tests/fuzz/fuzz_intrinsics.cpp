// Input: an intrinsic call, optionally a line break and a JSON document. No text may crash the parser or a
// function, and every result can be written as JSON and read back.
#include <cstdlib>

#include <statelang/intrinsics/intrinsic.h>

namespace {

class Sequence : public statelang::intrinsics::RandomSource {
 public:
  uint64_t next() override { return state_ = state_ * 6364136223846793005ull + 1442695040888963407ull; }

 private:
  uint64_t state_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t line = bytes.find('\n');
  const auto call = statelang::intrinsics::Call::parse(bytes.substr(0, line));
  if (!call) return 0;
  statelang::Value input =
      statelang::Value::object({{"a", statelang::Value::array({1, "x", nullptr})}, {"s", "te,xt"}});
  if (line != std::string_view::npos) {
    if (auto own = statelang::parse_json(bytes.substr(line + 1), {.depth_max = 100})) input = std::move(*own);
  }
  Sequence random;
  const auto value = call->evaluate({{&input, &input, nullptr}, &random});
  if (!value) return 0;
  if (value->is_undefined()) std::abort();
  // Broken UTF-8 in the call itself stays broken in the result; anything else reads back.
  for (char c : bytes) {
    if (static_cast<unsigned char>(c) >= 0x80) return 0;
  }
  if (!statelang::parse_json(statelang::to_json(*value))) std::abort();
  return 0;
}
