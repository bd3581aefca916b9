// Input: a timestamp. What is accepted is a valid instant, and its text in milliseconds reads back to it.
#include <cstdlib>

#include <statelang/timestamps/timestamp.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace statelang::timestamps;
  const auto time = parse({reinterpret_cast<const char*>(data), size});
  if (!time) return 0;
  if (time->nanoseconds < 0 || time->nanoseconds > 999'999'999) std::abort();
  if (time->seconds > 9'000'000'000'000'000 || time->seconds < -9'000'000'000'000'000)
    return 0;  // milliseconds end
  const auto again = parse(format_epoch_ms(time->epoch_ms()));
  if (!again || again->epoch_ms() != time->epoch_ms()) std::abort();
  const auto fixed = parse(format_epoch_ms_fixed(time->epoch_ms()));
  if (!fixed || fixed != again) std::abort();
  return 0;
}
