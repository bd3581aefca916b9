// Random: the only source of chance in a simulation; one seed, one course of events (SplitMix64).
#pragma once

#include <cstdint>
#include <string_view>

namespace simulation {

inline uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
inline uint64_t hash(std::string_view text, uint64_t seed = 0xCBF29CE484222325u) {
  for (char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return mix(seed);
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15u); }
  // [low, high]
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(next() % static_cast<uint64_t>(high - low + 1));
  }
  bool chance(int percent) { return between(1, 100) <= percent; }

 private:
  uint64_t state_;
};

}  // namespace simulation
