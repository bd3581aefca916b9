// Which queue a task goes to, and so which workers may get it (docs/guides/workers.md). Pure; any thread.
#pragma once

#include <string>

#include <statelang/definition/resource.h>
#include <statelang/payload.h>

namespace engine::core {

// The function's name, the activity's ARN, the bare queue name, or "service:api" of an integration. `input`
// is the task's: lambda:invoke names its function there.
std::string task_queue_name(const statelang::Resource& resource, const statelang::Payload& input);

}  // namespace engine::core
