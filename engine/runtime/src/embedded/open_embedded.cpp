#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <engine/log/memory_command_log.h>
#include <engine/store/memory_store.h>
#include <engine/store/rocksdb_store.h>

#include "../node/node_engine.h"
#include "../node/unique_id.h"

namespace engine {

namespace {

constexpr size_t kTokenKeyBytes = 32;

Error file_error(const std::string& what, const std::string& path) {
  const ErrorKind kind = errno == ENOSPC ? ErrorKind::Full : ErrorKind::Permanent;
  return {kind, what + " " + path + ": " + std::strerror(errno)};
}

// Written under another name first, so that a key that is there is a whole one.
Expected<void> write_secret(const std::string& path, const std::string& secret) {
  const std::string draft = path + ".new";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return statelang::Unexpected{file_error("cannot write", draft)};
  const bool written = ::write(file, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size());
  const bool flushed = written && ::fsync(file) == 0;
  ::close(file);
  if (!flushed || ::rename(draft.c_str(), path.c_str()) != 0) {
    return statelang::Unexpected{file_error("cannot write", path)};
  }
  return {};
}

// Workers keep tokens over a restart, so that their key has to stay.
Expected<std::string> kept_token_key(const std::string& directory) {
  const std::string path = directory + "/token_key";
  std::ifstream file(path, std::ios::binary);
  if (file) {
    std::string secret(kTokenKeyBytes + 1, '\0');
    file.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    secret.resize(static_cast<size_t>(file.gcount()));
    if (secret.size() == kTokenKeyBytes) return secret;
    return statelang::Unexpected{
        Error{ErrorKind::Corrupt,
              path + " is damaged: restore it, or delete it (workers' open task tokens end then)"}};
  }
  std::string secret = runtime::random_secret(kTokenKeyBytes);
  if (auto written = write_secret(path, secret); !written) return statelang::Unexpected{written.error()};
  return secret;
}

Expected<std::unique_ptr<Store>> open_store(EmbeddedSettings& settings) {
  if (settings.data_directory.empty()) {
    if (settings.token_key.empty()) settings.token_key = runtime::random_secret(kTokenKeyBytes);
    return store::make_memory_store(settings.partitions);
  }
  std::error_code failed;
  const bool made = std::filesystem::create_directories(settings.data_directory, failed);
  // What executions carry is nobody else's on this machine; a folder that was there keeps its owner's choice.
  if (made) std::filesystem::permissions(settings.data_directory, std::filesystem::perms::owner_all, failed);
  if (failed) {
    return statelang::Unexpected{Error{
        ErrorKind::Permanent, "the data directory " + settings.data_directory + " cannot be created: " +
                                  failed.message() + ": give this user the right to, or choose another one"}};
  }
  store::RocksDbSettings rocksdb;
  rocksdb.directory = settings.data_directory + "/state";
  rocksdb.partitions = settings.partitions;
  rocksdb.sync = settings.sync;
  auto opened = store::RocksDbStore::open(std::move(rocksdb));
  if (!opened) return statelang::Unexpected{opened.error()};
  if (settings.token_key.empty()) {
    auto key = kept_token_key(settings.data_directory);
    if (!key) return statelang::Unexpected{key.error()};
    settings.token_key = std::move(*key);
  }
  return std::unique_ptr<Store>(std::move(*opened));
}

}  // namespace

Expected<std::unique_ptr<Engine>> open_embedded(EmbeddedSettings settings) {
  auto store = open_store(settings);
  if (!store) return statelang::Unexpected{store.error()};
  runtime::NodeEngine::Parts parts;
  parts.store = std::move(*store);
  parts.log =
      std::make_unique<log::MemoryCommandLog>(parts.store->partition_count(), settings.log_records_max);
  auto engine = std::make_unique<runtime::NodeEngine>(std::move(settings), std::move(parts));
  if (auto started = engine->start(); !started) return statelang::Unexpected{started.error()};
  return std::unique_ptr<Engine>(std::move(engine));
}

}  // namespace engine
