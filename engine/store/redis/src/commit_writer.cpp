#include "commit_writer.h"

#include <chrono>
#include <deque>
#include <map>

#include <engine/ports/failpoint.h>

#include "keys.h"

namespace engine::store::redis {

namespace {

// The arguments of one commit; `texts` keeps those that are made here.
class CommitCommand {
 public:
  CommitCommand(const RedisSettings& settings, std::string_view script, const PendingCommit& commit)
      : tag_(partition_tag(settings, commit.partition)) {
    collect_tables(commit.batch);
    arguments_ = {"EVALSHA", script, keep(std::to_string(1 + 2 * tables_.size())), keep(position_key(tag_))};
    std::map<size_t, Table> in_order;
    for (const auto& [table, place] : tables_) in_order[place] = table;
    for (const auto& [place, table] : in_order) {
      arguments_.push_back(keep(values_key(tag_, table)));
      arguments_.push_back(keep(order_key(tag_, table)));
    }
    const AppliedPosition& position = commit.position;
    arguments_.push_back(keep(fixed_width(commit.expected_applied)));
    arguments_.push_back(keep(fixed_width(position.epoch)));
    arguments_.push_back(keep(fixed_width(position.applied)));
    arguments_.push_back(keep(std::to_string(position.now_ms)));
    arguments_.push_back(position.fingerprint);
    add(commit.batch);
  }

  const Arguments& arguments() const { return arguments_; }
  size_t bytes() const {
    size_t sum = 0;
    for (const std::string_view argument : arguments_) sum += argument.size();
    return sum;
  }

 private:
  void collect_tables(const WriteBatch& batch) {
    for (const WriteOperation& operation : batch.operations) {
      tables_.try_emplace(operation.table, tables_.size() + 1);
    }
  }

  // Operations of one kind on one table that Redis can do as one command.
  struct Run {
    WriteOperation::Kind kind;
    Table table;
    Arguments arguments;
  };

  // Puts and erases of a table whose keys ascend cannot meet: all the puts go together, and all the erases.
  // What breaks the order starts over, so that later operations win.
  void add(const WriteBatch& batch) {
    Run puts{WriteOperation::Kind::Put, {}, {}}, others{WriteOperation::Kind::Erase, {}, {}};
    const WriteOperation* before = nullptr;
    const auto flush = [&] {
      add(puts);
      add(others);
    };
    for (const WriteOperation& operation : batch.operations) {
      const bool range = operation.kind == WriteOperation::Kind::EraseRange;
      const bool goes_on = before != nullptr && before->table == operation.table && !range &&
                           before->kind != WriteOperation::Kind::EraseRange && before->key < operation.key;
      const bool more_ranges = before != nullptr && range &&
                               before->kind == WriteOperation::Kind::EraseRange &&
                               before->table == operation.table;
      if (!goes_on && !more_ranges) flush();
      before = &operation;
      puts.table = others.table = operation.table;
      if (operation.kind == WriteOperation::Kind::Put) {
        puts.arguments.insert(puts.arguments.end(), {operation.key, operation.value});
        continue;
      }
      others.kind = operation.kind;
      if (!range) {
        others.arguments.emplace_back(operation.key);
      } else if (operation.value.empty() || operation.key < operation.value) {
        others.arguments.insert(others.arguments.end(),
                                {keep(lex_from(operation.key)), keep(lex_below(operation.value))});
      }
    }
    flush();
  }

  void add(Run& run) {
    if (run.arguments.empty()) return;
    static constexpr const char* kLetters[] = {"P", "E", "R"};
    arguments_.insert(arguments_.end(), {kLetters[static_cast<size_t>(run.kind) - 1],
                                         keep(std::to_string(tables_.at(run.table))),
                                         keep(std::to_string(run.arguments.size()))});
    arguments_.insert(arguments_.end(), run.arguments.begin(), run.arguments.end());
    run.arguments.clear();
  }

  std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

  const std::string tag_;
  std::map<Table, size_t> tables_;  // the place of each in KEYS, from 1
  std::deque<std::string> texts_;
  Arguments arguments_;
};

}  // namespace

CommitWriter::CommitWriter(const RedisSettings& settings, std::vector<std::unique_ptr<RecentRows>>& recent)
    : settings_(settings),
      recent_(recent),
      connection_(settings),
      commits_([this](std::vector<PendingCommit> group) { write_group(std::move(group)); }) {}

RedisMetrics CommitWriter::metrics() const {
  const std::lock_guard lock(mutex_);
  return metrics_;
}

Expected<void> CommitWriter::send(const PendingCommit& commit) {
  auto script = connection_.commit_script();
  if (!script) return statelang::Unexpected{script.error()};
  const CommitCommand command(settings_, *script, commit);
  {
    const std::lock_guard lock(mutex_);
    metrics_.bytes += command.bytes();
  }
  return connection_.send(command.arguments());
}

Error CommitWriter::receive(const PendingCommit& commit) {
  auto answer = connection_.receive();
  if (!answer) return answer.error();
  const redisReply& reply = **answer;
  if (reply.type != REDIS_REPLY_ARRAY || reply.elements == 0) {
    return {ErrorKind::Corrupt, "Redis at " + address_of(settings_) + " gave an answer that is no commit's"};
  }
  if (text_of(*reply.element[0]) == "OK") return {};
  const std::string applied(text_of(*reply.element[1])), epoch(text_of(*reply.element[2]));
  return {ErrorKind::Fenced, "partition " + std::to_string(commit.partition) + " in Redis at " +
                                 address_of(settings_) + " stands at " + applied + " of epoch " + epoch +
                                 ", not at the expected " + fixed_width(commit.expected_applied) +
                                 " of epoch " + fixed_width(commit.position.epoch) +
                                 ": another process owns it, or Redis has lost its last commits"};
}

// Whatever was sent before a connection broke may or may not have been written.
void CommitWriter::write_group(std::vector<PendingCommit> group) {
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Error> errors(group.size());
  for (size_t i = 0; i < group.size(); ++i) {
    if (auto sent = send(group[i]); !sent) errors[i] = sent.error();
  }
  if (is_armed(Failpoint::CommitSent)) {
    connection_.flush();
    pass(Failpoint::CommitSent);
  }
  for (size_t i = 0; i < group.size(); ++i) {
    if (!errors[i]) errors[i] = receive(group[i]);
  }
  pass(Failpoint::CommitAnswered);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  {
    const std::lock_guard lock(mutex_);
    ++metrics_.groups;
    metrics_.commit_micros += static_cast<uint64_t>(took.count());
    metrics_.reconnects = connection_.connects() > 0 ? connection_.connects() - 1 : 0;
    for (const Error& error : errors) {
      ++(!error ? metrics_.commits : error.kind == ErrorKind::Fenced ? metrics_.rejected : metrics_.failed);
    }
  }
  for (size_t i = 0; i < group.size(); ++i) {
    RecentRows& recent = *recent_.at(static_cast<size_t>(group[i].partition));
    errors[i] ? recent.forget() : recent.wrote(std::move(group[i].batch));
    group[i].done(std::move(errors[i]));
  }
}

}  // namespace engine::store::redis
