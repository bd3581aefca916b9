#include "kafka_progress.h"

#include <algorithm>

namespace stepstream_worker {

void Progress::take(int64_t offset) {
  records_.push_back({offset, false});
}

void Progress::finish(int64_t offset) {
  const auto place =
      std::lower_bound(records_.begin(), records_.end(), offset,
                       [](const Record& record, int64_t wanted) { return record.offset < wanted; });
  if (place == records_.end() || place->offset != offset) return;
  place->finished = true;
  while (!records_.empty() && records_.front().finished) {
    committable_ = records_.front().offset + 1;
    records_.pop_front();
  }
}

}  // namespace stepstream_worker
