// Activities: names that tasks queue under (API reference, same names). Kept in the catalog as
// "activity/NAME".
#include <engine/runtime/abandoned_poll.h>

#include "action.h"
#include "arn.h"
#include "page_token.h"
#include "state_machine_document.h"
#include "tag_list.h"

namespace engine::api::aws {
namespace {

// The service keeps a GetActivityTask call open for a minute.
constexpr int64_t kActivityPollMs = 60000;

std::string activity_key(std::string_view name) {
  return "activity/" + std::string(name);
}

std::string activity_arn(const Call& call, std::string_view name) {
  return "arn:aws:states:" + call.settings.region + ":" + call.settings.account +
         ":activity:" + std::string(name);
}

AwsError does_not_exist(const std::string& arn) {
  return {"ActivityDoesNotExist", "Activity Does Not Exist: '" + arn + "'", {}};
}

// The stored document of the activity that the input's activityArn names.
statelang::Expected<Value, AwsError> stored_activity(const Call& call) {
  const std::string arn = call.text("activityArn");
  auto parsed = parse_arn(arn, "activity");
  if (!parsed) return statelang::Unexpected{parsed.error()};
  const auto entry = call.engine.catalog_entry(activity_key(parsed->name));
  if (!entry) return statelang::Unexpected{AwsError{"InternalFailure", entry.error().message, {}}};
  if (!*entry) return statelang::Unexpected{does_not_exist(arn)};
  auto document = statelang::parse_json(**entry);
  if (!document) return statelang::Unexpected{AwsError{"InternalFailure", document.error().message, {}}};
  return std::move(*document);
}

Value creation_output(const Value& document) {
  return Value::object({{"activityArn", *document.find("activityArn")},
                        {"creationDate", timestamp(document.find("created_ms")->as_integer())}});
}

}  // namespace

void create_activity(const Call& call) {
  const std::string name = call.text("name");
  if (!valid_name(name)) return call.fail(invalid_name(name));
  auto tags = parse_tags(call.input.find("tags"));
  if (!tags) return call.fail(tags.error());
  Value document = Value::object({{"activityArn", activity_arn(call, name)}, {"name", name}});
  document.set("created_ms", call.engine.now_ms());
  const Value* encryption = call.input.find("encryptionConfiguration");
  const Value own_key = Value::object({{"type", "AWS_OWNED_KEY"}});
  auto kept = encryption_configuration(encryption ? *encryption : own_key);
  if (!kept) return call.fail(kept.error());
  document.set("encryptionConfiguration", std::move(*kept));
  core::PutCatalogEntry put{
      activity_key(name), to_json(document), core::PutCatalogEntry::Condition::Absent, {}};
  call.engine.put_catalog_entry(std::move(put), [call, document,
                                                 tags = std::move(*tags)](ApiResult<bool> stored) {
    if (!stored && stored.error().code == ApiErrorCode::Conflict) {
      // Creating it again is a success that shows the first one.
      const auto entry = call.engine.catalog_entry(activity_key(document.find("name")->as_string()));
      if (entry && !*entry) return create_activity(call);  // deleted in between
      auto existing = entry && *entry ? statelang::parse_json(**entry) : statelang::parse_json("");
      if (!existing) return call.fail(stored.error());
      constexpr std::string_view kEncryption = "encryptionConfiguration";
      if (*existing->find(kEncryption) != *document.find(kEncryption)) {
        const std::string arn(document.find("activityArn")->as_string());
        return call.fail(AwsError{"ActivityAlreadyExists", "Activity Already Exists: '" + arn + "'", {}});
      }
      call.succeed(creation_output(*existing));
      return;
    }
    if (!stored) return call.fail(stored.error());
    if (tags.size() == 0) return call.succeed(creation_output(document));
    store_tags(call, std::string(document.find("activityArn")->as_string()), tags, creation_output(document));
  });
}

void describe_activity(const Call& call) {
  const auto document = stored_activity(call);
  if (!document) return call.fail(document.error());
  Value out = creation_output(*document);
  out.set("name", *document->find("name"));
  out.set("encryptionConfiguration", *document->find("encryptionConfiguration"));
  call.succeed(out);
}

void delete_activity(const Call& call) {
  const auto parsed = parse_arn(call.text("activityArn"), "activity");
  if (!parsed) return call.fail(parsed.error());
  // The tags first: an activity of the same name has none of its predecessor's.
  erase_tags(call, call.text("activityArn"), [call, key = activity_key(parsed->name)] {
    call.engine.erase_catalog_entry(key, [call](ApiResult<bool> erased) {
      if (!erased) return call.fail(erased.error());
      call.succeed(Value::object());
    });
  });
}

void list_activities(const Call& call) {
  const auto entries = call.engine.catalog_entries("activity/");
  if (!entries) return call.fail(entries.error());
  const int64_t asked = call.integer("maxResults", 0);
  const size_t limit = asked == 0 ? 100 : static_cast<size_t>(asked);
  const auto place = open_page_token(call, "ListActivities");
  if (!place) return call.fail(place.error());
  const std::string& after = *place;  // the last key shown
  Value items = Value::array();
  std::string last;
  bool more = false;
  for (const auto& [key, text] : *entries) {
    if (key <= after) continue;
    if (items.size() == limit) {
      more = true;
      break;
    }
    const auto document = statelang::parse_json(text);
    if (!document) continue;
    Value item = creation_output(*document);
    item.set("name", *document->find("name"));
    items.push_back(std::move(item));
    last = key;
  }
  Value output = Value::object({{"activities", std::move(items)}});
  if (more) output.set("nextToken", make_page_token(call, "ListActivities", last));
  call.succeed(output);
}

void get_activity_task(const Call& call) {
  const auto document = stored_activity(call);
  if (!document) return call.fail(document.error());
  PollTasksRequest request;
  request.queue = call.text("activityArn");
  request.worker = call.text("workerName");
  request.wait_ms = kActivityPollMs;
  request.leased = false;
  // A task has no lease here: given to a worker that has gone, it would wait for its time-out, if it has one.
  if (call.on_close) call.on_close(abandonment_of(request, call.engine));
  call.engine.poll_tasks(std::move(request), [call](ApiResult<std::vector<PolledTask>> polled) {
    if (!polled) return call.fail(polled.error());
    if (polled->empty()) return call.succeed(Value::object());
    const PolledTask& task = polled->front();
    call.succeed(Value::object({{"taskToken", task.token}, {"input", task.task.input.text()}}));
  });
}

}  // namespace engine::api::aws
