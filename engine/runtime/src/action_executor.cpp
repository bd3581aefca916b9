#include <algorithm>

#include <engine/runtime/action_executor.h>

namespace engine::runtime {

void ActionExecutor::perform(PartitionId partition, std::vector<core::Action> actions) {
  listeners.tell(partition, actions);
  std::vector<core::DispatchTask> tasks;  // together, so that the queues can share them among the polls
  for (core::Action& action : actions) {
    if (auto* dispatch = std::get_if<core::DispatchTask>(&action)) tasks.push_back(std::move(*dispatch));
    if (const auto* withdrawn = std::get_if<core::WithdrawTask>(&action)) {
      auto same = [&](const core::DispatchTask& task) { return task.id == withdrawn->id; };
      const auto own = std::find_if(tasks.begin(), tasks.end(), same);
      if (own != tasks.end() && withdrawn->cancelled) {
        own->cancelled = true;  // never begun; its performer says so
      } else if (own != tasks.end()) {
        tasks.erase(own);
      }
      queues_.withdraw(withdrawn->id, withdrawn->cancelled);
    }
    if (const auto* entry = std::get_if<core::CatalogChanged>(&action)) {
      if (catalog_changed) catalog_changed(entry->key);  // before the reply: its caller reads what it wrote
    }
  }
  if (!tasks.empty()) queues_.offer(std::move(tasks));
  for (core::Action& action : actions) {
    if (auto* reply = std::get_if<core::Reply>(&action)) {
      replies_.answer(std::move(*reply));
    } else if (const auto* change = std::get_if<core::ExecutionChanged>(&action)) {
      watchers_.changed(*change);
    }
  }
}

void ActionExecutor::refuse(PartitionId, uint64_t request, const Error& why) {
  const ApiErrorCode code =
      why.kind == ErrorKind::Full ? ApiErrorCode::StorageFull : ApiErrorCode::Unavailable;
  replies_.refuse(request, {code, why.message, {}});
}

}  // namespace engine::runtime
