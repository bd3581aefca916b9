// What ItemReaders read: every rule of every format.
#include <catch2/catch.hpp>

#include <statelang/map_run/item_parser.h>
#include <statelang/map_run/item_source.h>

#include "memory_objects.h"

namespace statelang::map_run {
namespace {

const std::string kGet = "arn:aws:states:::s3:getObject";
const std::string kList = "arn:aws:states:::s3:listObjectsV2";

// The items as a JSON text, or the cause of the failure.
std::string read(ObjectStore& objects, const std::string& resource, const std::string& arguments,
                 const std::string& config, int64_t items_max = 0) {
  const ReadItems request{ScopeId{}, 0, resource, parse_json(arguments).value(), parse_json(config).value(),
                          items_max};
  auto source = open_items(objects, request);
  if (!source) {
    CHECK(source.error().error == "States.ItemReaderFailed");
    return source.error().cause;
  }
  auto items = next_items(**source, SIZE_MAX);
  return items ? to_json(Value(std::move(*items))) : items.error().cause;
}

std::string read_file(const std::string& bytes, const std::string& config, int64_t items_max = 0) {
  MemoryObjects objects;
  objects.objects["b/f"] = bytes;
  return read(objects, kGet, R"({"Bucket": "b", "Key": "f"})", config, items_max);
}

std::string csv(const std::string& bytes, const std::string& more = "") {
  return read_file(bytes, R"({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW")" + more + "}");
}

}  // namespace

TEST_CASE("json items: an array's elements, an object's members, nothing else") {
  CHECK(read_file(R"( [1, {"a": "]},\""} ,[2,3] , "x" ] )", "{}") == R"([1,{"a":"]},\""},[2,3],"x"])");
  CHECK(read_file(R"({"a": 1, "b": [2]})", "{}") == R"([{"Key":"a","Value":1},{"Key":"b","Value":[2]}])");
  CHECK(read_file("[]", "{}") == "[]");
  CHECK(read_file("5", "{}") == "Attempting to map over non-iterable node.");
}

TEST_CASE("json items: what is not JSON fails where it is met") {
  CHECK(read_file("[1 2]", "{}").find("not valid JSON") != std::string::npos);
  CHECK(read_file("[1,", "{}").find("not valid JSON") != std::string::npos);
  CHECK(read_file("[1] 2", "{}").find("not valid JSON") != std::string::npos);
  CHECK(read_file("[nul]", "{}").find("not valid JSON") != std::string::npos);
  CHECK(read_file("", "{}").find("not valid JSON") != std::string::npos);
  CHECK(read_file("[1, 2, oh", "{}", 2) == "[1,2]");
}

TEST_CASE("json items: ItemsPointer leads over members, elements and escapes") {
  const std::string text = R"({"x": "[", "a/b": {"~": [0, {"k": [7, 8]}]}, "z": 1})";
  CHECK(read_file(text, R"({"ItemsPointer": "/a~1b/~0/1/k"})") == "[7,8]");
  CHECK(read_file(text, R"({"ItemsPointer": "/a~1b/~0/2/k"})") == "ItemsPointer does not lead to a value.");
  CHECK(read_file(text, R"({"ItemsPointer": "/none"})") == "ItemsPointer does not lead to a value.");
  CHECK(read_file(text, R"({"ItemsPointer": "/z"})") == "Attempting to map over non-iterable node.");
}

TEST_CASE("json items: an item over 8 MiB is refused, many small ones are not") {
  CHECK(read_file("[\"" + std::string(9 << 20, 'x') + "\"]", "{}") == "An item is larger than 8 MiB.");
  MemoryObjects objects;
  objects.chunk = 1 << 16;
  std::string text = "[0";
  for (int i = 0; i < 1'000'000; ++i) text += ",12345678901";
  objects.objects["b/f"] = text + "]";
  const ReadItems request{ScopeId{},       0, kGet, parse_json(R"({"Bucket": "b", "Key": "f"})").value(),
                          Value::object(), 0};
  auto source = open_items(objects, request);
  REQUIRE(source);
  size_t count = 0;
  for (auto item = (*source)->next(); item && *item; item = (*source)->next()) ++count;
  CHECK(count == 1'000'001);
}

TEST_CASE("json lines: one value a line, empty lines passed over, the bad line named") {
  CHECK(read_file("{\"a\":1}\r\n\n 2 \n\"x\"", R"({"InputType": "JSONL"})") == R"([{"a":1},2,"x"])");
  CHECK(read_file("1\n2\n{", R"({"InputType": "JSONL"})").starts_with("Line 3 is not valid JSON"));
  CHECK(read_file("1\n2\n{", R"({"InputType": "JSONL"})", 2) == "[1,2]");
}

TEST_CASE("csv items: fields are texts under the first row's names") {
  CHECK(csv("a,b\n1,true\n2,\n\n") == R"([{"a":"1","b":"true"},{"a":"2","b":""}])");
  CHECK(csv("\xEF\xBB\xBF"
            "a\r\nx\r\n") == R"([{"a":"x"}])");
}

TEST_CASE("csv items: missing fields are empty, further ones dropped") {
  CHECK(csv("a,b\n1\n1,2,3\n") == R"([{"a":"1","b":""},{"a":"1","b":"2"}])");
}

TEST_CASE("csv items: quotes hold delimiters and lines, doubled they are themselves") {
  CHECK(csv("a,b\n\"x,y\",\"1\n2\"\n\"say \"\"hi\"\"\",z\n") ==
        R"([{"a":"x,y","b":"1\n2"},{"a":"say \"hi\"","b":"z"}])");
}

