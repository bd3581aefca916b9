// Parallel and Map: the states with machines inside.
#include <algorithm>

#include "parser.h"

namespace statelang {
namespace {

constexpr size_t kLabelMax = 40;

bool valid_label(std::string_view label) {
  constexpr std::string_view kForbidden = " ?*<>{}[]:;,\\|^~$#%&`\"/";
  return std::none_of(label.begin(), label.end(), [&](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || kForbidden.find(c) != std::string_view::npos;
  });
}

}  // namespace

void DefinitionParser::parse_parallel(Reader& reader, State& state, size_t level) {
  ParallelFields parallel;
  reader.require({"Branches"});
  if (const Value* branches = reader.take_array("Branches", false)) {
    for (size_t i = 0; i < branches->size(); ++i) {
      const std::string pointer = reader.at("Branches") + "/" + std::to_string(i);
      if (!(*branches)[i].is_object()) {
        findings_.schema(pointer, "Expected value of type Object");
        continue;
      }
      Reader branch((*branches)[i], pointer, findings_);
      branch.take_string("QueryLanguage");
      parallel.branches.push_back(parse_level(branch, level, levels_[level].depth + 1));
    }
  }
  state.fields = std::move(parallel);
}

void DefinitionParser::parse_map(Reader& reader, State& state, size_t level) {
  MapFields map;
  const std::string_view processor_field = reader.has("ItemProcessor") ? "ItemProcessor" : "Iterator";
  if (reader.has("ItemProcessor") && reader.has("Iterator")) {
    findings_.schema(state.pointer, "You cannot use 'ItemProcessor' and 'Iterator' at the same time");
    reader.take("Iterator");
  }
  if (!reader.has("ItemProcessor") && !reader.has("Iterator")) reader.require({"ItemProcessor"});
  if (const Value* json = reader.take_object(processor_field)) {
    Reader processor(*json, reader.at(processor_field), findings_);
    processor.take_string("QueryLanguage");
    if (const Value* config = processor.take_object("ProcessorConfig")) {
      Reader modes(*config, processor.at("ProcessorConfig"), findings_);
      const std::string mode = modes.take_string("Mode").value_or("INLINE");
      if (mode != "INLINE" && mode != "DISTRIBUTED") {
        findings_.schema(modes.at("Mode"),
                         "Value is not in the set of allowed values: [INLINE, DISTRIBUTED]");
      }
      map.distributed = mode == "DISTRIBUTED";
      const auto type = modes.take_string("ExecutionType");
      if (map.distributed && !type) modes.require({"ExecutionType"});
      if (type && *type != "STANDARD" && *type != "EXPRESS") {
        findings_.schema(modes.at("ExecutionType"),
                         "Value is not in the set of allowed values: [STANDARD, EXPRESS]");
      }
      map.express_children = type && *type == "EXPRESS";
      modes.finish();
      if (map.distributed && options_.express) {
        findings_.schema(modes.at("Mode"), "Express state machine does not support DISTRIBUTED Map states");
      }
    }
    map.processor = parse_level(processor, level, levels_[level].depth + 1);
  }
  if (state.is_jsonata()) {
    reader.refuse({"ItemsPath", "MaxConcurrencyPath", "Parameters", "ToleratedFailureCountPath",
                   "ToleratedFailurePercentagePath"},
                  "JSONPath states only.");
    map.items = parse_template(reader, "Items", state, false);
  } else {
    reader.refuse({"Items"}, "JSONata states only.");
    if (auto path = parse_path(reader, "ItemsPath", false)) {
      if (path->is_null) findings_.schema(reader.at("ItemsPath"), "Expected value of type String");
      map.items_path = std::move(path->path);
    }
  }
  if (reader.has("ItemSelector") && reader.has("Parameters")) {
    findings_.schema(state.pointer, "You cannot use 'ItemSelector' and 'Parameters' at the same time");
  }
  map.item_selector = parse_template(reader, "ItemSelector", state, true);
  if (!state.is_jsonata() && reader.has("Parameters"))
    map.item_selector = parse_template(reader, "Parameters", state, false);
  map.max_concurrency = parse_number(reader, state, "MaxConcurrency", 0, kSecondsMax);
  parse_distributed(reader, state, map);
  state.fields = std::move(map);
}

void DefinitionParser::parse_distributed(Reader& reader, State& state, MapFields& map) {
  // AWS accepts the thresholds in an inline Map, where they have no effect.
  map.tolerated_failure_count = parse_number(reader, state, "ToleratedFailureCount", 0, INT64_MAX);
  map.tolerated_failure_percentage = parse_number(reader, state, "ToleratedFailurePercentage", 0, 100);
  if (!map.distributed) {
    reader.refuse({"ItemReader", "ItemBatcher", "ResultWriter", "Label"},
                  "Distributed Map only: set ItemProcessor.ProcessorConfig.Mode to DISTRIBUTED.");
    return;
  }
  if (const auto label = reader.take_string("Label")) {
    map.label = *label;
    if (label->empty() || label->size() > kLabelMax || !valid_label(*label)) {
      findings_.error("INVALID_LABEL_NAME", reader.at("Label"), "Invalid label: " + *label);
    }
    if (std::find(labels_.begin(), labels_.end(), *label) != labels_.end()) {
      findings_.error("DUPLICATE_LABEL_NAME", reader.at("Label"), "Duplicate label: " + *label);
    }
    labels_.push_back(*label);
  }
  if (reader.has("ItemReader")) map.item_reader = parse_item_reader(reader, state);
  if (reader.has("ItemBatcher")) map.item_batcher = parse_item_batcher(reader, state);
  if (reader.has("ResultWriter")) map.result_writer = parse_result_writer(reader, state);
}

ItemReaderFields DefinitionParser::parse_item_reader(Reader& reader, const State& state) {
  ItemReaderFields fields;
  const Value* json = reader.take_object("ItemReader");
  if (!json) return fields;
  Reader item(*json, reader.at("ItemReader"), findings_);
  item.require({"Resource"});
  fields.resource = item.take_string("Resource").value_or("");
  fields.config = Value::object();
  if (const Value* config = item.take_object("ReaderConfig")) {
    fields.config = *config;
    Reader settings(*config, item.at("ReaderConfig"), findings_);
    for (const std::string_view field : {"InputType", "CSVDelimiter", "CSVHeaderLocation", "CSVHeaders",
                                         "ItemsPointer", "ManifestType", "Transformation"}) {
      settings.take(field);
    }
    fields.max_items = parse_number(settings, state, "MaxItems", INT64_MIN, 100000000);
    settings.finish();
  }
  fields.parameters = parse_template(item, state.is_jsonata() ? "Arguments" : "Parameters", state, true);
  item.finish();
  return fields;
}

ItemBatcherFields DefinitionParser::parse_item_batcher(Reader& reader, const State& state) {
  ItemBatcherFields fields;
  const Value* json = reader.take_object("ItemBatcher");
  if (!json) return fields;
  Reader item(*json, reader.at("ItemBatcher"), findings_);
  fields.max_items_per_batch = parse_number(item, state, "MaxItemsPerBatch", 1, 100000000);
  fields.max_input_bytes_per_batch = parse_number(item, state, "MaxInputBytesPerBatch", 1, 262144);
  fields.batch_input = parse_template(item, "BatchInput", state, false);
  item.finish();
  if (json->size() == 0 || (!fields.max_items_per_batch && !fields.max_input_bytes_per_batch)) {
    findings_.schema(item.pointer(), "ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch");
  }
  return fields;
}

ResultWriterFields DefinitionParser::parse_result_writer(Reader& reader, const State& state) {
  ResultWriterFields fields;
  const Value* json = reader.take_object("ResultWriter");
  if (!json) return fields;
  Reader item(*json, reader.at("ResultWriter"), findings_);
  if (json->size() == 0) findings_.schema(item.pointer(), "Value cannot be empty");
  fields.resource = item.take_string("Resource").value_or("");
  fields.config = Value::object();
  if (const Value* config = item.take_object("WriterConfig")) {
    fields.config = *config;
    Reader settings(*config, item.at("WriterConfig"), findings_);
    settings.take_string("Transformation");
    settings.take_string("OutputType");
    settings.finish();
  }
  fields.parameters = parse_template(item, state.is_jsonata() ? "Arguments" : "Parameters", state, true);
  item.finish();
  return fields;
}

}  // namespace statelang
