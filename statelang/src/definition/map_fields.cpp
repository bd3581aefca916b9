// Parallel and Map: the states with machines inside.
#include <algorithm>

#include "parser.h"

namespace statelang {
namespace {

constexpr size_t kLabelMax = 40;
constexpr int64_t kItemsMax = 100000000;
constexpr int64_t kBatchBytesMax = 262144;
constexpr size_t kPointerMax = 1999;  // characters

using Names = std::vector<std::string_view>;

std::string listed(const Names& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

// A text out of a fixed set.
std::optional<std::string> take_name(Reader& reader, std::string_view field, const Names& allowed) {
  auto text = reader.take_string(field);
  if (text && std::find(allowed.begin(), allowed.end(), *text) == allowed.end()) {
    reader.findings().schema(reader.at(field),
                             "Value should be one of the following: [" + listed(allowed) + "]");
    return std::nullopt;
  }
  return text;
}

// "s3:getObject" of an ARN of any partition, region and account; empty when it is no such ARN.
std::string_view s3_call(const std::string& resource) {
  const size_t at = resource.find(":s3:");
  const bool arn = resource.starts_with("arn:") && resource.find(":states:") != std::string::npos;
  return arn && at != std::string::npos ? std::string_view(resource).substr(at + 1) : std::string_view();
}

void check_s3_resource(Reader& reader, const std::optional<std::string>& resource, const Names& calls) {
  if (!resource) return;
  const std::string_view call = s3_call(*resource);
  if (std::find(calls.begin(), calls.end(), call) != calls.end()) return;
  reader.findings().schema(
      reader.at("Resource"),
      "The resource provided " + *resource +
          " is not recognized. The value is not a valid resource ARN, or the resource is "
          "not available in this region.",
      "Here: arn:aws:states:::" + std::string(calls.front()) +
          (calls.size() > 1 ? " or arn:aws:states:::" + std::string(calls[1]) : "") + ".");
}

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
      const auto language =
          language_of(branch, machine_language_, machine_language_ == QueryLanguage::Jsonata);
      parallel.branches.push_back(parse_level(branch, level, levels_[level].depth + 1, language));
    }
  }
  state.fields = std::move(parallel);
}

void DefinitionParser::parse_map(Reader& reader, State& state, size_t level) {
  MapFields map = parse_processor(reader, level);
  if (state.is_jsonata()) {
    reader.refuse({"ItemsPath"}, QueryLanguage::JsonPath, "Use Items.");
    map.items = parse_items(reader, state);
  } else {
    reader.refuse({"Items"}, QueryLanguage::Jsonata, "Use ItemsPath.");
    if (auto path = parse_path(reader, "ItemsPath", false)) {
      if (path->is_null) findings_.schema(reader.at("ItemsPath"), "Expected value of type String");
      map.items_path = std::move(path->path);
    }
  }
  if (!state.is_jsonata()) reader.one_of({"ItemSelector", "Parameters"}, false);
  map.item_selector = parse_template(reader, "ItemSelector", state, true);
  if (!state.is_jsonata() && reader.has("Parameters"))
    map.item_selector = parse_template(reader, "Parameters", state, false);
  map.max_concurrency = parse_number(reader, state, "MaxConcurrency", 0, kSecondsMax);
  parse_distributed(reader, state, map);
  state.fields = std::move(map);
}