TEST_CASE("csv items: a backslash escapes itself, quotes and the delimiter and vanishes elsewhere") {
  CHECK(csv("a,b\nx\\,y,\\\\ \\\" \\n\n") == R"([{"a":"x,y","b":"\\ \" n"}])");
}

TEST_CASE("csv items: given names, each delimiter, and names that come twice") {
  CHECK(read_file("1|2\n", R"({"InputType": "CSV", "CSVDelimiter": "PIPE", "CSVHeaderLocation": "GIVEN",
        "CSVHeaders": ["x", "y"]})") == R"([{"x":"1","y":"2"}])");
  CHECK(csv("a;b\n1;2\n", R"(, "CSVDelimiter": "SEMICOLON")") == R"([{"a":"1","b":"2"}])");
  CHECK(csv("a b\n1 2\n", R"(, "CSVDelimiter": "SPACE")") == R"([{"a":"1","b":"2"}])");
  CHECK(csv("a\tb\n1\t2\n", R"(, "CSVDelimiter": "TAB")") == R"([{"a":"1","b":"2"}])");
  CHECK(csv("a,a\n1,2\n") == "CSV headers cannot contain duplicates.");
  CHECK(read_file("1\n", R"({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"})") ==
        "CSVHeaders are missing.");
}

TEST_CASE("csv items: names have 10 KiB together, from the first row too") {
  const std::string most(10 * 1024 - 1, 'n');
  CHECK(csv(most + ",b\n1,2\n") == "[{\"" + most + R"(":"1","b":"2"}])");
  CHECK(csv(most + ",bc\n1,2\n") == "CSV headers are longer than 10 KiB.");
  CHECK(read_file("1\n", R"({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": [")" + most +
                             R"(", "bc"]})") == "CSV headers are longer than 10 KiB.");
}

TEST_CASE("csv items: fields that are empty count, too, and those without a name are not kept") {
  const std::string commas(9 << 20, ',');
  CHECK(csv("a,b\n" + commas + "\n") == "An item is larger than 8 MiB.");
  CHECK(csv(commas + "\n1\n") == "An item is larger than 8 MiB.");
  CHECK(csv(std::string(1 << 20, ',') + "\n1\n") == "CSV headers cannot contain duplicates.");
  CHECK(csv("a,b\n1,2" + std::string(1 << 20, ',') + "3\n4,5\n") ==
        R"([{"a":"1","b":"2"},{"a":"4","b":"5"}])");
  CHECK(csv("a\n\"" + std::string(9 << 20, 'x') + "\"\n") == "An item is larger than 8 MiB.");
}

