#include "tag_list.h"

#include <algorithm>
#include <functional>

#include "arn.h"

namespace engine::api::aws {
namespace {

constexpr size_t kTagsMax = 50;
constexpr int kChangeAttemptsMax = 20;

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

AwsError too_many() {
  return {"TooManyTags", "A resource cannot have more than 50 tags.", {}};
}

// Of two with the same key the later one counts.
void set_tag(Value& tags, const Value& tag) {
  for (Value& existing : tags.mutable_array()) {
    if (*existing.find("key") != *tag.find("key")) continue;
    existing = tag;
    return;
  }
  tags.push_back(tag);
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

// The document that the tags are, empty: none yet; and what it says.
struct StoredTags {
  std::string document;
  Value tags;
};

StoredTags stored_tags(const Call& call, const std::string& arn) {
  auto entry = call.engine.catalog_entry(tags_key(arn));
  std::string document = entry && *entry ? std::move(**entry) : std::string();
  auto tags = statelang::parse_json(document.empty() ? "[]" : document);
  return {std::move(document), tags ? std::move(*tags) : Value::array()};
}

using TagEdit = std::function<std::optional<AwsError>(Value& tags)>;

// Changed only if they are still what was read: of two changes at once none gets lost.
void change_tags(const Call& call, const std::string& arn, const TagEdit& edit, int attempts_left) {
  using Condition = core::PutCatalogEntry::Condition;
  StoredTags stored = stored_tags(call, arn);
  if (const auto refused = edit(stored.tags)) return call.fail(*refused);
  const Condition condition = stored.document.empty() ? Condition::Absent : Condition::Equals;
  core::PutCatalogEntry put{tags_key(arn), to_json(stored.tags), condition, std::move(stored.document)};
  call.engine.put_catalog_entry(std::move(put), [call, arn, edit, attempts_left](ApiResult<bool> done) {
    if (!done && done.error().code == ApiErrorCode::Conflict && attempts_left > 0)
      return change_tags(call, arn, edit, attempts_left - 1);
    if (!done) return call.fail(done.error());
    call.succeed(Value::object());
  });
}

}  // namespace

statelang::Expected<Value, AwsError> parse_tags(const Value* tags) {
  Value out = Value::array();
  if (!tags || tags->is_null()) return out;
  for (const Value& tag : tags->as_array()) {
    const Value* key = tag.find("key");
    const Value* value = tag.find("value");
    if (!key || !value) return statelang::Unexpected{broken_tag("Each tag must have a key and a value.")};
    const std::string_view name = key->as_string();
    if (name.rfind("aws:", 0) == 0 || !allowed_characters(name) || !allowed_characters(value->as_string()))
      return statelang::Unexpected{broken_tag("Invalid tag: '" + std::string(name) + "'")};
    set_tag(out, Value::object({{"key", *key}, {"value", *value}}));
  }
  if (out.size() > kTagsMax) return statelang::Unexpected{too_many()};
  return out;
}

void store_tags(const Call& call, const std::string& arn, const Value& tags, const Value& output) {
  core::PutCatalogEntry put{tags_key(arn), to_json(tags), core::PutCatalogEntry::Condition::Absent, {}};
  call.engine.put_catalog_entry(std::move(put), [call, output](ApiResult<bool> stored) {
    const bool has_some = !stored && stored.error().code == ApiErrorCode::Conflict;
    if (!stored && !has_some) return call.fail(stored.error());
    call.succeed(output);
  });
}

void erase_tags(const Call& call, const std::string& arn, std::function<void()> then) {
  const auto entry = call.engine.catalog_entry(tags_key(arn));
  if (entry && !*entry) return then();
  call.engine.erase_catalog_entry(tags_key(arn), [call, then = std::move(then)](ApiResult<bool> erased) {
    if (!erased) return call.fail(erased.error());
    then();
  });
}

void tag_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  auto added = parse_tags(call.input.find("tags"));
  if (!added) return call.fail(added.error());
  const auto edit = [added = std::move(*added)](Value& tags) -> std::optional<AwsError> {
    for (const Value& tag : added.as_array()) set_tag(tags, tag);
    return tags.size() > kTagsMax ? std::optional(too_many()) : std::nullopt;
  };
  change_tags(call, arn, edit, kChangeAttemptsMax);
}

void untag_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  const auto edit = [keys = *call.input.find("tagKeys")](Value& tags) -> std::optional<AwsError> {
    const auto removed = [&](const Value& tag) {
      const auto& all = keys.as_array();
      return std::find(all.begin(), all.end(), *tag.find("key")) != all.end();
    };
    Value kept = Value::array();
    for (const Value& tag : tags.as_array()) {
      if (!removed(tag)) kept.push_back(tag);
    }
    tags = std::move(kept);
    return std::nullopt;
  };
  change_tags(call, arn, edit, kChangeAttemptsMax);
}

void list_tags_for_resource(const Call& call) {
  const std::string arn = call.text("resourceArn");
  if (auto ok = taggable(call, arn); !ok) return call.fail(ok.error());
  call.succeed(Value::object({{"tags", stored_tags(call, arn).tags}}));
}

}  // namespace engine::api::aws
