#include <connectors/sinks/sink.h>
#include <connectors/triggers/document_reader.h>
#include <connectors/triggers/trigger.h>

#include "channels.h"

namespace connectors::sinks {

using statelang::Diagnostic;
using statelang::Value;
using triggers::DocumentReader;

namespace {

constexpr size_t kFiltersMax = 20;

void read_filter(DocumentReader& reader, Sink& sink, Findings& findings) {
  const Value* given = reader.any("Filter");
  if (given == nullptr) return;
  const size_t count = given->is_array() ? given->size() : 1;
  if (count == 0 || count > kFiltersMax) {
    return reader.complain("Filter",
                           "must be an event pattern, or 1 to " + std::to_string(kFiltersMax) + " of them");
  }
  for (size_t i = 0; i < count; ++i) {
    auto pattern = event_pattern::EventPattern::compile(given->is_array() ? (*given)[i] : *given);
    if (pattern) {
      sink.filter.push_back(std::move(*pattern));
      continue;
    }
    for (Diagnostic finding : pattern.error()) {
      finding.location =
          reader.pointer_to("Filter") + (given->is_array() ? "/" + std::to_string(i) : "") + finding.location;
      findings.push_back(std::move(finding));
    }
  }
}

void read_channel(DocumentReader& reader, Sink& sink, engine::Engine& engine, Outside& outside,
                  Findings& findings) {
  reader.require("Type");
  sink.type = reader.one_of("Type", {"webhook", "kafka", "stateMachine"}).value_or("");
  if (sink.type == "webhook") sink.channel = webhook_channel(reader, outside);
  if (sink.type == "kafka") sink.channel = kafka_channel(reader, findings);
  if (sink.type == "stateMachine") {
    sink.channel = machine_channel(reader, sink.name, engine, sink.state_machine_arn);
  }
}

}  // namespace

statelang::Expected<Sink, std::vector<Diagnostic>> read_sink(const std::string& name, std::string_view json,
                                                             engine::Engine& engine, Outside& outside) {
  Findings findings;
  auto document = triggers::read_document(json);
  if (!document) return statelang::Unexpected{std::move(document.error())};
  Sink sink;
  sink.name = name;
  sink.document = *document;
  DocumentReader reader(sink.document, "", findings);
  const auto own_name = reader.text("Name");
  if (own_name && *own_name != name)
    reader.complain("Name", "is not the name it is stored under, \"" + name + "\"");
  if (!triggers::valid_trigger_name(name))
    reader.complain("Name", "must be 1 to 40 letters, digits, _ and -");
  reader.text("Description");
  sink.enabled = reader.flag("Enabled").value_or(true);
  sink.history = reader.flag("History").value_or(false);
  sink.event_age_ms_max =
      reader.number("MaximumEventAgeInSeconds", 60, kEventAgeSecondsMax).value_or(kEventAgeSecondsDefault) *
      1000;
  read_filter(reader, sink, findings);
  read_channel(reader, sink, engine, outside, findings);
  if (!sink.type.empty()) reader.refuse_unknown();  // what is known depends on the type
  if (!findings.empty()) return statelang::Unexpected<Findings>{std::move(findings)};
  return sink;
}

}  // namespace connectors::sinks