TEST_CASE("csv items: bytes that are no UTF-8 become U+FFFD") {
  CHECK(csv("n\xE9m,b\nJos\xE9,\xC3\n\"\xF0\x9F\x98\",\xF0\x9F\x98\x80\n") ==
        "[{\"n\xEF\xBF\xBDm\":\"Jos\xEF\xBF\xBD\",\"b\":\"\xEF\xBF\xBD\"},"
        "{\"n\xEF\xBF\xBDm\":\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\",\"b\":\"\xF0\x9F\x98\x80\"}]");
}

TEST_CASE("csv items: edges of records") {
  CHECK(csv("") == "[]");
  CHECK(csv("a,b") == "[]");
  CHECK(csv("a,b\n,\n,x") == R"([{"a":"","b":""},{"a":"","b":"x"}])");
  CHECK(csv("a,b\r\n\r\n1,2\r\n") == R"([{"a":"1","b":"2"}])");
  CHECK(csv("a,b\n\"\",\"x\"\n") == R"([{"a":"","b":"x"}])");
  CHECK(csv("a,b\n\"open,1\n2") == R"([{"a":"open,1\n2","b":""}])");
  CHECK(csv("a,b\n 1 , 2 \n") == R"([{"a":" 1 ","b":" 2 "}])");
  CHECK(csv("a,b\nx\\\n\\,y\n") == R"([{"a":"x","b":""},{"a":",y","b":""}])");
  CHECK(csv("a|b\n1\\|2|3\n", R"(, "CSVDelimiter": "PIPE")") == R"([{"a":"1|2","b":"3"}])");
  CHECK(csv("a,b\n1,2\n", R"(, "CSVDelimiter": "DOT")") == "Unknown CSVDelimiter.");
}

TEST_CASE("items: MaxItems counts items, whatever they come from") {
  CHECK(read_file("[1,2,3]", "{}", 2) == "[1,2]");
  CHECK(read_file("a\n1\n2\n3\n", R"({"InputType": "CSV"})", 1) == R"([{"a":"1"}])");
}

TEST_CASE("items: PARQUET and objects that are not there are States.ItemReaderFailed") {
  CHECK(read_file("", R"({"InputType": "PARQUET"})").starts_with("InputType PARQUET cannot be read"));
  MemoryObjects objects;
  CHECK(read(objects, kGet, R"({"Bucket": "b", "Key": "f"})", "{}") == "The specified key does not exist: f");
  CHECK(read(objects, kGet, R"({"Key": "f"})", "{}") == "Bucket is missing.");
}

TEST_CASE("list items: objects by prefix, a page after the other") {
  MemoryObjects objects;
  for (int i = 0; i < 2500; ++i) objects.objects["b/p/" + std::to_string(10000 + i)] = "xy";
  objects.objects["b/q"] = "";
  const ReadItems request{ScopeId{},       0, kList, parse_json(R"({"Bucket": "b", "Prefix": "p/"})").value(),
                          Value::object(), 0};
  auto source = open_items(objects, request);
  REQUIRE(source);
  const auto items = next_items(**source, SIZE_MAX);
  REQUIRE(items);
  CHECK(items->size() == 2500);
  CHECK(objects.lists == 3);
  CHECK(to_json((*items)[0]) ==
        R"({"Etag":"\"e\"","LastModified":7,"Key":"p/10000","Size":2,"StorageClass":"STANDARD"})");
}

TEST_CASE("list items: LOAD_AND_FLATTEN gives what is in the objects") {
  MemoryObjects objects;
  objects.objects["b/p/"] = "";
  objects.objects["b/p/1.jsonl"] = "1\n2\n";
  objects.objects["b/p/2.jsonl"] = "";
  objects.objects["b/p/3.jsonl"] = "3\n";
  CHECK(read(objects, kList, R"({"Bucket": "b", "Prefix": "p"})",
             R"({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"})") == "[1,2,3]");
  CHECK(read(objects, kList, R"({"Bucket": "b", "Prefix": "p"})",
             R"({"InputType": "JSONL", "Transformation": "LOAD_AND_FLATTEN"})", 2) == "[1,2]");
}

