// What the Step Functions API answers, as integrations see it: member names in upper camel case, dates as
// milliseconds (optimized) or texts (SDK), transport headers around optimized answers.
#pragma once

#include <string>

#include <engine/runtime/engine.h>

namespace engine::integrations {

// StartExecution by states:startExecution: with SdkHttpMetadata and SdkResponseMetadata.
std::string start_answer(const StartedExecution& started, const std::string& request_id);
// StartExecution by aws-sdk:sfn:startExecution.
std::string sdk_start_answer(const StartedExecution& started);

// DescribeExecution as .sync gives it: Input and Output are texts; `parsed` (.sync:2): JSON.
std::string describe_answer(const Execution& execution, bool parsed);
// DescribeExecution and StartSyncExecution by aws-sdk:sfn.
std::string sdk_describe_answer(const Execution& execution);
std::string sdk_sync_answer(const Execution& execution);
std::string sdk_stop_answer(int64_t stop_ms);

}  // namespace engine::integrations
