// The order in memory against the one of the files, which RocksDB compares itself.
#include "memtable.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>

#include <catch2/catch.hpp>
#include <rocksdb/comparator.h>
#include <rocksdb/db.h>
#include <unistd.h>

using engine::store::MemtableOrder;

namespace {

std::string internal_key(const std::string& user_key, uint64_t trailer) {
  std::string key = user_key;
  for (int shift = 0; shift < 64; shift += 8) key.push_back(static_cast<char>(trailer >> shift));
  return key;
}

std::string entry(const std::string& internal_key) {
  std::string out;
  size_t size = internal_key.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>((size & 0x7F) | 0x80));
  out.push_back(static_cast<char>(size));
  return out + internal_key + "a value";
}

int sign(int number) {
  return number < 0 ? -1 : number > 0 ? 1 : 0;
}

// Short and long ones, one the beginning of another, with the bytes at both ends of the range.
std::string random_key(std::mt19937& random) {
  static const std::string kPrefixes[] = {"", std::string(2, '\0'), "same", std::string(119, 'p'),
                                          std::string(20'000, 'q')};
  static constexpr char kBytes[] = {'\0', 'a', '\x7F', '\x80', '\xFF'};
  std::string key = kPrefixes[random() % std::size(kPrefixes)];
  for (size_t left = random() % 12; left > 0; --left) key.push_back(kBytes[random() % std::size(kBytes)]);
  return key;
}

}  // namespace

TEST_CASE("memtable: keys stand in the order that RocksDB gives them, the newest of one first") {
  std::mt19937 random(7);
  std::vector<std::pair<std::string, uint64_t>> keys;
  for (int i = 0; i < 300; ++i) {
    const std::string user_key = i % 3 == 2 ? keys[random() % keys.size()].first : random_key(random);
    keys.emplace_back(user_key, random() % 4 == 0 ? ~uint64_t{0} - random() % 3 : random() % 1000);
  }
  const MemtableOrder order;
  const rocksdb::Comparator* bytewise = rocksdb::BytewiseComparator();
  for (const auto& [a, a_trailer] : keys) {
    for (const auto& [b, b_trailer] : keys) {
      int expected = sign(bytewise->Compare(a, b));
      if (expected == 0) expected = a_trailer > b_trailer ? -1 : a_trailer < b_trailer ? 1 : 0;
      const std::string right = internal_key(b, b_trailer);
      const std::string left_entry = entry(internal_key(a, a_trailer)), right_entry = entry(right);
      if (sign(order(left_entry.data(), right_entry.data())) != expected ||
          sign(order(left_entry.data(), right)) != expected) {
        FAIL("keys of " << a.size() << " and " << b.size() << " bytes are in the wrong order");
      }
    }
  }
}

TEST_CASE("memtable: what is in memory and what has gone to files reads as one table, before and after") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("stepstream-memtable-" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  rocksdb::Options options;
  options.create_if_missing = true;
  options.allow_concurrent_memtable_write = false;
  options.memtable_factory = engine::store::memtable_factory();
  rocksdb::DB* opened = nullptr;
  REQUIRE(rocksdb::DB::Open(options, folder.string(), &opened).ok());
  std::unique_ptr<rocksdb::DB> db(opened);
  std::mt19937 random(11);
  std::map<std::string, std::string> expected;
  const auto compare_all = [&] {
    const std::unique_ptr<rocksdb::Iterator> at(db->NewIterator({}));
    auto wanted = expected.begin();
    for (at->SeekToFirst(); at->Valid(); at->Next(), ++wanted) {
      if (wanted == expected.end() || at->key() != wanted->first || at->value() != wanted->second)
        return false;
    }
    return wanted == expected.end();
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string key = random_key(random), value = std::to_string(i);
    if (random() % 3 == 0) {
      REQUIRE(db->Delete({}, key).ok());
      expected.erase(key);
    } else {
      REQUIRE(db->Put({}, key, value).ok());
      expected[key] = value;
    }
    std::string stored;
    const std::string asked = random_key(random);
    const bool found = db->Get({}, asked, &stored).ok();
    if (found != (expected.count(asked) == 1) || (found && stored != expected[asked])) FAIL("read " << i);
    if (i % 700 == 650) REQUIRE(db->Flush({}).ok());
  }
  CHECK(compare_all());
  // The directory is as any other: RocksDB's own list reads what this one wrote.
  db.reset();
  options.memtable_factory = std::make_shared<rocksdb::SkipListFactory>();
  REQUIRE(rocksdb::DB::Open(options, folder.string(), &opened).ok());
  db.reset(opened);
  CHECK(compare_all());
  db.reset();
  std::filesystem::remove_all(folder);
}
