// ObjectStore: the port behind which the buckets of a Distributed Map's ItemReader and ResultWriter lie. The
// pure library reads no files: whoever runs a machine brings an implementation (engine/objects: a folder).
// Objects are read as streams, so that a file costs the memory of a chunk. One thread at a time per store and
// per reader. Source: AWS "ItemReader (Map)", "ResultWriter (Map)".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <statelang/expected.h>

namespace statelang::map_run {

// The bytes of one object from its beginning.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  // Fills `to` with up to `capacity` (> 0) bytes and gives their number; 0: the end. The error is one
  // sentence for the Cause of States.ItemReaderFailed; nothing more can be read after it.
  virtual Expected<size_t, std::string> read(char* to, size_t capacity) = 0;
};

struct ObjectInfo {
  std::string key;
  std::string etag;  // with its quotes, as S3 has it
  int64_t size_bytes = 0;
  int64_t modified_s = 0;  // Unix epoch
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Objects whose key ends in .gz, .zst or .zstd are read unpacked, as the service does. The reader must not
  // outlive the store. The error is one sentence (no such bucket, no such key, cannot be read).
  virtual Expected<std::unique_ptr<ObjectReader>, std::string> open(const std::string& bucket,
                                                                    const std::string& key) = 0;

  // Up to `count` objects whose keys begin with `prefix` and come after the key `after` (empty: from the
  // first), in order of the keys' bytes. Fewer than `count`: there are no more.
  virtual Expected<std::vector<ObjectInfo>, std::string> list(const std::string& bucket,
                                                              const std::string& prefix,
                                                              const std::string& after, size_t count) = 0;

  // Whole or not at all: after an error the object is as it was before.
  virtual Expected<void, std::string> write(const std::string& bucket, const std::string& key,
                                            const std::string& bytes) = 0;
};

}  // namespace statelang::map_run
