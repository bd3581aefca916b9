// The channels, each made from the members of a sink's document. Findings: what is wrong with them; the
// result is then of no use.
#pragma once

#include <connectors/sinks/sink.h>
#include <connectors/triggers/document_reader.h>

namespace connectors::sinks {

using Findings = std::vector<statelang::Diagnostic>;

std::shared_ptr<Channel> webhook_channel(triggers::DocumentReader& reader, Outside& outside);
std::shared_ptr<Channel> kafka_channel(triggers::DocumentReader& reader, Findings& findings);
// `arn` becomes the state machine's.
std::shared_ptr<Channel> machine_channel(triggers::DocumentReader& reader, const std::string& sink,
                                         engine::Engine& engine, std::string& arn);

}  // namespace connectors::sinks
