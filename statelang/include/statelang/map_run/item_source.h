// ItemSource: the items that an ItemReader names, one after the other, read from an ObjectStore as they are
// asked for. Whoever performs the effect ReadItems opens one: the test command and the server. Memory is
// bounded by a chunk of the file and one item (8 MiB), whatever the file's size. One thread at a time.
// Source: AWS "ItemReader (Map)"; failure texts are AWS's own where known.
#pragma once

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

}  // namespace statelang::map_run
