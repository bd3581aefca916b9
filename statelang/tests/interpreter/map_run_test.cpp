// Distributed Map: Map Runs, item readers, batches, thresholds and result files.
#include "../map_run/memory_objects.h"
#include "runner.h"

namespace statelang {
namespace {

// A Map over states named I with more members.
std::string map_state(const std::string& more, const std::string& inner) {
  return R"("M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED",
    "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {)" +
         inner + "}}" + more + "}";
}

const std::string kPass = R"("I": {"Type": "Pass", "End": true})";
const std::string kOddFails =
    R"("I": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}], "Default": "P"},
       "P": {"Type": "Pass", "End": true}, "F": {"Type": "Fail", "Error": "Odd"})";

}  // namespace

TEST_CASE("map run: children leave no events in the history around them") {
  const auto result = run({map_state("", kPass), "M", "[1,2]"});
  CHECK(result.output->text() == "[1,2]");
  CHECK(links(result) ==
        "1<0 ExecutionStarted, 2<0 MapStateEntered, 3<2 MapStateStarted, 4<3 MapRunStarted, "
        "5<4 MapRunSucceeded, 6<5 MapStateSucceeded, 7<5 MapStateExited, 8<7 ExecutionSucceeded");
}

TEST_CASE("map run: a child has an execution of its own in the context object") {
  const auto result = run({map_state("", R"("I": {"Type": "Pass", "Parameters": {"i.$": "$$.Execution.Input",
      "id.$": "$$.Execution.Id"}, "End": true})"),
                           "M", "[7]"});
  REQUIRE(result.output);
  const Value& child = result.output->value()[0];
  CHECK(child.find("i")->as_integer() == 7);
  CHECK(child.find("id")->as_string().find(":execution:M/") != std::string_view::npos);
}

TEST_CASE("map run: an Express child ends after five minutes, a Standard one does not") {
  const auto limited = [](const std::string& type) {
    return run(
        {R"("M": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED",
        "ExecutionType": ")" +
             type + R"("}, "StartAt": "I", "States": {"I": {"Type": "Wait", "Seconds": 400, "End": true}}}})",
         "M", "[1]"});
  };
  CHECK(limited("STANDARD").status == ExecutionStatus::Succeeded);
  CHECK(limited("EXPRESS").failure.error == "States.ExceedToleratedFailureThreshold");
}

TEST_CASE("map run: one failed child is too many without a threshold") {
  const auto result = run({map_state("", kOddFails), "M", "[0,1,2]"});
  CHECK(result.failure.error == "States.ExceedToleratedFailureThreshold");
  CHECK(links(result).find("5<4 MapRunFailed, 6<5 MapStateFailed, 7<6 ExecutionFailed") != std::string::npos);
}

TEST_CASE("map run: tolerated failures are left out of the result") {
  const auto result = run({map_state(R"(, "ToleratedFailureCount": 1)", kOddFails), "M", "[0,1,2]"});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.output->text() == "[0,2]");
}

TEST_CASE("map run: States.Runtime in a child ends that child alone") {
  const auto result = run({map_state(R"(, "ToleratedFailurePercentage": 50)",
                                     R"("I": {"Type": "Pass", "InputPath": "$.a", "End": true})"),
                           "M", R"([{"a":1},{"b":2}])"});
  CHECK(result.status == ExecutionStatus::Succeeded);
  CHECK(result.output->text() == "[1]");
}

TEST_CASE("map run: ItemBatcher makes batches by count with BatchInput") {
  const auto result =
      run({map_state(R"(, "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"x": 9}})", kPass), "M",
           "[1,2,3]"});
  REQUIRE(result.output);
  CHECK(result.output->text() ==
        R"([{"BatchInput":{"x":9},"Items":[1,2]},{"BatchInput":{"x":9},"Items":[3]}])");
}