// ItemProcessor or, as it was called first, Iterator.
MapFields DefinitionParser::parse_processor(Reader& reader, size_t level) {
  MapFields map;
  const std::string_view field = reader.has("ItemProcessor") ? "ItemProcessor" : "Iterator";
  if (reader.has("Iterator")) {
    reader.one_of({"ItemProcessor", "Iterator"}, false);
    if (reader.has("ItemProcessor")) reader.take("Iterator");
  } else {
    reader.require({"ItemProcessor"});
  }
  const Value* json = reader.take_object(field);
  if (!json) return map;
  Reader processor(*json, reader.at(field), findings_);
  processor.unsupported({"QueryLanguage"},
                        "States inside have the machine's language; say it in each that needs another.");
  if (const Value* config = processor.take_object("ProcessorConfig")) {
    Reader modes(*config, processor.at("ProcessorConfig"), findings_);
    map.distributed = take_name(modes, "Mode", {"INLINE", "DISTRIBUTED"}).value_or("INLINE") == "DISTRIBUTED";
    if (map.distributed) modes.require({"ExecutionType"});
    map.express_children =
        take_name(modes, "ExecutionType", {"STANDARD", "EXPRESS"}).value_or("STANDARD") == "EXPRESS";
    modes.finish();
    if (map.distributed && options_.express) {
      findings_.schema(modes.at("Mode"), "Express state machine does not support DISTRIBUTED Map states");
    }
  }
  map.processor = parse_level(processor, level, levels_[level].depth + 1, machine_language_);
  return map;
}

// Items of a JSONata Map: a list, an object (its members are the items) or an expression for one.
std::optional<Template> DefinitionParser::parse_items(Reader& reader, const State& state) {
  const Value* items = reader.json().find("Items");
  const bool expression = items && items->is_string() &&
                          (items->as_string().starts_with("{%") || items->as_string().ends_with("%}"));
  if (items && !items->is_array() && !items->is_object() && !expression) {
    findings_.schema(reader.at("Items"), "Expected value of type Array",
                     "A list, an object, or an expression: {% ... %}.");
    reader.take("Items");
    return std::nullopt;
  }
  return parse_template(reader, "Items", state, false);
}

