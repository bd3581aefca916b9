// What needs the whole document: does every level end, does something lead to every state, and are variables
// assigned where they may be.
#include "parser.h"

namespace statelang {

// A level without any terminal state is one finding and hides the states that nothing leads to, as the
// service has it. "Reachable" is the service's notion: some transition or StartAt names the state.
void DefinitionParser::check_transitions(const Level& level) {
  if (!level.ends) {
    constexpr std::string_view kHint = "Give a state \"End\": true, or add a Succeed or Fail state.";
    if (level.pointer.empty()) {
      findings_.unlocated("MISSING_END_STATE", "", "Workflow has no terminal state", std::string(kHint));
    } else {
      findings_.error("MISSING_END_STATE", level.pointer, "Workflow has no terminal state",
                      std::string(kHint));
    }
    return;
  }
  if (!level.start_given) return;  // nothing could lead to its first state
  for (const StateIndex index : level.states) {
    if (referenced_[static_cast<size_t>(index)]) continue;
    const State& lost = state(index);
    findings_.error("MISSING_TRANSITION_TARGET", lost.pointer,
                    "State \"" + lost.name + "\" is not reachable.",
                    "Point a Next, Default or Catch at it, or remove it.");
  }
}

void DefinitionParser::check_variable_scopes() {
  for (size_t i = 1; i < levels_.size(); ++i) {
    for (const std::string& name : levels_[i].assigned) {
      for (size_t outer = levels_[i].parent;; outer = levels_[outer].parent) {
        if (levels_[outer].assigned_set.count(name) != 0) {
          findings_.schema(
              levels_[i].pointer,
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
