// The items of a text that is in memory already.
#include <algorithm>

#include <statelang/map_run/item_parser.h>

#include "formats.h"

namespace statelang::map_run {
namespace {

class MemoryReader : public ObjectReader {
 public:
  explicit MemoryReader(std::string_view bytes) : bytes_(bytes) {}

  Expected<size_t, std::string> read(char* to, size_t capacity) override {
    const size_t count = bytes_.copy(to, capacity);
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
};

}  // namespace

Expected<Array, Failure> parse_items(std::string_view bytes, const Value& config, int64_t items_max) {
  auto source = file_items(std::make_unique<TextInput>(std::make_unique<MemoryReader>(bytes)), config);
  if (!source) return Unexpected{source.error()};
  return next_items(**source, items_max > 0 ? static_cast<size_t>(items_max) : SIZE_MAX);
}

}  // namespace statelang::map_run
