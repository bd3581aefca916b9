#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/trigger.h>

namespace connectors::triggers {

using statelang::Diagnostic;
using statelang::Value;

bool valid_trigger_name(std::string_view name) {
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  return !name.empty() && name.size() <= 40 && name.find_first_not_of(kCharacters) == std::string_view::npos;
}

namespace {

void read_input(DocumentReader& reader, Trigger& trigger) {
  const Value* input = reader.any("input");
  if (input == nullptr) return;
  auto compiled = statelang::templates::PayloadTemplate::compile(*input);
  if (compiled) {
    trigger.input = std::move(*compiled);
    return;
  }
  for (const auto& error : compiled.error()) {
    reader.complain("input", error.field + ": " + error.message,
                    error.pointer.empty() ? "" : "in the object at /input" + error.pointer);
  }
}

void read_kind(DocumentReader& reader, Trigger& trigger, const std::vector<TriggerKind*>& kinds,
               std::vector<Diagnostic>& findings) {
  std::string names;
  for (TriggerKind* kind : kinds) {
    names += (names.empty() ? "" : ", ") + std::string(kind->name());
    const Value* settings = reader.any(kind->name());
    if (settings == nullptr) continue;
    if (!trigger.kind.empty()) {
      reader.complain(kind->name(), "a trigger has one kind, and there is \"" + trigger.kind + "\" already");
      continue;
    }
    trigger.kind = kind->name();
    trigger.settings = *settings;
    kind->check(*settings, findings);
  }
  if (trigger.kind.empty()) reader.complain("", "there must be one of " + names);
}

}  // namespace

statelang::Expected<Trigger, std::vector<Diagnostic>> read_trigger(const std::string& name,
                                                                   std::string_view json,
                                                                   const std::vector<TriggerKind*>& kinds) {
  std::vector<Diagnostic> findings;
  auto document = read_document(json);
  if (!document) return statelang::Unexpected{std::move(document.error())};
  Trigger trigger;
  trigger.name = name;
  trigger.document = *document;
  DocumentReader reader(trigger.document, "", findings);
  auto own_name = reader.text("name");
  if (own_name && *own_name != name)
    reader.complain("name", "is not the name it is stored under, \"" + name + "\"");
  if (!valid_trigger_name(name)) {
    reader.complain("name", "must be 1 to 40 letters, digits, _ and -", "it becomes part of execution names");
  }
  reader.text("description");
  reader.require("state_machine");
  trigger.state_machine = reader.text("state_machine").value_or("");
  trigger.enabled = reader.flag("enabled").value_or(true);
  read_input(reader, trigger);
  read_kind(reader, trigger, kinds, findings);
  reader.refuse_unknown();
  if (!findings.empty()) return statelang::Unexpected<std::vector<Diagnostic>>{std::move(findings)};
  return trigger;
}

}  // namespace connectors::triggers
