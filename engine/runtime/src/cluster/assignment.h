// Which node runs which partition. Every node that sees the same list of nodes comes to the same answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace engine::runtime::cluster {

// For each partition its node: rendezvous hashing, so that few partitions move when a node comes or goes, but
// no node gets more than its share. `nodes`: ascending, none twice; empty: nobody's (0).
std::vector<uint32_t> assign(uint16_t partitions, const std::vector<uint32_t>& nodes);

}  // namespace engine::runtime::cluster
