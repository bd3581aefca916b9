#include "loop.h"

#include <chrono>
#include <ctime>

#include "connection.h"

namespace engine::http {
namespace {

constexpr size_t kBufferBytes = 4096;
constexpr size_t kSpareBuffersMax = 64;
constexpr int64_t kSlowBodyPart = 10;  // a body is slow when it has used this part of its time

int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Loop::Loop(std::shared_ptr<Shared> shared_by_all)
    : shared(*shared_by_all),
      shared_by_all_(std::move(shared_by_all)),
      timer_(io),
      deadlines_({shared.limits.idle_timeout_ms, shared.limits.header_timeout_ms,
                  shared.limits.body_timeout_ms, shared.limits.write_timeout_ms, 2'000}) {}

void Loop::enter(Connection& connection, Phase phase) {
  deadlines_.enter(connection, phase, steady_ms());
  if (armed_for_ms_ == 0 || connection.due_ms < armed_for_ms_) arm();
}

// The timer may ring for a connection that has moved on: then it is set again for the next one. That is one
// wake-up for each limit that passes, however many requests there were.
void Loop::arm() {
  armed_for_ms_ = deadlines_.next_ms();
  if (armed_for_ms_ == 0) return;
  timer_.expires_after(std::chrono::milliseconds(std::max<int64_t>(0, armed_for_ms_ - steady_ms())));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) expire();
  });
}

void Loop::expire() {
  const int64_t now = steady_ms();
  while (DeadlineEntry* due = deadlines_.take_due(now)) static_cast<Connection*>(due)->expire();
  arm();
}

std::vector<char> Loop::take_buffer() {
  if (spare_.empty()) return std::vector<char>(kBufferBytes);
  std::vector<char> buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void Loop::give_back(std::vector<char> buffer) {
  if (buffer.size() == kBufferBytes && spare_.size() < kSpareBuffersMax) spare_.push_back(std::move(buffer));
}

const std::string& Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[64];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
  }
  return date_;
}

bool Loop::close_oldest() {
  const int64_t now = steady_ms();
  DeadlineEntry* entry = deadlines_.oldest(Phase::Idle, 0, now);
  if (!entry) entry = deadlines_.oldest(Phase::Header, 0, now);
  if (!entry) entry = deadlines_.oldest(Phase::Body, shared.limits.body_timeout_ms / kSlowBodyPart, now);
  if (entry) static_cast<Connection*>(entry)->close();
  return entry != nullptr;
}

bool Loop::refuse_slowest_body(const Connection& self) {
  const int64_t slow_ms = shared.limits.body_timeout_ms / kSlowBodyPart;
  auto* slowest = static_cast<Connection*>(deadlines_.oldest(Phase::Body, slow_ms, steady_ms()));
  if (!slowest || slowest == &self) return false;
  slowest->refuse_body();
  return true;
}

void Loop::close_idle() {
  deadlines_.for_each(Phase::Idle, [](DeadlineEntry& entry) { static_cast<Connection&>(entry).close(); });
}

void Loop::close_all() {
  const auto open = all_;  // close() changes the set
  for (Connection* connection : open) connection->close();
}

}  // namespace engine::http
