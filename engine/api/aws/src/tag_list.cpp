#include "tag_list.h"

#include "arn.h"

namespace engine::api::aws {
namespace {

constexpr size_t kTagsMax = 50;
constexpr size_t kKeyMax = 128;
constexpr size_t kValueMax = 256;

bool allowed_characters(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        std::isalnum(byte) || byte >= 0x80 || std::string_view(" _.:/=+-@").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

AwsError broken_tag(const std::string& what) {
  return {"ValidationException", what, {}};
}

std::string tags_key(const std::string& arn) {
  return "tags/" + arn;
}

// Only state machines and activities that exist can carry tags; versions and aliases cannot.
statelang::Expected<bool, AwsError> taggable(const Call& call, const std::string& arn) {
  const auto not_found = [&] {
    return statelang::Unexpected{AwsError{"ResourceNotFound", "Resource not found: '" + arn + "'", {}}};
  };
  const auto parsed = parse_arn(arn, "stateMachine activity");
  if (!parsed) return statelang::Unexpected{parsed.error()};
  if (!parsed->rest.empty()) return not_found();
  if (parsed->type == "activity") {
    const auto entry = call.engine.catalog_entry("activity/" + parsed->name);
    if (!entry || !*entry) return not_found();
  } else if (!call.engine.describe_state_machine(arn)) {
    return not_found();
  }
  return true;
}

Value stored_tags(const Call& call, const std::string& arn) {
  const auto entry = call.engine.catalog_entry(tags_key(arn));
  auto tags = entry && *entry ? statelang::parse_json(**entry) : statelang::parse_json("[]");
  return tags ? std::move(*tags) : Value::array();
}

}  // namespace

statelang::Expected<Value, AwsError> parse_tags(const Value* tags) {
  Value out = Value::array();
  if (!tags || tags->is_null()) return out;
  if (tags->size() > kTagsMax) {
    return statelang::Unexpected{AwsError{"TooManyTags", "A resource cannot have more than 50 tags.", {}}};
  }
  for (const Value& tag : tags->as_array()) {
    const Value* key = tag.find("key");
    const Value* value = tag.find("value");
    if (!key || !key->is_string() || !value || !value->is_string()) {
      return statelang::Unexpected{broken_tag("Each tag must have a key and a value.")};
    }
    const std::string_view name = key->as_string();
    if (name.empty() || name.size() > kKeyMax || value->as_string().size() > kValueMax ||
        name.rfind("aws:", 0) == 0 || !allowed_characters(name) || !allowed_characters(value->as_string())) {
      return statelang::Unexpected{broken_tag("Invalid tag: '" + std::string(name) + "'")};
    }
    out.push_back(Value::object({{"key", *key}, {"value", *value}}));
  }
  return out;
}

void store_tags(const Call& call, const std::string& arn, const Value& tags, const Value& output) {
  core::PutCatalogEntry put{tags_key(arn), to_json(tags), core::PutCatalogEntry::Condition::None, {}};
  call.engine.put_catalog_entry(std::move(put), [call, output](ApiResult<bool> stored) {
    if (!stored) return call.fail(stored.error());
    call.succeed(output);
  });
}

void tag_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  auto added = parse_tags(call.input.find("tags"));
  if (!added) return call.fail(added.error());
  Value tags = stored_tags(call, arn);
  for (const Value& tag : added->as_array()) {
    bool replaced = false;
    for (Value& existing : tags.mutable_array()) {
      if (*existing.find("key") == *tag.find("key")) existing = tag, replaced = true;
    }
    if (!replaced) tags.push_back(tag);
  }
  if (tags.size() > kTagsMax) {
    return call.fail(AwsError{"TooManyTags", "A resource cannot have more than 50 tags.", {}});
  }
  store_tags(call, arn, tags, Value::object());
}

void untag_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  Value kept = Value::array();
  const Value stored = stored_tags(call, arn);
  for (const Value& tag : stored.as_array()) {
    bool removed = false;
    for (const Value& key : call.input.find("tagKeys")->as_array())
      removed = removed || key == *tag.find("key");
    if (!removed) kept.push_back(tag);
  }
  store_tags(call, arn, kept, Value::object());
}

void list_tags_for_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  call.succeed(Value::object({{"tags", stored_tags(call, arn)}}));
}

}  // namespace engine::api::aws
