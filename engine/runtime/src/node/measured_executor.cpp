#include "engine_parts.h"

namespace engine::runtime {

void NodeEngine::MeasuredExecutor::perform(PartitionId partition, std::vector<core::Action> actions) {
  for (const core::Action& action : actions) {
    if (const auto* change = std::get_if<core::ExecutionChanged>(&action)) {
      metrics_.transitions.add();
      if (change->finished) metrics_.executions_ended.add();
    } else if (std::holds_alternative<core::DispatchTask>(action)) {
      metrics_.tasks_dispatched.add();
    }
  }
  if (neighbours) neighbours->share(partition, actions);
  ActionExecutor::perform(partition, std::move(actions));
}

void NodeEngine::MeasuredExecutor::restarted(PartitionId partition) {
  metrics_.commits_failed.add();
  if (neighbours) neighbours->restarted(partition);
  ActionExecutor::restarted(partition);
}

void NodeEngine::MeasuredExecutor::halted(PartitionId partition, const Error& why) {
  if (neighbours) return neighbours->halted(partition, why);
  set_halted(partition, why.message);
}

void NodeEngine::MeasuredExecutor::opened(PartitionId partition) {
  if (neighbours) neighbours->opened(partition);
}

void NodeEngine::MeasuredExecutor::set_halted(PartitionId partition, std::optional<std::string> why) {
  std::lock_guard lock(halted_mutex_);
  if (why) {
    halted_[static_cast<uint16_t>(partition)] = std::move(*why);
  } else {
    halted_.erase(static_cast<uint16_t>(partition));
  }
  any_halted_ = !halted_.empty();
}

std::optional<std::string> NodeEngine::MeasuredExecutor::halted_why(PartitionId partition) const {
  if (!any_halted_) return std::nullopt;
  std::lock_guard lock(halted_mutex_);
  auto found = halted_.find(static_cast<uint16_t>(partition));
  return found == halted_.end() ? std::nullopt : std::optional(found->second);
}

void NodeEngine::MeasuredExecutor::batch_taken(PartitionId, size_t records) {
  metrics_.records_applied.add(records);
  metrics_.batch_records.observe(static_cast<double>(records));
}

void NodeEngine::MeasuredExecutor::commit_begun(PartitionId partition) {
  metrics_.commits.add();
  commit_begun_[static_cast<size_t>(partition)] = std::chrono::steady_clock::now();
}

void NodeEngine::MeasuredExecutor::commit_ended(PartitionId partition) {
  const auto took = std::chrono::steady_clock::now() - commit_begun_[static_cast<size_t>(partition)];
  metrics_.commit_seconds.observe(std::chrono::duration<double>(took).count());
}

}  // namespace engine::runtime
