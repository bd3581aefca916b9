// What an ItemReader gets from an ObjectStore: the items in a file, or the list of a bucket's objects.
#pragma once

#include <statelang/interpreter/step.h>
#include <statelang/test_runner/object_store.h>

namespace statelang::test_runner {

// `objects` may be null: nothing is found then.
Expected<Array, Failure> read_items(ObjectStore* objects, const ReadItems& request);

}  // namespace statelang::test_runner
