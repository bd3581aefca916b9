// Map, Parallel and Distributed Map with mocked results.
#include "ask.h"

namespace statelang::test_state {
namespace {

constexpr const char* kProcessor =
    R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"In",
       "States":{"In":{"Type":"Pass","End":true}}})";

std::string map_state(const std::string& more) {
  return R"({"Type":"Map",)" + std::string(kProcessor) + "," + more + R"("End":true})";
}

}  // namespace

TEST_CASE("test state: a Parallel takes one mocked result for each branch") {
  const std::string parallel =
      R"({"Type":"Parallel","ResultPath":"$.r","Branches":[{"StartAt":"A","States":{"A":{"Type":"Succeed"}}},
          {"StartAt":"B","States":{"B":{"Type":"Succeed"}}}],"End":true})";
  const auto result = good(mocked(parallel, "[1,2]", R"({"i":0})"));
  CHECK(output(result) == R"({"i":0,"r":[1,2]})");
  CHECK(steps(result) == R"(input={"i":0} afterResultSelector=[1,2] afterResultPath={"i":0,"r":[1,2]})");
  CHECK(refused(mocked(parallel, "[1]")).message ==
        "Mocked result must contain the same number of items as number of Parallel branches.");
  CHECK(refused(mocked(parallel, "{}")).message == "Mocked result must be an array.");
  CHECK(refused(asked(parallel)).kind == Refusal::Kind::InvalidDefinition);
}

TEST_CASE("test state: a Map shows its items, the iterations' inputs and its limits") {
  const auto result =
      good(mocked(map_state(R"("ItemsPath":"$.v","MaxConcurrency":4,"ToleratedFailurePercentage":12.5,
                   "ItemSelector":{"n.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"},)"),
                  "[10,20]", R"({"v":[1,2]})"));
  CHECK(output(result) == "[10,20]");
  CHECK(
      steps(result) ==
      R"(input={"v":[1,2]} afterInputPath={"v":[1,2]} afterItemsPath=[1,2] )"
      R"(afterItemSelector=[{"n":1,"i":0},{"n":2,"i":1}] afterResultSelector=[10,20] afterResultPath=[10,20])");
  CHECK(result.inspection.max_concurrency == 4);
  CHECK(result.inspection.tolerated_failure_percentage == 12.5);
  CHECK_FALSE(result.inspection.tolerated_failure_count);
}

TEST_CASE("test state: a Map makes batches of its items") {
  const auto result = good(mocked(map_state(R"("ItemsPath":"$.v","ItemBatcher":{"MaxItemsPerBatch":2},)"),
                                  "[0,0]", R"({"v":[1,2,3]})"));
  CHECK(step_of(result, "afterItemBatcher")->text() == R"([{"Items":[1,2]},{"Items":[3]}])");
}

TEST_CASE("test state: ItemReader's data are parsed as they lie in their source") {
  auto request = mocked(
      map_state(R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV",
                   "CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"k"}},
                   "ItemSelector":{"n.$":"$$.Map.Item.Value.name"},)"),
      "[0,0]");
  request.configuration.map_item_reader_data = "name,age\nann,3\nbob,4\n";
  CHECK(step_of(good(request), "afterItemSelector")->text() == R"([{"n":"ann"},{"n":"bob"}])");
}

TEST_CASE("test state: failed iterations are held against what the Map tolerates") {
  auto request =
      mocked(map_state(R"("ItemsPath":"$.v","ToleratedFailureCount":1,)"), "[0,0,0]", R"({"v":[1,2,3]})");
  request.configuration.map_iteration_failure_count = 1;
  CHECK(good(request).status == Status::Succeeded);
  request.configuration.map_iteration_failure_count = 2;
  CHECK(good(request).error == "States.ExceedToleratedFailureThreshold");
  request.configuration.map_iteration_failure_count = 4;
  CHECK(refused(request).message ==
        "Map iteration failure count must be less than or equal to the number of Map iterations");
}

TEST_CASE("test state: a Map whose inputs are too much to make is refused") {
  std::string items = "[0";
  while (items.size() < 80'000) items += ",0";
  const auto state = map_state(R"("ItemsPath":"$.v","ItemSelector":{"all.$":"$.v"},)");
  CHECK(refused(mocked(state, "[]", R"({"v":)" + items + "]}")).message.find("fewer items") !=
        std::string::npos);
}

TEST_CASE("test state: items that are no array fail the Map") {
  const auto result = good(mocked(map_state(R"("ItemsPath":"$.v",)"), "[]", R"({"v":1})"));
  CHECK(result.error == "States.Runtime");
  CHECK(result.cause == R"(Reference path "$.v" must point to array.)");
  CHECK(steps(result) == R"(input={"v":1} afterInputPath={"v":1})");
}

}  // namespace statelang::test_state
