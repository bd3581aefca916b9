// How much the file system of a directory has left for us.
#pragma once

#include <cstdint>
#include <string>

#include <sys/statvfs.h>

namespace engine::store {

// UINT64_MAX when the file system does not say.
inline uint64_t free_bytes(const std::string& directory) {
  struct statvfs state {};
  if (statvfs(directory.c_str(), &state) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(state.f_bavail) * state.f_frsize;
}

}  // namespace engine::store