TEST_CASE("map run: ItemReader reads CSV and ResultWriter leaves a manifest") {
  map_run::MemoryObjects objects;
  objects.objects["in/f.csv"] = "a,b\n1,\"x\"\"y\"\n2\n";
  Machine machine{map_state(R"(, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
      "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
      "Parameters": {"Bucket": "in", "Key": "f.csv"}},
      "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "out", "Prefix": "p"},
      "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSON"}})",
                            kPass),
                  "M"};
  machine.objects = &objects;
  const auto result = run(machine);
  REQUIRE(result.status == ExecutionStatus::Succeeded);
  const Value* written = result.output->value().find("ResultWriterDetails");
  REQUIRE(written);
  const auto manifest = objects.text("out/" + std::string(written->find("Key")->as_string()));
  REQUIRE(manifest);
  const Value listed = parse_json(*manifest).value();
  const Value& file = (*listed.find("ResultFiles")->find("SUCCEEDED"))[0];
  CHECK(*objects.text("out/" + std::string(file.find("Key")->as_string())) ==
        R"([{"a":"1","b":"x\"y"},{"a":"2","b":""}])");
}

TEST_CASE("map run: an object that is not there is States.ItemReaderFailed") {
  const auto result = run({map_state(R"(, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
      "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "in", "Key": "no"}})",
                                     kPass),
                           "M"});
  CHECK(result.failure.error == "States.ItemReaderFailed");
}

namespace {

// What is in the result files of a Map Run over [0,1,2,3] whose second child fails.
std::string result_file(const map_run::MemoryObjects& objects, const std::string& name) {
  for (const auto& [place, bytes] : objects.objects) {
    if (place.ends_with(name)) return bytes;
  }
  return "absent";
}

Machine writing_map(const std::string& more, const std::string& inner, map_run::MemoryObjects& objects) {
  Machine machine{map_state(R"(, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
      "Parameters": {"Bucket": "out"}})" +
                                more,
                            inner),
                  "M", "[0,1,2,3]"};
  machine.objects = &objects;
  return machine;
}

}  // namespace

TEST_CASE("map run: when the threshold is exceeded the files are written before it fails") {
  map_run::MemoryObjects objects;
  const auto result = run(writing_map(R"(, "MaxConcurrency": 1)", kOddFails, objects));
  CHECK(result.failure.error == "States.ExceedToleratedFailureThreshold");
  CHECK(links(result).find("MapRunFailed") != std::string::npos);
  const Value failed = parse_json(result_file(objects, "FAILED_0.json")).value();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].find("Status")->as_string() == "FAILED");
  CHECK(failed[0].find("Input")->as_string() == "1");
  CHECK(parse_json(result_file(objects, "SUCCEEDED_0.json")).value().size() == 1);
  const Value pending = parse_json(result_file(objects, "PENDING_0.json")).value();
  REQUIRE(pending.size() == 2);
  CHECK(pending[1].find("Status")->as_string() == "PENDING");
  CHECK(pending[1].find("Input")->as_string() == "3");
  const Value manifest = parse_json(result_file(objects, "manifest.json")).value();
  CHECK(manifest.find("ResultFiles")->find("PENDING")->size() == 1);
}

TEST_CASE("map run: children that are open when it fails are written as aborted") {
  map_run::MemoryObjects objects;
  const auto result = run(writing_map("", R"("I": {"Type": "Choice", "Default": "W", "Choices": [
      {"Variable": "$", "NumericEquals": 1, "Next": "F"}]}, "W": {"Type": "Wait", "Seconds": 9, "End": true},
      "F": {"Type": "Fail", "Error": "Odd"})",
                                      objects));
  CHECK(result.failure.error == "States.ExceedToleratedFailureThreshold");
  CHECK(result.events.back().timestamp_ms == 0);
  const std::string failed = result_file(objects, "FAILED_0.json");
  CHECK(failed.find("ABORTED") != std::string::npos);
  CHECK(parse_json(failed).value().size() >= 2);
  CHECK(result_file(objects, "SUCCEEDED_0.json") == "absent");
}

