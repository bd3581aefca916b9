#include "log_trimmer.h"

#include <algorithm>
#include <chrono>

#include <engine/ports/failpoint.h>

namespace engine::runtime::cluster {

using statelang::Unexpected;

// The last applied record stays whatever the margin: it is compared when the log is taken over.
uint64_t trim_before(uint64_t durable, uint64_t margin_records, uint64_t young) {
  const uint64_t margin = std::max<uint64_t>(margin_records, 1);
  return durable <= margin ? 0 : std::min(durable - margin, young);
}

LogTrimmer::LogTrimmer(LogTrimSettings settings, uint16_t partitions, log::KafkaCommandLog& log, Hands hands)
    : settings_(settings), partitions_(partitions), log_(log), hands_(std::move(hands)) {}

void LogTrimmer::start() {
  thread_ = std::thread([this] { run(); });
}

void LogTrimmer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LogTrimmer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto stopping = [this] { return stopping_; };
    if (wake_.wait_for(lock, std::chrono::milliseconds(settings_.period_ms), stopping)) return;
    lock.unlock();
    trim_all();
    lock.lock();
  }
}

void LogTrimmer::trim_all() {
  std::string trouble;
  for (uint16_t i = 0; i < partitions_; ++i) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const auto partition = static_cast<PartitionId>(i);
    if (!hands_.runs_here(partition)) continue;
    const auto deleted = trim(partition);
    ++looked_;
    if (deleted) {
      deleted_ += *deleted;
    } else {
      ++failed_;
      trouble = deleted.error().message;
    }
  }
  tell(trouble);
}

// The position is asked for before anything is deleted and only ever grows, save when Redis loses its disk.
Expected<uint64_t> LogTrimmer::trim(PartitionId partition) {
  const auto durable = hands_.durable(partition);
  if (!durable) return Unexpected{durable.error()};
  if (*durable <= settings_.margin_records) return 0;
  const auto young = log_.first_since(partition, hands_.now_ms() - settings_.keep_ms);
  if (!young) return Unexpected{young.error()};
  const uint64_t before = trim_before(*durable, settings_.margin_records, *young);
  const auto there = log_.extent(partition);
  if (!there) return Unexpected{there.error()};
  if (before <= there->low) return 0;
  pass(Failpoint::TrimChosen);
  if (auto trimmed = log_.trim(partition, before); !trimmed) return Unexpected{trimmed.error()};
  return before - there->low;
}

void LogTrimmer::tell(const std::string& trouble) {
  if (trouble == trouble_) return;
  trouble_ = trouble;
  if (!hands_.notice) return;
  hands_.notice(trouble.empty() ? "old records of the log are deleted again"
                                : "old records of the log are not deleted: " + trouble);
}

}  // namespace engine::runtime::cluster
