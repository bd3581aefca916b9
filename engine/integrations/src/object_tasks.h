// ObjectTasks: reads items and writes results of Distributed Maps in the server's object store. Files are
// read on a thread of their own, a chunk at a time; what is open between chunks is kept for a few Map Runs,
// the others find their place again. Thread rule: any thread.
#pragma once

#include <list>
#include <string>
#include <string_view>

#include <engine/objects/object_folder.h>
#include <engine/runtime/engine.h>
#include <statelang/map_run/item_source.h>

#include "io_thread.h"
#include "task_reporter.h"

namespace engine::integrations {

class ObjectTasks {
 public:
  // `root` empty: every task fails, with a sentence.
  ObjectTasks(std::string root, TaskReporter& reporter)
      : root_(std::move(root)), objects_(root_), reporter_(reporter) {}

  static bool knows(const core::DispatchTask& task);
  void perform(PolledTask task);
  void stop() { thread_.stop(); }

 private:
  struct Reading {
    core::TaskId id;  // attempt 0
    statelang::map_run::ItemChunks chunks;
  };
  void read(const PolledTask& task);
  void write(const PolledTask& task);
  Reading& reading_of(const core::TaskId& id, bool from_start);

  std::string root_;
  objects::ObjectFolder objects_;
  TaskReporter& reporter_;
  std::list<Reading> readings_;  // used on the thread only; the last used first
  IoThread thread_;
};

}  // namespace engine::integrations
