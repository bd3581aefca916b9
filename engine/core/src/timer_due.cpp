// TimerDue: a timer's time has come. Only one that is still armed is believed.
#include <engine/core/mutation.h>
#include <engine/core/state_keys.h>

#include "application.h"

namespace engine::core {

void Application::apply(const TimerDue& body) {
  // A record whose time has not come is not ours; firing would be early.
  if (body.due_ms > position_.now_ms) return;
  const statelang::TimerFired fired{static_cast<statelang::TimerKind>(body.kind), body.scope, body.attempt};
  if (is_express(body.execution)) {
    const auto found = express_.find(static_cast<uint64_t>(body.execution));
    if (found != express_.end()) run_express(body.execution, *found->second, fired);
    return;
  }
  const std::string key = timer_key(body);
  if (!transaction_.get(Table::Timers, key)) return;
  transaction_.erase(Table::Timers, key);
  if (body.kind == TimerDue::kRetention) return erase_execution(body.execution);
  const auto heartbeat = static_cast<uint8_t>(statelang::TimerKind::Heartbeat);
  if (mutated(Mutant::HeartbeatNotDemanded) && body.kind == heartbeat) return;
  if (auto running = load(body.execution)) run(*running, fired);
}

}  // namespace engine::core
