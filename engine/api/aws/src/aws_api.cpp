#include <algorithm>

#include <engine/api/aws/aws_api.h>
#include <engine/runtime/exception_names.h>

#include "action_table.h"
#include "needs.h"

namespace engine::api::aws {
namespace {

// What the service's front, not the service itself, calls the server's own faults.
std::string_view fault_name(ApiErrorCode code) {
  if (code == ApiErrorCode::Throttled) return "ThrottlingException";
  return code == ApiErrorCode::Internal ? "InternalFailure" : "ServiceUnavailable";
}

int http_status(ApiErrorCode code) {
  switch (code) {
    case ApiErrorCode::StorageFull:
      return 507;
    case ApiErrorCode::Unavailable:
    case ApiErrorCode::ShuttingDown:
      return 503;
    case ApiErrorCode::Internal:
      return 500;
    default:
      return 400;
  }
}

// Messages quote what was sent, down to half a character: what is not UTF-8 then would make the answer no
// JSON.
Value readable(std::string_view message) {
  if (statelang::parse_json(to_json(Value(message)))) return Value(message);
  std::string text(message);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; }, '?');
  return Value(text);
}

AwsResponse error_response(int status, std::string_view type, std::string_view message,
                           std::string_view reason = "") {
  Value body = Value::object({{"__type", Value(type)}, {"message", readable(message)}});
  if (!reason.empty()) body.set("reason", Value(reason));
  return {status, std::string(type), to_json(body)};
}

constexpr std::string_view kTargetPrefix = "AWSStepFunctions.";

const ActionEntry* find_action(std::string_view target) {
  if (target.substr(0, kTargetPrefix.size()) != kTargetPrefix) return nullptr;
  const std::string_view name = target.substr(kTargetPrefix.size());
  const auto& table = action_table();
  const auto found =
      std::lower_bound(table.begin(), table.end(), name,
                       [](const ActionEntry& entry, std::string_view n) { return entry.name < n; });
  return found != table.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

void AwsApi::handle(std::string_view target, std::string_view body, const auth::Principal* principal,
                    Respond respond, const OnClose& on_close, std::string_view trace_header) {
  const ActionEntry* entry = find_action(target);
  if (!entry) {
    return respond(
        error_response(400, "UnknownOperationException", "Unknown operation: " + std::string(target)));
  }
  auto input = statelang::parse_json(body.empty() ? "{}" : body);
  if (!input || !input->is_object()) {
    return respond(error_response(400, "SerializationException",
                                  input ? "The request body must be a JSON object" : input.error().message));
  }
  *input = without_nulls(std::move(*input));
  if (const auto broken = check_constraints(entry->members, *input)) {
    return respond(error_response(400, broken->type, broken->message));
  }
  if (principal) {
    for (const auth::Need& need : needs_of(*entry, *input, settings_)) {
      const std::string refused = auth::refusal(*principal, need);
      if (!refused.empty()) return respond(error_response(400, "AccessDeniedException", refused));
    }
  }
  entry->action(
      Call{engine_, settings_, std::move(*input), std::move(respond), on_close, std::string(trace_header)});
}

void Call::succeed(const Value& output) const {
  respond({200, {}, to_json(output)});
}

void Call::fail(const AwsError& error) const {
  respond(error_response(400, error.type, error.message, error.reason));
}

void Call::fail(const ApiError& error) const {
  const std::string_view name = exception_name(error.code);
  respond(
      error_response(http_status(error.code), name.empty() ? fault_name(error.code) : name, error.message));
}

bool Call::has(std::string_view member) const {
  const Value* value = find_member(input, member);
  return value && !value->is_null();
}

std::string Call::text(std::string_view member, std::string_view otherwise) const {
  return std::string(has(member) ? find_member(input, member)->as_string() : otherwise);
}

int64_t Call::integer(std::string_view member, int64_t otherwise) const {
  return has(member) ? static_cast<int64_t>(find_member(input, member)->as_double()) : otherwise;
}

bool Call::boolean(std::string_view member, bool otherwise) const {
  return has(member) ? find_member(input, member)->as_boolean() : otherwise;
}

Value timestamp(int64_t epoch_ms) {
  return Value(static_cast<double>(epoch_ms) / 1000.0);
}

AwsError invalid_arn(std::string_view message) {
  return {"InvalidArn", "Invalid Arn: '" + std::string(message) + "'", {}};
}

AwsError invalid_name(std::string_view name) {
  return {"InvalidName", "Invalid Name: '" + std::string(name) + "'", {}};
}

bool valid_name(std::string_view name) {
  constexpr std::string_view kForbidden = " ?*<>{}[]\"#%\\^|~`$&,;:/";
  if (name.empty()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x20 || c == 0x7F || kForbidden.find(name[i]) != std::string_view::npos) return false;
    // U+FFFE and U+FFFF are no characters.
    if (name.substr(i, 2) == "\xEF\xBF" && i + 2 < name.size() &&
        static_cast<unsigned char>(name[i + 2]) >= 0xBE)
      return false;
    // U+0080 to U+009F are control characters, too: C2 80 to C2 9F in UTF-8.
    if (c == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0) return false;
  }
  return true;
}

}  // namespace engine::api::aws
