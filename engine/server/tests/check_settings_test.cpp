#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include <engine/server/read_file.h>
#include <engine/server/settings.h>

namespace fs = std::filesystem;

using namespace engine::server;

namespace {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "settings-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return *this / name;
  }

 private:
  fs::path path_;
};

std::string mistake(const std::string& name, const std::string& value) {
  ServerSettings settings;
  REQUIRE(set(settings, name, value));
  const auto checked = check(settings);
  return checked ? "" : checked.error().message;
}

bool says(const std::string& message, const std::string& words) {
  return message.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("check: no listening on a network without keys") {
  const Folder folder;
  ServerSettings settings;
  CHECK(check(settings));
  REQUIRE(set(settings, "listen", "0.0.0.0:8460"));
  CHECK_FALSE(check(settings));
  REQUIRE(set(settings, "listen", ":8460"));
  CHECK_FALSE(check(settings));
  REQUIRE(set(settings, "key-file", folder.file("keys", "{}")));
  CHECK(check(settings));
}

TEST_CASE("check: a folder or file that is not there, or is the other one, is named with its setting") {
  const Folder folder;
  const std::string file = folder.file("file", "text");
  fs::create_directory(folder / "folder");
  for (const char* name : {"definitions", "triggers", "sinks", "secrets"}) {
    CAPTURE(name);
    CHECK(mistake(name, folder / "folder").empty());
    CHECK(mistake(name, folder / "absent") ==
          "--" + std::string(name) + ": " + (folder / "absent") + " is not there");
    CHECK(says(mistake(name, file), "is a file"));
  }
  for (const char* name : {"data", "object-root", "log-directory"}) {
    CAPTURE(name);
    CHECK(mistake(name, folder / "absent/below").empty());
    CHECK(mistake(name, "absent").empty());
    CHECK(says(mistake(name, file), "is a file"));
    CHECK(says(mistake(name, file + "/below"), file + " is a file"));
  }
  for (const char* name : {"mock-config", "http-ca-file", "key-file"}) {
    CAPTURE(name);
    CHECK(says(mistake(name, folder / "absent"), "cannot be read: No such file"));
    CHECK(says(mistake(name, folder / "folder"), "cannot be read: Is a directory"));
  }
  CHECK(says(mistake("http-ca-file", file), "no certificate"));
  CHECK(mistake("http-ca-file", folder.file("ca", "-----BEGIN CERTIFICATE-----")).empty());
}

TEST_CASE("check: files are read once, so that they may be pipes") {
  const Folder folder;
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  REQUIRE(::write(pipe[1], "keys", 4) == 4);
  ::close(pipe[1]);
  ServerSettings settings;
  REQUIRE(set(settings, "key-file", "/dev/fd/" + std::to_string(pipe[0])));
  REQUIRE(set(settings, "mock-config", folder.file("mocks", "mocks")));
  const auto files = check(settings);
  ::close(pipe[0]);
  REQUIRE(files);
  CHECK(files->keys == "keys");
  CHECK(files->mocks == "mocks");
  CHECK(files->kafka_options.empty());
}

TEST_CASE("check: settings of a cluster without a cluster would be a server that shares nothing") {
  for (const auto& [name, value] : {std::pair{"kafka", "localhost:9092"},
                                    {"redis", "localhost:6379"},
                                    {"redis", "/run/redis.sock"},
                                    {"redis-user", "engine"}}) {
    CAPTURE(name);
    CHECK(says(mistake(name, value), "--" + std::string(name) + " is of a cluster: add --backend cluster"));
  }
  ServerSettings settings;
  REQUIRE(set(settings, "backend", "cluster"));
  REQUIRE(set(settings, "kafka", "localhost:9092"));
  CHECK_FALSE(check(settings));
  REQUIRE(set(settings, "redis", "localhost:6379"));
  CHECK(check(settings));
}

TEST_CASE("read file: an empty one is empty, one that is none has its reason") {
  const Folder folder;
  CHECK(read_file(folder.file("empty", "")).value() == "");
  const std::string large(100'000, 'x');
  CHECK(read_file(folder.file("large", large)).value() == large);
  CHECK(
      says(read_file(folder / "absent").error().message, "absent cannot be read: No such file or directory"));
}
