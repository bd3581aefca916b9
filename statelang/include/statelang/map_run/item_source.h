// ItemSource: the items that an ItemReader names, one after the other, read from an ObjectStore as they are
// asked for. Whoever performs the effect ReadItems opens one: the test command and the server. Memory is
// bounded by a chunk of the file and one item (8 MiB), whatever the file's size. One thread at a time.
// Source: AWS "ItemReader (Map)"; failure texts are AWS's own where known.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/interpreter/step.h>
#include <statelang/map_run/object_store.h>
#include <statelang/value.h>

namespace statelang::map_run {

class ItemSource {
 public:
  virtual ~ItemSource() = default;
  // The next item; nothing at the end. Failures are States.ItemReaderFailed, and final.
  virtual Expected<std::optional<Value>, Failure> next() = 0;
};

// ReaderConfig of `request` says what is read: JSON (array or object, ItemsPointer), JSONL, CSV, the list of
// a bucket's objects, what is in them (LOAD_AND_FLATTEN), the files of a manifest (S3_INVENTORY,
// ATHENA_DATA). At most request.items_max items come (0: all). PARQUET is refused. The source keeps nothing
// of `request`; `objects` must outlive it.
Expected<std::unique_ptr<ItemSource>, Failure> open_items(ObjectStore& objects, const ReadItems& request);

// Up to `count` further items; fewer: that was the end.
Expected<Array, Failure> next_items(ItemSource& source, size_t count);

// The chunks of one reading, as the effects ReadItems of one scope ask for them. Kept between them it reads a
// file once; a new one reads what comes before again. `objects` must outlive it. One thread at a time.
class ItemChunks {
 public:
  explicit ItemChunks(ObjectStore& objects) : objects_(&objects) {}

  struct Chunk {
    Array items;
    bool more = false;
  };
  Expected<Chunk, Failure> read(const ReadItems& request);

 private:
  Expected<void, Failure> go_to(const ReadItems& request);
  // False: there is none.
  Expected<bool, Failure> read_one();

  ObjectStore* objects_;
  std::unique_ptr<ItemSource> source_;
  std::deque<Value> ahead_;  // read, and not known to be taken
  uint64_t ahead_first_ = 0;
};

}  // namespace statelang::map_run
