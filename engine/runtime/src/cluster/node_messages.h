// What nodes tell each other over channels, and its bytes (docs/formats/node_channel.md). Nothing here is
// relied upon: a message that is lost costs its caller a wait, never a transition. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <engine/core/action.h>
#include <engine/runtime/engine.h>

namespace engine::runtime::cluster {

// To the node that appended the records.
struct Replies {
  std::vector<core::Reply> replies;
};
// To all: what a batch has changed.
struct Changes {
  uint16_t partition = 0;
  bool restarted = false;  // began anew: synchronous executions that ran in its memory are gone
  std::vector<core::ExecutionChanged> executions;
  std::vector<std::string> catalog_keys;
};
// To all: look at the list of nodes.
struct MembersChanged {};
// To all: a worker waits here for tasks of this queue.
struct PollBegun {
  uint64_t poll = 0;
  std::string queue;
  std::string worker;
  uint32_t tasks_max = 1;
  int64_t wait_ms = 0;
  bool leased = true;
};
struct PollEnded {
  uint64_t poll = 0;
};
// To the node with the poll.
struct PollAnswered {
  uint64_t poll = 0;
  std::vector<PolledTask> tasks;
};
// To the node the tasks came from: nobody takes them any more.
struct TasksReturned {
  std::vector<core::TaskId> tasks;
};
// To all: the worker still has them.
struct LeasesRenewed {
  std::vector<core::TaskId> tasks;
};
// To all: its new owner has applied, and answered, all that was in the log before it.
struct PartitionOpened {
  uint16_t partition = 0;
};

using NodeMessage = std::variant<Replies, Changes, MembersChanged, PollBegun, PollEnded, PollAnswered,
                                 TasksReturned, LeasesRenewed, PartitionOpened>;

std::string encode(uint32_t from, const NodeMessage& message);
struct Received {
  uint32_t from = 0;
  NodeMessage message;
};
// Nothing for bytes that are no message of this version.
std::optional<Received> decode_message(std::string_view bytes);

}  // namespace engine::runtime::cluster
