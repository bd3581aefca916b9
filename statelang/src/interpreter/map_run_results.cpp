// Distributed Map: what becomes of the children's results: the state's result, or the files of ResultWriter
// (AWS "ResultWriter (Map)").
#include <statelang/timestamps/timestamp.h>

#include "stepper.h"

namespace statelang::interpreter {
namespace {

// In Scope::tolerated_count, where UpdateMapRun leaves 0 and more: not even no failure is tolerated.
constexpr int64_t kNothingTolerated = -1;

std::string transformation_of(const MapFields& fields) {
  const Value* name = fields.result_writer ? fields.result_writer->config.find("Transformation") : nullptr;
  return name && name->is_string() ? std::string(name->as_string()) : "NONE";
}

bool json_lines(const ResultWriterFields& writer) {
  const Value* type = writer.config.find("OutputType");
  return type && type->is_string() && type->as_string() == "JSONL";
}

std::string run_id(const std::string& map_run_arn) {
  return map_run_arn.substr(map_run_arn.rfind(':') + 1);
}

bool succeeded(const Value& record) {
  return record.find("Status")->as_string() == "SUCCEEDED";
}

// Applies COMPACT (outputs alone), FLATTEN (and arrays among them dissolved) or NONE (whole records).
void add_transformed(Array& out, const Value& record, const std::string& transformation) {
  const Value* output = record.find("Output");
  if (transformation == "NONE" || !output) return out.push_back(record);
  auto value = parse_json(output->as_string());
  if (!value) return out.push_back(*output);
  if (transformation == "FLATTEN" && value->is_array()) {
    for (const Value& item : value->as_array()) out.push_back(item);
  } else {
    out.push_back(std::move(*value));
  }
}

std::string file_text(const Array& records, bool lines) {
  std::string text = lines ? "" : "[";
  for (size_t i = 0; i < records.size(); ++i) {
    if (i > 0) text += lines ? '\n' : ',';
    append_json(text, records[i]);
  }
  if (!lines) text += ']';
  return text;
}

}  // namespace

std::string Stepper::child_arn(const Scope& map, const std::string& name) const {
  std::string arn = map.map_run_arn.substr(0, map.map_run_arn.rfind(':') + 1) + name;
  constexpr std::string_view kKind = ":mapRun:";
  return arn.replace(arn.find(kKind), kKind.size(), ":execution:");
}

std::string Stepper::child_machine_arn(const Scope& map) const {
  std::string arn = map.map_run_arn.substr(0, map.map_run_arn.rfind(':'));
  constexpr std::string_view kKind = ":mapRun:";
  return arn.replace(arn.find(kKind), kKind.size(), ":stateMachine:");
}

// What is kept of a child: its output alone, or the record that ResultWriter writes.
Payload Stepper::child_record(const Scope& map, const State& state, const ChildEnded& child) const {
  const bool failed = child.status != ExecutionStatus::Succeeded;
  if (!state.as<MapFields>().result_writer) {
    return failed ? Payload::from_text("null") : Payload::from_text("[" + child.output.text() + "]");
  }
  const Value included = Value::object({{"Included", true}});
  Value record = Value::object({{"ExecutionArn", child_arn(map, child.name)},
                                {"Input", child.input.text()},
                                {"InputDetails", included},
                                {"Name", child.name}});
  if (failed) {
    if (child.failure.has_error) record.set("Error", child.failure.error);
    if (child.failure.has_cause) record.set("Cause", child.failure.cause);
  } else {
    record.set("Output", child.output.text());
    record.set("OutputDetails", included);
  }
  record.set("RedriveCount", static_cast<int64_t>(child.redrive_count));
  record.set("StartDate", timestamps::format_epoch_ms_fixed(child.start_time_ms));
  record.set("StateMachineArn", child_machine_arn(map));
  record.set("Status", to_string(child.status));
  record.set("StopDate",
             timestamps::format_epoch_ms_fixed(child.stop_time_ms != 0 ? child.stop_time_ms : now()));
  return Payload::from_value(std::move(record));
}

void Stepper::finish_map_run(Scope& scope, const State& state) {
  const auto& fields = state.as<MapFields>();
  if (fields.result_writer && !fields.result_writer->resource.empty()) return write_results(scope, state);
  std::vector<Payload> results;
  if (scope.children_total > 0) results = storage_.results(scope.id, scope.children_total);
  std::string text = "[";
  if (fields.result_writer) {
    Array records;
    for (const Payload& result : results) {
      if (succeeded(result.value())) add_transformed(records, result.value(), transformation_of(fields));
    }
    text = file_text(records, false);
  } else {
    for (const Payload& result : results) {
      const std::string& kept = result.text();  // [output], or null for a failed child
      if (kept == "null") continue;
      if (text.size() > 1) text += ',';
      text.append(kept, 1, kept.size() - 2);
    }
    text += ']';
  }
  complete_map_run(scope, state, Payload::from_text(std::move(text)));
}

// Children that ended and those that never began: what the files are made of. None is open any more.
Stepper::MapRunRecords Stepper::map_run_records(Scope& scope, const State& state) {
  const auto& fields = state.as<MapFields>();
  MapRunRecords records;
  const uint32_t begun = scope.children_next;
  if (begun > 0) {
    for (const Payload& result : storage_.results(scope.id, begun)) {
      if (succeeded(result.value())) {
        add_transformed(records.succeeded, result.value(), transformation_of(fields));
      } else {
        records.failed.push_back(result.value());
      }
    }
  }
  for (uint32_t i = begun; i < scope.children_total; ++i) {
    const Value item = storage_.item(scope.id, i);
    // Batches were made of selected items.
    auto input =
        fields.item_batcher ? Outcome<Value>(item) : selected_item(scope, state, map_item_of(scope, item, i));
    records.pending.push_back(Value::object({{"Input", to_json(input ? *input : item)},
                                             {"InputDetails", Value::object({{"Included", true}})},
                                             {"StateMachineArn", child_machine_arn(scope)},
                                             {"Status", "PENDING"}}));
  }
  return records;
}

// Too many children have failed. Where there is a ResultWriter the files are written before the Map Run
// fails; on(ResultsWritten) finds the threshold exceeded again. Open children are ended first: the files say
// how each of them ended.
void Stepper::exceed_threshold(Scope& scope, const State& state) {
  const auto& writer = state.as<MapFields>().result_writer;
  if (!writer || writer->resource.empty()) {
    return fail_map_run(scope, {std::string(errors::kExceedToleratedFailureThreshold),
                                "The specified tolerated failure threshold was exceeded"});
  }
  if (scope.children_running == 0) return write_results(scope, state);
  scope.tolerated_count = kNothingTolerated;
  effects_.push_back(StopChildren{scope.map_run_arn});
}

// The threshold is exceeded and open children are being stopped: none begins any more.
bool Stepper::is_ending(const Scope& scope) {
  return scope.tolerated_count == kNothingTolerated;
}

void Stepper::write_results(Scope& scope, const State& state) {
  const auto& fields = state.as<MapFields>();
  const ResultWriterFields& writer = *fields.result_writer;
  Value arguments = Value::object();
  if (writer.parameters) {
    auto evaluated = evaluate(scope, *writer.parameters, {&scope.input.value()});
    if (!evaluated) return fail_map_run_by(scope, evaluated.error());
    arguments = std::move(*evaluated);
  }
  const Value* bucket = arguments.find("Bucket");
  const Value* prefix = arguments.find("Prefix");
  if (!bucket || !bucket->is_string()) {
    return fail_map_run(scope, {std::string(errors::kResultWriterFailed), "Bucket is missing."});
  }
  std::string folder = prefix && prefix->is_string() ? std::string(prefix->as_string()) : "";
  if (!folder.empty() && folder.back() != '/') folder += '/';
  folder += run_id(scope.map_run_arn) + "/";
  const MapRunRecords run = map_run_records(scope, state);
  ++scope.attempt;  // an answer to the reading of items never matches any more
  scope.phase = ScopePhase::WaitingForMapRun;
  WriteResults effect{scope.id, scope.attempt, std::string(bucket->as_string()), {}};
  const bool lines = json_lines(writer);
  const auto add_file = [&](const std::string& name, const Array& records) -> Value {
    Array listed;
    if (!records.empty()) {
      effect.files.push_back({folder + name + "_0." + (lines ? "jsonl" : "json"), file_text(records, lines)});
      listed.push_back(Value::object({{"Key", effect.files.back().key},
                                      {"Size", static_cast<int64_t>(effect.files.back().bytes.size())}}));
    }
    return Value(std::move(listed));
  };
  const Value failed = add_file("FAILED", run.failed);
  const Value pending = add_file("PENDING", run.pending);
  const Value done = add_file("SUCCEEDED", run.succeeded);
  const Value manifest = Value::object(
      {{"DestinationBucket", *bucket},
       {"MapRunArn", scope.map_run_arn},
       {"ResultFiles", Value::object({{"FAILED", failed}, {"PENDING", pending}, {"SUCCEEDED", done}})}});
  effect.files.push_back({folder + "manifest.json", to_json(manifest)});
  scope.result_bucket = effect.bucket;
  scope.result_key = effect.files.back().key;
  effects_.push_back(std::move(effect));
}

StepOutcome Stepper::on(const ResultsWritten& input) {
  Scope* scope = current_attempt(input.scope, input.attempt, ScopePhase::WaitingForMapRun);
  if (!scope) return StepOutcome::Ignored;
  const State& state = state_of(*scope);
  const auto tolerated = failures_tolerated(*scope, state);
  const bool exceeded = tolerated && !*tolerated;
  if (exceeded) {
    fail_map_run(*scope, {std::string(errors::kExceedToleratedFailureThreshold),
                          "The specified tolerated failure threshold was exceeded"});
    return StepOutcome::Applied;
  }
  if (input.failure) {
    fail_map_run(*scope, *input.failure);
    return StepOutcome::Applied;
  }
  effects_.push_back(CancelTask{scope->id, scope->attempt, true});
  Value result =
      Value::object({{"MapRunArn", scope->map_run_arn},
                     {"ResultWriterDetails",
                      Value::object({{"Bucket", scope->result_bucket}, {"Key", scope->result_key}})}});
  complete_map_run(*scope, state, Payload::from_value(std::move(result)));
  return StepOutcome::Applied;
}

void Stepper::complete_map_run(Scope& scope, const State& state, const Payload& result) {
  storage_.erase_items_and_results(scope.id);
  scope.children_total = scope.children_next = scope.children_running = scope.children_finished = 0;
  // As after an inline Map, MapStateSucceeded and StateExited follow the same event.
  append_in(scope, event(EventType::MapRunSucceeded));
  end_map_run(scope, ExecutionStatus::Succeeded);
  append(scope.previous_event, event(EventType::MapStateSucceeded));
  complete_work(scope, state, result);
}

}  // namespace statelang::interpreter
