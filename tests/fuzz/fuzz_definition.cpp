// Input: a definition. No text may crash the parser; parse() refuses exactly what validate() finds errors in;
// and what is accepted can be walked: every transition leads to a state of the definition.
#include <algorithm>
#include <cstdlib>

#include <statelang/definition/definition.h>

namespace {

void check(const statelang::Definition& definition, statelang::StateIndex index) {
  if (static_cast<size_t>(index) >= definition.states().size()) std::abort();
}

void walk(const statelang::Definition& definition) {
  check(definition, definition.root().start_at);
  for (const statelang::State& state : definition.states()) {
    if (definition.find(state.name) == nullptr) std::abort();
    if (state.next) check(definition, *state.next);
    for (const auto& catcher : state.catchers) check(definition, catcher.next);
    if (const auto* choice = std::get_if<statelang::ChoiceFields>(&state.fields)) {
      for (const auto& rule : choice->rules) check(definition, rule.next);
      if (choice->otherwise) check(definition, *choice->otherwise);
    } else if (const auto* parallel = std::get_if<statelang::ParallelFields>(&state.fields)) {
      for (const auto& branch : parallel->branches) check(definition, branch.start_at);
    } else if (const auto* map = std::get_if<statelang::MapFields>(&state.fields)) {
      check(definition, map->processor.start_at);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using statelang::Diagnostic;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool express : {false, true}) {
    const statelang::ParseOptions options{express, express};
    const auto found = statelang::Definition::validate(text, options);
    const bool errors = std::any_of(found.begin(), found.end(), [](const Diagnostic& diagnostic) {
      return diagnostic.severity == Diagnostic::Severity::Error;
    });
    const auto definition = statelang::Definition::parse(text, options);
    if (definition.has_value() == errors) std::abort();
    if (definition) walk(**definition);
  }
  return 0;
}
