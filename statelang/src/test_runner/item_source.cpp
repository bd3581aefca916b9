#include "item_source.h"

#include <statelang/map_run/item_parser.h>

#include "../digest.h"

namespace statelang::test_runner {
namespace {

Unexpected<Failure> failed(std::string cause) {
  return Unexpected{Failure{std::string(errors::kItemReaderFailed), std::move(cause)}};
}

std::string text_of(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

Expected<Array, Failure> read_items(ObjectStore* objects, const ReadItems& request) {
  const std::string bucket = text_of(request.arguments, "Bucket");
  if (!objects) return failed("The specified bucket does not exist: " + bucket);
  if (!request.resource.ends_with(":listObjectsV2")) {
    const std::string key = text_of(request.arguments, "Key");
    const auto bytes = objects->read(bucket, key);
    if (!bytes) return failed("The specified key does not exist: s3://" + bucket + "/" + key);
    return map_run::parse_items(*bytes, request.config, request.items_max);
  }
  const auto listed = objects->list(bucket, text_of(request.arguments, "Prefix"));
  if (!listed) return failed("The specified bucket does not exist: " + bucket);
  Array items;
  for (const auto& object : *listed) {
    if (request.items_max > 0 && static_cast<int64_t>(items.size()) >= request.items_max) break;
    const auto bytes = objects->read(bucket, object.key);
    items.push_back(Value::object({{"Etag", "\"" + digest_hex("MD5", bytes.value_or("")) + "\""},
                                   {"LastModified", object.modified_s},
                                   {"Key", object.key},
                                   {"Size", object.size_bytes},
                                   {"StorageClass", "STANDARD"}}));
  }
  return items;
}

}  // namespace statelang::test_runner
