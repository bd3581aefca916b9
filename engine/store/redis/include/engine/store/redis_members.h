// RedisMembers: which nodes are alive. Each says so twice a second; one that has been silent for kSilentMs is
// gone. Redis's clock decides, not the nodes'. Whoever is taken for dead while it lives changes nothing any
// more: commits are fenced (docs/durability.md); this is about speed, not about safety.
//
// Thread rule: any thread; `changed` runs on a thread of this object's own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <engine/store/redis_store.h>

namespace engine::store {

class RedisMembers {
 public:
  static constexpr int64_t kBeatMs = 500;
  static constexpr int64_t kSilentMs = 2'500;

  using Changed = std::function<void(std::vector<uint32_t> nodes)>;  // ascending, the own one among them
  // Joins. Waits for a former life of the same node to be forgotten; Permanent: another process is that node.
  static Expected<std::unique_ptr<RedisMembers>> open(RedisSettings settings, uint32_t node, Changed changed);
  virtual ~RedisMembers() = default;  // without leave(): as a crash

  virtual std::vector<uint32_t> nodes() const = 0;
  // Looks now: somebody has come or gone.
  virtual void look() = 0;
  // Off the list at once. Blocks for one answer of Redis at most.
  virtual void leave() = 0;
};

}  // namespace engine::store
