// Operating errors: what brokers, disks and peers do to us. One struct for every port; the runtime decides by
// `kind` whether to retry, back off, stop the partition or give up. Values; any thread.
#pragma once

#include <string>

#include <statelang/expected.h>

namespace engine {

enum class ErrorKind {
  None,
  Transient,  // try again later: timeout, connection refused
  Full,       // no space; answered with 507 until there is some
  Fenced,     // another owner took over: step down
  Corrupt,    // stored bytes are not what was written: halt, never skip
  Permanent,  // will not get better by itself: configuration, permission, locked directory
};

// `message` says what, where and what to do.
struct Error {
  ErrorKind kind = ErrorKind::None;
  std::string message;
  explicit operator bool() const { return kind != ErrorKind::None; }
};

template <class T>
using Expected = statelang::Expected<T, Error>;

}  // namespace engine
