// Scheduler: the "schedule" kind of trigger. Starts an execution at each tick of each schedule, under a name
// made of trigger and tick, so that a tick never starts two, whatever crashes; and remembers in the catalog
// ("trigger_state/<name>") up to which tick it has come, to know after a stop what was missed.
//
// Of the nodes of a cluster one is in charge and starts them; the others look a second after each tick
// whether it has been handled, and go on where the one in charge left off when that comes to them.
//
// One alarm for all schedules, on one strand: an idle scheduler does nothing. Thread rule: put(), erase() and
// next_due_ms() from any thread, everything else happens on the strand.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include <connectors/schedule/expression.h>
#include <connectors/triggers/execution_starter.h>
#include <connectors/triggers/trigger.h>
#include <engine/ports/time.h>
#include <engine/runtime/engine.h>

namespace connectors::schedule {

class Scheduler : public triggers::TriggerKind {
 public:
  using InCharge = std::function<bool()>;
  // All must outlive the scheduler; the strand must have stopped before it is destroyed. Without `in_charge`
  // it always is.
  Scheduler(engine::Engine& engine, triggers::ExecutionStarter& starter, engine::Strand& strand,
            const engine::Clock& clock, InCharge in_charge = nullptr);
  ~Scheduler() override;

  std::string_view name() const override { return "schedule"; }
  void check(const statelang::Value& settings, std::vector<statelang::Diagnostic>& findings) const override;
  void put(triggers::TriggerPtr trigger) override;
  void erase(const std::string& name) override;
  int64_t next_due_ms(const std::string& name) const override;

 private:
  struct Entry;
  using EntryPtr = std::shared_ptr<Entry>;
  void install(triggers::TriggerPtr trigger);
  void plan(const EntryPtr& entry, int64_t now_ms);
  void arm();
  void ring();
  void plan_anew(int64_t now_ms);
  static bool overslept(const Entry& entry, int64_t now_ms);
  void fire(const EntryPtr& entry);
  void stand_by(const EntryPtr& entry);
  void start(const EntryPtr& entry);
  void fired(const EntryPtr& entry, const engine::ApiResult<triggers::StartOutcome>& outcome);
  int64_t handled_until(const std::string& name) const;
  void remember(const Entry& entry, int64_t tick_ms);
  void set_due(const EntryPtr& entry, int64_t due_ms);

  engine::Engine& engine_;
  triggers::ExecutionStarter& starter_;
  engine::Strand& strand_;
  const engine::Clock& clock_;
  const InCharge in_charge_;
  // The strand's.
  std::map<std::string, EntryPtr> entries_;
  std::set<std::pair<int64_t, std::string>> due_;
  int64_t armed_ms_ = 0;  // when the alarm was set
  // For next_due_ms().
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> due_by_name_;
};

}  // namespace connectors::schedule