TEST_CASE("map run: results that cannot be written are States.ResultWriterFailed") {
  Machine machine{map_state(R"(, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
      "Parameters": {"Bucket": "out"}})",
                            kPass),
                  "M", "[1]"};
  CHECK(run(machine).failure.error == "States.ResultWriterFailed");
}

TEST_CASE("map run: WriterConfig alone transforms the result: COMPACT, FLATTEN, JSONL files") {
  const auto flat =
      run({map_state(R"(, "ResultWriter": {"WriterConfig": {"Transformation": "FLATTEN"}})", kPass), "M",
           "[[1,2],[3],4]"});
  REQUIRE(flat.output);
  CHECK(flat.output->text() == "[1,2,3,4]");
  const auto compact =
      run({map_state(R"(, "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}})", kPass), "M",
           "[[1,2],[3],4]"});
  REQUIRE(compact.output);
  CHECK(compact.output->text() == "[[1,2],[3],4]");
  map_run::MemoryObjects objects;
  Machine lines{map_state(R"(, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
      "Parameters": {"Bucket": "out"}, "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}})",
                          kPass),
                "M", "[[1,2],[3]]"};
  lines.objects = &objects;
  CHECK(run(lines).status == ExecutionStatus::Succeeded);
  CHECK(result_file(objects, "SUCCEEDED_0.jsonl") == "1\n2\n3");
}

namespace {

// A Map over a JSONL file with the numbers below `count`.
test_runner::Result run_over_lines(int count, const std::string& more) {
  map_run::MemoryObjects objects;
  objects.chunk = 1 << 16;
  std::string& lines = objects.objects["in/f"];
  for (int i = 0; i < count; ++i) lines += std::to_string(i) + "\n";
  Machine machine{map_state(R"(, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
      "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "in", "Key": "f"}})" +
                                more,
                            kPass),
                  "M"};
  machine.objects = &objects;
  return run(machine);
}

}  // namespace

TEST_CASE("map run: a file of more items than a chunk gives every item once, in order") {
  const auto result = run_over_lines(3500, "");
  REQUIRE(result.output);
  REQUIRE(result.output->value().size() == 3500);
  for (int i = 0; i < 3500; ++i) REQUIRE(result.output->value()[i].as_integer() == i);
}

TEST_CASE("map run: batches do not end where chunks do") {
  for (const int size : {7, 1500, 5000}) {
    const auto result = run_over_lines(
        3500, R"(, "ItemBatcher": {"MaxItemsPerBatch": )" + std::to_string(size) +
                  R"(}, "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"})");
    REQUIRE(result.output);
    const Value& batches = result.output->value();
    REQUIRE(static_cast<int>(batches.size()) == (3500 + size - 1) / size);
    int next = 0;
    for (size_t b = 0; b < batches.size(); ++b) {
      const Value& items = *batches[b].find("Items");
      REQUIRE(static_cast<int>(items.size()) == std::min(size, 3500 - next));
      for (size_t i = 0; i < items.size(); ++i, ++next) {
        REQUIRE(items[i].find("i")->as_integer() == next);
        REQUIRE(items[i].find("v")->as_integer() == next);
      }
    }
  }
}

TEST_CASE("map run: a batch is never larger than a child's input may be") {
  map_run::MemoryObjects objects;
  for (int i = 0; i < 600; ++i) objects.objects["b/f"] += '"' + std::string(1000, 'y') + "\"\n";
  const std::string count = R"json("I": {"Type": "Pass", "End": true, "OutputPath": "$.n",
      "Parameters": {"n.$": "States.ArrayLength($.Items)"}})json";
  Machine machine{map_state(R"(, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
      "Parameters": {"Bucket": "b", "Key": "f"}, "ReaderConfig": {"InputType": "JSONL"}},
      "ItemBatcher": {"MaxItemsPerBatch": 500})",
                            count),
                  "M"};
  machine.objects = &objects;
  const auto result = run(machine);
  REQUIRE(result.output);
  CHECK(result.output->text() == "[261,261,78]");  // of 1002 bytes and a comma
}

}  // namespace statelang
