// Log files: bounded, whole lines, read from the end.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include <connectors/logs/log_files.h>

using connectors::logs::LogFiles;
using connectors::logs::LogFileSettings;

namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/stepstream_logs_XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string path;
};

const auto kEvery = [](std::string_view) { return true; };

}  // namespace

TEST_CASE("log files: a group's name becomes one name of a file") {
  CHECK(LogFiles::file_name("/aws/vendedlogs/states/m-Logs") == "+aws+vendedlogs+states+m-Logs.log");
  CHECK(LogFiles::file_name("..") == "%2E..log");
  CHECK(LogFiles::file_name("a+b") == "a%2Bb.log");
  CHECK(LogFiles::file_name(std::string(500, 'x')).size() < 255);
  CHECK(LogFiles::file_name(std::string(500, 'x')) != LogFiles::file_name(std::string(501, 'x')));
}

TEST_CASE("log files: what is full is moved away, and the oldest goes") {
  Folder folder;
  LogFiles files({folder.path + "/logs", 100, 3});
  for (int i = 0; i < 50; ++i) REQUIRE(files.append("g", "line " + std::to_string(1000 + i) + "\n"));
  REQUIRE(files.sync());
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path + "/logs")) {
    CHECK(entry.file_size() <= 100);
    ++count;
  }
  CHECK(count == 3);
  const auto lines = files.last("g", 15, kEvery);
  REQUIRE(lines.size() == 15);
  CHECK(lines.front() == "line 1035");
  CHECK(lines.back() == "line 1049");
  CHECK(files.last("g", 1000, kEvery).size() == 30);
  CHECK(files.last("g", 2, [](std::string_view line) { return line.back() == '5'; }).front() == "line 1035");
  CHECK(files.last("other", 10, kEvery).empty());
}

TEST_CASE("log files: a line that a crash has torn does not spoil the next one") {
  Folder folder;
  std::ofstream(folder.path + "/g.log") << "whole\nto";
  LogFiles files({folder.path, 1000, 2});
  REQUIRE(files.append("g", "next\n"));
  CHECK(files.last("g", 10, kEvery) == std::vector<std::string>{"whole", "to", "next"});
}

TEST_CASE("log files: a folder that cannot be written is said") {
  LogFiles files({"/proc/nowhere", 1000, 2});
  const auto written = files.append("g", "x\n");
  REQUIRE_FALSE(written);
  CHECK(written.error().find("/proc/nowhere/g.log") == 0);
}
