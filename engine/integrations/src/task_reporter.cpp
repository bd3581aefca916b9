#include "task_reporter.h"

#include <algorithm>

namespace engine::integrations {

bool worth_retrying(ApiErrorCode code) {
  return code == ApiErrorCode::Throttled || code == ApiErrorCode::StorageFull ||
         code == ApiErrorCode::Unavailable;
}

int64_t retry_delay_ms(int attempt) {
  constexpr int64_t kFirstMs = 50;
  constexpr int64_t kMostMs = 5'000;
  return std::min<int64_t>(kFirstMs << std::min(attempt, 10), kMostMs);
}

void TaskReporter::succeed(const std::string& token, std::string output) {
  TaskResult result{token, std::move(output), {}};
  result.whole_answer = true;
  report(std::make_shared<const TaskResult>(std::move(result)), 0);
}

void TaskReporter::fail(const std::string& token, statelang::Failure failure, bool submission) {
  TaskResult result{token, std::nullopt, std::move(failure)};
  result.whole_answer = true;
  result.submission = submission;
  report(std::make_shared<const TaskResult>(std::move(result)), 0);
}

void TaskReporter::report(std::shared_ptr<const TaskResult> result, int attempt) {
  engine_.report_task(*result, {}, [this, result, attempt](ApiResult<bool> reported) {
    if (reported || !worth_retrying(reported.error().code)) return;
    io_.after(retry_delay_ms(attempt), [this, result, attempt] { report(result, attempt + 1); });
  });
}

void TaskReporter::submitted(const std::string& token, std::string output, std::function<void()> then) {
  submit(token, std::move(output), std::move(then), 0);
}

void TaskReporter::submit(std::string token, std::string output, std::function<void()> then, int attempt) {
  engine_.report_submitted(token, output, [this, token, output, then, attempt](ApiResult<bool> reported) {
    if (reported) return then();
    if (!worth_retrying(reported.error().code)) return;
    io_.after(retry_delay_ms(attempt),
              [this, token, output, then, attempt] { submit(token, output, then, attempt + 1); });
  });
}

}  // namespace engine::integrations
