#include "language_table.h"

namespace golden {

using enum statelang::StateType;

const std::vector<FieldRow>& state_fields() {
  static const std::vector<FieldRow> rows = {
      {"Type", In::Both, {Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail}},
      {"Comment", In::Both, {Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail}},
      {"QueryLanguage", In::Both, {Task, Parallel, Map, Pass, Wait, Choice, Succeed, Fail}},
      {"Next", In::Both, {Task, Parallel, Map, Pass, Wait}},
      {"End", In::Both, {Task, Parallel, Map, Pass, Wait}},
      {"InputPath", In::JsonPath, {Task, Parallel, Map, Pass, Wait, Choice, Succeed}},
      {"OutputPath", In::JsonPath, {Task, Parallel, Map, Pass, Wait, Choice, Succeed}},
      {"Output", In::Jsonata, {Task, Parallel, Map, Pass, Wait, Choice, Succeed}},
      {"Parameters", In::JsonPath, {Task, Parallel, Map, Pass}},
      {"Arguments", In::Jsonata, {Task, Parallel}},
      {"ResultSelector", In::JsonPath, {Task, Parallel, Map}},
      {"ResultPath", In::JsonPath, {Task, Parallel, Map, Pass}},
      {"Assign", In::Both, {Task, Parallel, Map, Pass, Wait, Choice}},
      {"Retry", In::Both, {Task, Parallel, Map}},
      {"Catch", In::Both, {Task, Parallel, Map}},
      {"Resource", In::Both, {Task}},
      {"Credentials", In::Both, {Task}},
      {"TimeoutSeconds", In::Both, {Task}},
      {"TimeoutSecondsPath", In::JsonPath, {Task}},
      {"HeartbeatSeconds", In::Both, {Task}},
      {"HeartbeatSecondsPath", In::JsonPath, {Task}},
      {"Branches", In::Both, {Parallel}},
      {"ItemProcessor", In::Both, {Map}},
      {"Iterator", In::Both, {Map}},
      {"Items", In::Jsonata, {Map}},
      {"ItemsPath", In::JsonPath, {Map}},
      {"ItemSelector", In::Both, {Map}},
      {"MaxConcurrency", In::Both, {Map}},
      {"MaxConcurrencyPath", In::JsonPath, {Map}},
      {"ToleratedFailureCount", In::Both, {Map}},
      {"ToleratedFailureCountPath", In::JsonPath, {Map}},
      {"ToleratedFailurePercentage", In::Both, {Map}},
      {"ToleratedFailurePercentagePath", In::JsonPath, {Map}},
      {"Label", In::Both, {Map}},
      {"ItemReader", In::Both, {Map}},
      {"ItemBatcher", In::Both, {Map}},
      {"ResultWriter", In::Both, {Map}},
      {"Result", In::JsonPath, {Pass}},
      {"Seconds", In::Both, {Wait}},
      {"SecondsPath", In::JsonPath, {Wait}},
      {"Timestamp", In::Both, {Wait}},
      {"TimestampPath", In::JsonPath, {Wait}},
      {"Choices", In::Both, {Choice}},
      {"Default", In::Both, {Choice}},
      {"Error", In::Both, {Fail}},
      {"ErrorPath", In::JsonPath, {Fail}},
      {"Cause", In::Both, {Fail}},
      {"CausePath", In::JsonPath, {Fail}},
  };
  return rows;
}

const std::vector<FieldRow>& inner_fields() {
  static const std::vector<FieldRow> rows = [] {
    std::vector<FieldRow> out;
    for (const std::string_view field :
         {"Retry.ErrorEquals", "Retry.Comment", "Retry.IntervalSeconds", "Retry.MaxAttempts",
          "Retry.BackoffRate", "Retry.MaxDelaySeconds", "Retry.JitterStrategy", "Catch.ErrorEquals",
          "Catch.Comment", "Catch.Next", "Catch.Assign"}) {
      out.push_back({field, In::Both, {Task, Parallel, Map}});
    }
    out.push_back({"Catch.ResultPath", In::JsonPath, {Task, Parallel, Map}});
    out.push_back({"Catch.Output", In::Jsonata, {Task, Parallel, Map}});
    for (const std::string_view field : {"Choices.Next", "Choices.Assign", "Choices.Comment"}) {
      out.push_back({field, In::Both, {Choice}});
    }
    for (const std::string_view field : {"Choices.Condition", "Choices.Output"}) {
      out.push_back({field, In::Jsonata, {Choice}});
    }
    for (const std::string_view operation : {"Choices.Variable",
                                             "Choices.And",
                                             "Choices.Or",
                                             "Choices.Not",
                                             "Choices.IsNull",
                                             "Choices.IsPresent",
                                             "Choices.IsNumeric",
                                             "Choices.IsString",
                                             "Choices.IsBoolean",
                                             "Choices.IsTimestamp",
                                             "Choices.StringMatches",
                                             "Choices.BooleanEquals",
                                             "Choices.BooleanEqualsPath",
                                             "Choices.StringEquals",
                                             "Choices.StringEqualsPath",
                                             "Choices.StringLessThan",
                                             "Choices.StringLessThanPath",
                                             "Choices.StringGreaterThan",
                                             "Choices.StringGreaterThanPath",
                                             "Choices.StringLessThanEquals",
                                             "Choices.StringLessThanEqualsPath",
                                             "Choices.StringGreaterThanEquals",
                                             "Choices.StringGreaterThanEqualsPath",
                                             "Choices.NumericEquals",
                                             "Choices.NumericEqualsPath",
                                             "Choices.NumericLessThan",
                                             "Choices.NumericLessThanPath",
                                             "Choices.NumericGreaterThan",
                                             "Choices.NumericGreaterThanPath",
                                             "Choices.NumericLessThanEquals",
                                             "Choices.NumericLessThanEqualsPath",
                                             "Choices.NumericGreaterThanEquals",
                                             "Choices.NumericGreaterThanEqualsPath",
                                             "Choices.TimestampEquals",
                                             "Choices.TimestampEqualsPath",
                                             "Choices.TimestampLessThan",
                                             "Choices.TimestampLessThanPath",
                                             "Choices.TimestampGreaterThan",
                                             "Choices.TimestampGreaterThanPath",
                                             "Choices.TimestampLessThanEquals",
                                             "Choices.TimestampLessThanEqualsPath",
                                             "Choices.TimestampGreaterThanEquals",
                                             "Choices.TimestampGreaterThanEqualsPath"}) {
      out.push_back({operation, In::JsonPath, {Choice}});
    }
    for (const std::string_view field :
         {"ItemProcessor.ProcessorConfig", "ItemReader.Resource", "ItemReader.ReaderConfig",
          "ItemBatcher.MaxItemsPerBatch", "ItemBatcher.MaxInputBytesPerBatch", "ItemBatcher.BatchInput",
          "ResultWriter.Resource", "ResultWriter.WriterConfig"}) {
      out.push_back({field, In::Both, {Map}});
    }
    for (const std::string_view field :
         {"ItemReader.Parameters", "ItemBatcher.MaxItemsPerBatchPath",
          "ItemBatcher.MaxInputBytesPerBatchPath", "ResultWriter.Parameters"}) {
      out.push_back({field, In::JsonPath, {Map}});
    }
    out.push_back({"ItemReader.Arguments", In::Jsonata, {Map}});
    out.push_back({"ResultWriter.Arguments", In::Jsonata, {Map}});
    return out;
  }();
  return rows;
}

// A state type stands beside ExecutionFailed where it was this state that failed the execution. Not here, as
// no definition brings them about: starts and submissions that a service refuses, redrives, and stopped Map
// Runs; the engine's tests have them.
const std::vector<EventRow>& state_events() {
  static const std::vector<EventRow> rows = {
      {"Execution",
       {"ExecutionStarted", "ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut",
        "ExecutionAborted"}},
      {"Pass", {"PassStateEntered", "PassStateExited", "EvaluationFailed", "ExecutionFailed"}},
      {"Wait",
       {"WaitStateEntered", "WaitStateExited", "WaitStateAborted", "EvaluationFailed", "ExecutionFailed"}},
      {"Choice", {"ChoiceStateEntered", "ChoiceStateExited", "EvaluationFailed", "ExecutionFailed"}},
      {"Succeed", {"SucceedStateEntered", "SucceedStateExited", "EvaluationFailed", "ExecutionFailed"}},
      {"Fail", {"FailStateEntered", "EvaluationFailed", "ExecutionFailed"}},
      {"Task",
       {"TaskStateEntered",
        "TaskStateExited",
        "TaskStateAborted",
        "EvaluationFailed",
        "ExecutionFailed",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskFailed",
        "TaskTimedOut",
        "ActivityScheduled",
        "ActivityStarted",
        "ActivitySucceeded",
        "ActivityFailed",
        "ActivityTimedOut",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "LambdaFunctionFailed",
        "LambdaFunctionTimedOut"}},
      {"Parallel",
       {"ParallelStateEntered", "ParallelStateStarted", "ParallelStateSucceeded", "ParallelStateFailed",
        "ParallelStateAborted", "ParallelStateExited", "EvaluationFailed", "ExecutionFailed"}},
      {"Map",
       {"MapStateEntered", "MapStateStarted", "MapStateSucceeded", "MapStateFailed", "MapStateAborted",
        "MapStateExited", "MapIterationStarted", "MapIterationSucceeded", "MapIterationFailed",
        "MapIterationAborted", "MapRunStarted", "MapRunSucceeded", "MapRunFailed", "EvaluationFailed",
        "ExecutionFailed"}},
  };
  return rows;
}

}  // namespace golden
