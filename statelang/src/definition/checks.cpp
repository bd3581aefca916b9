// What needs the whole document: can every level end, and are variables assigned where they may be.
#include <algorithm>
#include <unordered_set>

#include "parser.h"

namespace statelang {

void DefinitionParser::check_reachable(const Level& level) {
  if (!level.start_known) return;
  std::vector<StateIndex> pending{level.start_at};
  std::unordered_set<uint32_t> seen{static_cast<uint32_t>(level.start_at)};
  bool ends = false;
  const auto visit = [&](StateIndex index) {
    if (seen.insert(static_cast<uint32_t>(index)).second) pending.push_back(index);
  };
  while (!pending.empty()) {
    const State& current = state(pending.back());
    pending.pop_back();
    for (const Catcher& catcher : current.catchers) visit(catcher.next);
    if (const auto* choice = std::get_if<ChoiceFields>(&current.fields)) {
      for (const ChoiceRule& rule : choice->rules) visit(rule.next);
      if (choice->otherwise) visit(*choice->otherwise);
    } else if (current.next) {
      visit(*current.next);
    } else {
      ends = true;
    }
  }
  if (!ends) {
    findings_.error("MISSING_END_STATE", location_of(level.pointer.empty() ? "" : level.pointer),
                    "No terminal state is reachable from StartAt",
                    "Give a state \"End\": true, or add a Succeed or Fail state.");
  }
  for (const StateIndex index : level.states) {
    if (seen.count(static_cast<uint32_t>(index)) != 0) continue;
    findings_.error("MISSING_TRANSITION_TARGET", state(index).pointer,
                    "State \"" + state(index).name + "\" is not reachable.",
                    "Point a Next, Default or Catch at it, or remove it.");
  }
}

void DefinitionParser::check_variable_scopes() {
  for (size_t i = 1; i < levels_.size(); ++i) {
    for (const std::string& name : levels_[i].assigned) {
      for (size_t outer = levels_[i].parent;; outer = levels_[outer].parent) {
        const auto& assigned = levels_[outer].assigned;
        if (std::find(assigned.begin(), assigned.end(), name) != assigned.end()) {
          findings_.schema(
              location_of(levels_[i].pointer),
              "Variable '" + name + "' is assigned in an outer scope and cannot be assigned again here",
              "Inner states can read outer variables; give the inner one another name.");
          break;
        }
        if (outer == 0) break;
      }
    }
  }
}

}  // namespace statelang
