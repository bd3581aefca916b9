// Plays a script over the test runner.
#include "map_run/memory_objects.h"
#include "script.h"

namespace golden {

statelang::Expected<statelang::test_runner::Result, std::string> play(const Script& script) {
  const auto definition = parse_definition(script);
  if (!definition) return statelang::Unexpected{definition.error()};
  const auto answers = parse_answers(script);
  if (!answers) return statelang::Unexpected{answers.error()};
  statelang::map_run::MemoryObjects objects;
  const auto texts = statelang::parse_json(script.objects);
  if (!texts || !texts->is_object()) {
    return statelang::Unexpected{script.name() + ": objects: not an object"};
  }
  for (const auto& [place, text] : texts->as_object()) {
    objects.objects[std::string(place.as_string())] = text.as_string();
  }
  statelang::test_runner::Options options;
  options.state_machine_name = kMachineName;
  options.execution_name = kExecutionName;
  options.test_case = kTestCase;
  options.start_time_ms = kStartMs;
  options.objects = &objects;
  if (script.stop_ms) options.stop = {*script.stop_ms, {script.stop_failure}};
  return run(**definition, statelang::Payload::from_text(script.input), *answers, options);
}

}  // namespace golden
