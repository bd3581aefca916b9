// Versions of state machines (API reference: PublishStateMachineVersion, DeleteStateMachineVersion,
// ListStateMachineVersions).
#include <charconv>

#include "action.h"
#include "arn.h"
#include "page_token.h"

namespace engine::api::aws {
namespace {

std::string_view number_of(const StateMachineVersion& version) {
  return std::string_view(version.arn).substr(version.arn.rfind(':') + 1);
}

int64_t to_number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void publish_state_machine_version(const Call& call) {
  PublishVersionRequest request;
  request.state_machine_arn = call.text("stateMachineArn");
  if (auto arn = parse_whole_machine_arn(request.state_machine_arn); !arn) return call.fail(arn.error());
  request.revision_id = call.text("revisionId");
  request.description = call.text("description");
  call.engine.publish_version(std::move(request), [call](ApiResult<StateMachineVersion> published) {
    if (!published) return call.fail(published.error());
    call.succeed(Value::object(
        {{"creationDate", timestamp(published->created_ms)}, {"stateMachineVersionArn", published->arn}}));
  });
}

void delete_state_machine_version(const Call& call) {
  const std::string version_arn = call.text("stateMachineVersionArn");
  const auto arn = parse_arn(version_arn, "stateMachine");
  if (!arn) return call.fail(arn.error());
  if (arn->rest.empty() || arn->rest.find_first_not_of("0123456789") != std::string::npos)
    return call.fail(invalid_arn(version_arn));
  call.engine.delete_version(version_arn, [call](ApiResult<bool> deleted) {
    if (!deleted) return call.fail(deleted.error());
    call.succeed(Value::object());
  });
}

void list_state_machine_versions(const Call& call) {
  const std::string arn = call.text("stateMachineArn");
  if (auto parsed = parse_whole_machine_arn(arn); !parsed) return call.fail(parsed.error());
  const std::string listing = "ListStateMachineVersions " + arn;
  const auto place = open_page_token(call, listing);  // the number of the last one shown
  if (!place) return call.fail(place.error());
  auto versions = call.engine.list_versions(arn);
  // The service model gives this action no StateMachineDoesNotExist: what is not there has no versions.
  if (!versions && versions.error().code == ApiErrorCode::StateMachineDoesNotExist)
    versions = std::vector<StateMachineVersion>{};
  if (!versions) return call.fail(versions.error());
  const int64_t asked = call.integer("maxResults", 0);
  const size_t limit = asked == 0 ? 100 : static_cast<size_t>(asked);
  Value items = Value::array();
  Value output = Value::object();
  const StateMachineVersion* last = nullptr;
  for (const StateMachineVersion& version : *versions) {
    if (!place->empty() && to_number(number_of(version)) >= to_number(*place)) continue;
    if (items.size() == limit) {
      output.set("nextToken", make_page_token(call, listing, number_of(*last)));
      break;
    }
    items.push_back(Value::object(
        {{"creationDate", timestamp(version.created_ms)}, {"stateMachineVersionArn", version.arn}}));
    last = &version;
  }
  output.set("stateMachineVersions", std::move(items));
  call.succeed(output);
}

}  // namespace engine::api::aws
