#include "assignment.h"

#include <unordered_map>

namespace engine::runtime::cluster {

namespace {

// SplitMix64's finish: each bit of the input changes half of the output's.
uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

}  // namespace

std::vector<uint32_t> assign(uint16_t partitions, const std::vector<uint32_t>& nodes) {
  std::vector<uint32_t> owners(partitions, 0);
  if (nodes.empty()) return owners;
  const std::size_t share = (partitions + nodes.size() - 1) / nodes.size();
  std::unordered_map<uint32_t, std::size_t> held;
  for (uint16_t partition = 0; partition < partitions; ++partition) {
    uint64_t best = 0;
    bool found = false;
    for (const uint32_t node : nodes) {
      if (held[node] >= share) continue;
      const uint64_t score = mixed((static_cast<uint64_t>(node) << 16 | partition) + 0x9E3779B97F4A7C15u);
      if (found && score <= best) continue;
      found = true;
      best = score;
      owners[partition] = node;
    }
    ++held[owners[partition]];
  }
  return owners;
}

}  // namespace engine::runtime::cluster