TEST_CASE("manifest: S3 Inventory names CSV files and their columns") {
  MemoryObjects objects;
  objects.objects["inv/manifest.json"] = R"({"sourceBucket": "s", "destinationBucket": "arn:aws:s3:::data",
      "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size", "files": [{"key": "1.csv"}, {"key": "2.csv"}]})";
  objects.objects["data/1.csv"] = "\"s\",\"k1\",\"5\"\n";
  objects.objects["data/2.csv"] = "\"s\",\"k2\",\"6\"\n";
  const std::string expected =
      R"([{"Bucket":"s","Key":"k1","Size":"5"},{"Bucket":"s","Key":"k2","Size":"6"}])";
  const std::string arguments = R"({"Bucket": "inv", "Key": "manifest.json"})";
  CHECK(read(objects, kGet, arguments, R"({"ManifestType": "S3_INVENTORY"})") == expected);
  CHECK(read(objects, kGet, arguments, R"({"InputType": "MANIFEST"})") == expected);
  objects.objects["inv/manifest.json"] = R"({"fileFormat": "ORC", "fileSchema": "x", "files": []})";
  CHECK(read(objects, kGet, arguments, R"({"InputType": "MANIFEST"})") ==
        "An S3 Inventory must be CSV, not ORC.");
}

TEST_CASE("manifest: Athena names data files of the InputType") {
  MemoryObjects objects;
  objects.objects["q/m.csv"] = "s3://data/a/1\ns3://data/a/2\n";
  objects.objects["data/a/1"] = "{\"v\":1}\n";
  objects.objects["data/a/2"] = "{\"v\":2}\n";
  const std::string config = R"({"ManifestType": "ATHENA_DATA", "InputType": "JSONL"})";
  CHECK(read(objects, kGet, R"({"Bucket": "q", "Key": "m.csv"})", config) == R"([{"v":1},{"v":2}])");
  objects.objects["q/m.csv"] = "file:///x\n";
  CHECK(read(objects, kGet, R"({"Bucket": "q", "Key": "m.csv"})", config) ==
        "The manifest names no object of S3: file:///x");
}

TEST_CASE("items in memory: parsed as a file's") {
  const auto items = parse_items("[1,2,3]", Value::object(), 2);
  REQUIRE(items);
  CHECK(to_json(Value(*items)) == "[1,2]");
}

namespace {

ReadItems asking(uint64_t skip, uint32_t count, size_t bytes = 0) {
  ReadItems request{ScopeId{}, 0, kGet, parse_json(R"({"Bucket": "b", "Key": "f"})").value(),
                    Value::object()};
  request.skip = skip;
  request.count = count;
  request.bytes = bytes;
  return request;
}

std::string chunk(ItemChunks& chunks, const ReadItems& request) {
  auto read = chunks.read(request);
  if (!read) return read.error().cause;
  return to_json(Value(std::move(read->items))) + (read->more ? " and more" : "");
}

}  // namespace

TEST_CASE("item chunks: one after the other, with what is read again, and anew") {
  MemoryObjects objects;
  objects.objects["b/f"] = "[0,1,2,3,4,5]";
  ItemChunks chunks(objects);
  CHECK(chunk(chunks, asking(0, 2)) == "[0,1] and more");
  CHECK(chunk(chunks, asking(1, 2)) == "[1,2] and more");
  CHECK(chunk(chunks, asking(3, 3)) == "[3,4,5]");
  CHECK(chunk(chunks, asking(1, 1)) == "[1] and more");
  CHECK(chunk(chunks, asking(9, 1)) == "[]");
  ItemChunks after_restart(objects);
  CHECK(chunk(after_restart, asking(4, 9)) == "[4,5]");
}

TEST_CASE("item chunks: bytes end a chunk, but never before its first item") {
  MemoryObjects objects;
  objects.objects["b/f"] = R"(["aaaaaaaa","b","c"])";
  ItemChunks chunks(objects);
  CHECK(chunk(chunks, asking(0, 9, 3)) == R"(["aaaaaaaa"] and more)");
  CHECK(chunk(chunks, asking(1, 9, 3)) == R"(["b"] and more)");
  CHECK(chunk(chunks, asking(2, 9, 3)) == R"(["c"])");
}

}  // namespace statelang::map_run
