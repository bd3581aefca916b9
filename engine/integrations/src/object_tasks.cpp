#include "object_tasks.h"

#include <algorithm>

#include <engine/core/object_tasks.h>

namespace engine::integrations {

namespace {

constexpr size_t kReadingsMax = 64;  // open files of Map Runs

statelang::Failure no_store(std::string_view error) {
  return {std::string(error), "This engine has no object store: start it with --object-root DIR."};
}

std::string text_of(const statelang::Value& object, std::string_view name) {
  const statelang::Value* value = object.find(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

bool ObjectTasks::knows(const core::DispatchTask& task) {
  return task.queue == core::kReadItemsQueue || task.queue == core::kWriteResultsQueue;
}

void ObjectTasks::perform(PolledTask task) {
  thread_.post([this, task = std::move(task)] {
    if (task.task.queue == core::kReadItemsQueue) return read(task);
    write(task);
  });
}

ObjectTasks::Reading& ObjectTasks::reading_of(const core::TaskId& id, bool from_start) {
  core::TaskId key = id;
  key.attempt = 0;
  const auto known =
      std::find_if(readings_.begin(), readings_.end(), [&](const Reading& r) { return r.id == key; });
  if (known != readings_.end()) {
    readings_.splice(readings_.begin(), readings_, known);
    if (!from_start) return readings_.front();
    readings_.pop_front();  // a Map that is tried again reads again
  }
  readings_.push_front({key, statelang::map_run::ItemChunks(objects_)});
  if (readings_.size() > kReadingsMax) readings_.pop_back();
  return readings_.front();
}

void ObjectTasks::read(const PolledTask& task) {
  if (root_.empty()) return reporter_.fail(task.token, no_store(statelang::errors::kItemReaderFailed));
  const auto request = core::read_items_of(task.task.input.value());
  if (!request) {
    return reporter_.fail(task.token,
                          {std::string(statelang::errors::kItemReaderFailed), "The request cannot be read."});
  }
  auto chunk = reading_of(task.task.id, request->skip == 0).chunks.read(*request);
  if (!chunk || !chunk->more) readings_.pop_front();
  if (!chunk) return reporter_.fail(task.token, std::move(chunk.error()));
  reporter_.succeed(task.token,
                    statelang::to_json(statelang::Value::object(
                        {{"Items", statelang::Value(std::move(chunk->items))}, {"More", chunk->more}})));
}

void ObjectTasks::write(const PolledTask& task) {
  if (root_.empty()) return reporter_.fail(task.token, no_store(statelang::errors::kResultWriterFailed));
  const statelang::Value& input = task.task.input.value();
  const std::string bucket = text_of(input, "Bucket");
  const statelang::Value* files = input.find("Files");
  for (size_t i = 0; files && i < files->size(); ++i) {
    const statelang::Value& file = (*files)[i];
    auto written = objects_.write(bucket, text_of(file, "Key"), text_of(file, "Bytes"));
    if (written) continue;
    return reporter_.fail(task.token,
                          {std::string(statelang::errors::kResultWriterFailed), std::move(written.error())});
  }
  reporter_.succeed(task.token, "{}");
}

}  // namespace engine::integrations
