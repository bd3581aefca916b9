#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <engine/objects/object_folder.h>
#include <statelang/map_run/item_source.h>

namespace engine::objects {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "objects-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  void put(const std::string& place, const std::string& bytes) const {
    fs::create_directories((path_ / place).parent_path());
    std::ofstream(path_ / place, std::ios::binary) << bytes;
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::string text(ObjectFolder& folder, const std::string& key) {
  auto reader = folder.open("b", key);
  if (!reader) return reader.error();
  std::string out;
  char chunk[7];
  while (true) {
    const auto read = (*reader)->read(chunk, sizeof chunk);
    if (!read) return read.error();
    if (*read == 0) return out;
    out.append(chunk, *read);
  }
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(bytes.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

std::string many_lines() {
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += std::to_string(i * 7919) + "\n";
  return lines;
}

}  // namespace

TEST_CASE("object folder: reads what lies in the bucket and nothing outside of it") {
  Folder place;
  place.put("b/x/y.txt", "hello");
  place.put("secret", "no");
  ObjectFolder folder(place.path());
  CHECK(text(folder, "x/y.txt") == "hello");
  CHECK(text(folder, "z") == "The specified key does not exist: s3://b/z");
  CHECK(text(folder, "../secret") == "The specified key does not exist: s3://b/../secret");
  CHECK(folder.open("..", "secret").error() == "The specified bucket does not exist: ..");
  CHECK(ObjectFolder("").open("b", "x").error() == "The specified bucket does not exist: b");
}

TEST_CASE("object folder: a bucket is one folder, and none of another account") {
  Folder place;
  place.put("b/x", "hello");
  place.put("b/deep/x", "hello");
  place.put("123456789012/theirs/x", "no");
  ObjectFolder folder(place.path());
  for (const std::string& bucket :
       {std::string(), std::string("."), std::string(".."), std::string("./b"), std::string("b/deep"),
        std::string("b/"), std::string("/b"), std::string("b\0", 2), std::string("123456789012"),
        std::string("123456789012/theirs"), std::string(".hidden")}) {
    CAPTURE(bucket);
    CHECK(folder.open(bucket, "x").error() == "The specified bucket does not exist: " + bucket);
    CHECK_FALSE(folder.list(bucket, "", "", 10));
    CHECK_FALSE(folder.write(bucket, "x", "text"));
  }
  CHECK_FALSE(folder.open("b", std::string("x\0.gz", 5)));
  CHECK_FALSE(folder.write("b", std::string("y\0z", 3), "text"));
  CHECK(text(folder, "x") == "hello");
  ObjectFolder theirs(place.path() + "/123456789012");
  CHECK(theirs.open("theirs", "x"));
}

TEST_CASE("object folder: lists by prefix in pages in order of the keys") {
  Folder place;
  for (const char* key : {"p/3", "p/1", "p/2", "q"}) place.put(std::string("b/") + key, "text");
  ObjectFolder folder(place.path());
  const auto first = folder.list("b", "p/", "", 2);
  REQUIRE(first);
  REQUIRE(first->size() == 2);
  CHECK((*first)[0].key == "p/1");
  CHECK((*first)[0].etag == "\"1cb251ec0d568de6a929b520c4aed8d1\"");
  CHECK((*first)[0].size_bytes == 4);
  const auto second = folder.list("b", "p/", "p/2", 2);
  REQUIRE(second);
  REQUIRE(second->size() == 1);
  CHECK((*second)[0].key == "p/3");
  CHECK_FALSE(folder.list("none", "", "", 2));
}

TEST_CASE("object folder: writes whole files and makes the folders they need") {
  Folder place;
  ObjectFolder folder(place.path());
  CHECK(folder.write("b", "r/1/manifest.json", "{}"));
  CHECK(folder.write("b", "r/1/manifest.json", "{\"a\":1}"));
  CHECK(text(folder, "r/1/manifest.json") == "{\"a\":1}");
  CHECK_FALSE(folder.write("b", "../out", "x"));
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(place.path())) files += entry.is_regular_file();
  CHECK(files == 1);
}

TEST_CASE("unpacked: GZIP and Zstandard by the key's ending, several members included") {
  Folder place;
  const std::string lines = many_lines();
  place.put("b/1.gz", gzip(lines));
  place.put("b/2.gz", gzip("a\n") + gzip("b\n"));
  place.put("b/3.zst", zstd(lines));
  place.put("b/4.zstd", zstd("a\n") + zstd("b\n"));
  place.put("b/5", gzip("raw"));
  ObjectFolder folder(place.path());
  CHECK(text(folder, "1.gz") == lines);
  CHECK(text(folder, "2.gz") == "a\nb\n");
  CHECK(text(folder, "3.zst") == lines);
  CHECK(text(folder, "4.zstd") == "a\nb\n");
  CHECK(text(folder, "5") == gzip("raw"));
}

TEST_CASE("unpacked: shortened and damaged files are errors") {
  Folder place;
  const std::string lines = many_lines();
  place.put("b/1.gz", gzip(lines).substr(0, 1000));
  place.put("b/2.zst", zstd(lines).substr(0, 1000));
  place.put("b/3.gz", "no gzip at all");
  ObjectFolder folder(place.path());
  CHECK(text(folder, "1.gz") == "The object is no complete GZIP file.");
  CHECK(text(folder, "2.zst") == "The object is no complete Zstandard file.");
  CHECK(text(folder, "3.gz") == "The object is no complete GZIP file.");
}

TEST_CASE("object folder: an ItemReader reads a packed JSONL file item by item") {
  Folder place;
  place.put("b/f.jsonl.gz", gzip(many_lines()));
  ObjectFolder folder(place.path());
  const statelang::ReadItems request{statelang::ScopeId{},
                                     0,
                                     "arn:aws:states:::s3:getObject",
                                     statelang::parse_json(R"({"Bucket": "b", "Key": "f.jsonl.gz"})").value(),
                                     statelang::parse_json(R"({"InputType": "JSONL"})").value(),
                                     0};
  auto source = statelang::map_run::open_items(folder, request);
  REQUIRE(source);
  const auto items = statelang::map_run::next_items(**source, SIZE_MAX);
  REQUIRE(items);
  CHECK(items->size() == 50'000);
  CHECK((*items)[49'999].as_integer() == 49'999 * 7919);
}

}  // namespace engine::objects