void DefinitionParser::parse_distributed(Reader& reader, State& state, MapFields& map) {
  // AWS accepts the thresholds in an inline Map, where they have no effect.
  map.tolerated_failure_count = parse_number(reader, state, "ToleratedFailureCount", 0, INT64_MAX);
  map.tolerated_failure_percentage = parse_number(reader, state, "ToleratedFailurePercentage", 0, 100);
  if (!map.distributed) {
    reader.unsupported({"ItemReader", "ItemBatcher", "ResultWriter", "Label"},
                       "Distributed Map only: set ItemProcessor.ProcessorConfig.Mode to DISTRIBUTED.");
    return;
  }
  if (const auto label = reader.take_string("Label")) {
    map.label = *label;
    if (label->empty() || label->size() > kLabelMax || !valid_label(*label)) {
      findings_.error("INVALID_LABEL_NAME", reader.at("Label"), "Invalid label: " + *label,
                      "1 to 40 characters, no blanks, none of ?*<>{}[]:;,\\|^~$#%&`\"/.");
    }
    if (!labels_.insert(*label).second) {
      findings_.error("DUPLICATE_LABEL_NAME", reader.at("Label"), "Duplicate label: " + *label,
                      "Labels are unique in the whole definition.");
    }
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
  const auto resource = item.take_string("Resource");
  check_s3_resource(item, resource, {"s3:getObject", "s3:listObjectsV2"});
  fields.resource = resource.value_or("");
  const bool objects = s3_call(fields.resource) == "s3:listObjectsV2";
  if (s3_call(fields.resource) == "s3:getObject") item.require({"ReaderConfig"});
  fields.config = Value::object();
  if (const Value* config = item.take_object("ReaderConfig")) {
    fields.config = *config;
    Reader settings(*config, item.at("ReaderConfig"), findings_);
    check_reader_config(settings, objects);
    fields.max_items = parse_number(settings, state, "MaxItems", 0, kItemsMax);
    settings.finish();
  }
  parse_call_parameters(item, state, fields.parameters);
  item.finish();
  return fields;
}

// Which settings say what depends on InputType; the others have no effect and are accepted.
void DefinitionParser::check_reader_config(Reader& settings, bool objects) {
  take_name(settings, "Transformation", {"NONE", "LOAD_AND_FLATTEN"});
  const auto type = take_name(settings, "InputType", {"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"});
  const Value* manifest = settings.json().find("ManifestType");
  const bool inventory = manifest && manifest->is_string() && manifest->as_string() == "S3_INVENTORY";
  if (!objects && !inventory && !settings.has("InputType")) settings.require({"InputType"});
  take_name(settings, "CSVDelimiter", {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"});
  take_name(settings, "ManifestType", {"ATHENA_DATA", "S3_INVENTORY"});
  const auto header = take_name(settings, "CSVHeaderLocation", {"FIRST_ROW", "GIVEN"});
  if (type && *type == "CSV") settings.require({"CSVHeaderLocation"});
  if (header && *header == "GIVEN") settings.require({"CSVHeaders"});
  if (const Value* headers = settings.take_array("CSVHeaders", false)) {
    for (size_t i = 0; i < headers->size(); ++i) {
      if (!(*headers)[i].is_string())
        findings_.schema(settings.at("CSVHeaders") + "/" + std::to_string(i),
                         "Expected value of type String");
    }
  }
  const auto pointer = settings.take_string("ItemsPointer");
  if (pointer && !pointer->empty() && pointer->front() != '/') {
    findings_.schema(settings.at("ItemsPointer"), "Value must be a valid JSON pointer",
                     "It starts with '/'.");
  } else if (pointer && characters(*pointer) > kPointerMax) {
    findings_.schema(settings.at("ItemsPointer"), "Value must be a valid JSON pointer",
                     "It has less than 2,000 characters.");
  }
}

// Parameters (JSONPath) or Arguments (JSONata) of the call that reads or writes objects.
void DefinitionParser::parse_call_parameters(Reader& item, const State& state, std::optional<Template>& out) {
  if (state.is_jsonata()) {
    item.refuse({"Parameters"}, QueryLanguage::JsonPath, "Use Arguments.");
  } else {
    item.refuse({"Arguments"}, QueryLanguage::Jsonata, "Use Parameters.");
  }
  out = parse_template(item, state.is_jsonata() ? "Arguments" : "Parameters", state, true);
}

ItemBatcherFields DefinitionParser::parse_item_batcher(Reader& reader, const State& state) {
  ItemBatcherFields fields;
  const Value* json = reader.take_object("ItemBatcher");
  if (!json) return fields;
  Reader item(*json, reader.at("ItemBatcher"), findings_);
  fields.max_items_per_batch = parse_number(item, state, "MaxItemsPerBatch", 0, kItemsMax);
  fields.max_input_bytes_per_batch = parse_number(item, state, "MaxInputBytesPerBatch", 0, kBatchBytesMax);
  fields.batch_input = parse_template(item, "BatchInput", state, false);
  item.finish();
  const bool limited = item.has("MaxItemsPerBatch") || item.has("MaxItemsPerBatchPath") ||
                       item.has("MaxInputBytesPerBatch") || item.has("MaxInputBytesPerBatchPath");
  if (!limited)
    findings_.schema(item.pointer(), "ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch");
  return fields;
}

ResultWriterFields DefinitionParser::parse_result_writer(Reader& reader, const State& state) {
  ResultWriterFields fields;
  const Value* json = reader.take_object("ResultWriter");
  if (!json) return fields;
  Reader item(*json, reader.at("ResultWriter"), findings_);
  if (json->size() == 0) findings_.schema(item.pointer(), "Value cannot be empty");
  const auto resource = item.take_string("Resource");
  check_s3_resource(item, resource, {"s3:putObject"});
  fields.resource = resource.value_or("");
  fields.config = Value::object();
  if (const Value* config = item.take_object("WriterConfig")) {
    fields.config = *config;
    Reader settings(*config, item.at("WriterConfig"), findings_);
    take_name(settings, "Transformation", {"NONE", "COMPACT", "FLATTEN"});
    take_name(settings, "OutputType", {"JSON", "JSONL"});
    settings.finish();
  }
  parse_call_parameters(item, state, fields.parameters);
  const std::string_view call = state.is_jsonata() ? "Arguments" : "Parameters";
  if (item.has("Resource")) item.require({call});
  if (item.has(call)) item.require({"Resource"});
  item.finish();
  return fields;
}

}  // namespace statelang
