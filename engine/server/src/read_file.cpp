#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <engine/server/read_file.h>

namespace engine::server {

Expected<std::string> read_file(const std::string& path) {
  const auto wrong = [&path] {
    return statelang::Unexpected<Error>{
        Error{ErrorKind::Permanent, path + " cannot be read: " + std::strerror(errno)}};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) return wrong();
  std::string text;
  char block[16'384];
  while (const size_t got = std::fread(block, 1, sizeof block, file.get())) text.append(block, got);
  if (std::ferror(file.get()) != 0) return wrong();
  return text;
}

}  // namespace engine::server
