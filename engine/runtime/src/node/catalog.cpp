// The catalog: documents by key, kept by partition 0.
#include "node_engine.h"

namespace engine::runtime {

namespace {

ApiCallback<core::Reply> done_or_error(ApiCallback<bool> done) {
  return [done = std::move(done)](ApiResult<core::Reply> answer) {
    if (!answer) return done(statelang::Unexpected{answer.error()});
    if (answer->code != core::ReplyCode::Done) return done(statelang::Unexpected{api_error(*answer)});
    done(true);
  };
}

}  // namespace

void NodeEngine::put_catalog_entry(core::PutCatalogEntry entry, ApiCallback<bool> done) {
  submit(kCatalogPartition, std::move(entry), {kCatalogPartition}, done_or_error(std::move(done)));
}

void NodeEngine::erase_catalog_entry(std::string key, ApiCallback<bool> done) {
  submit(kCatalogPartition, core::EraseCatalogEntry{std::move(key)}, {kCatalogPartition},
         done_or_error(std::move(done)));
}

ApiResult<std::optional<std::string>> NodeEngine::catalog_entry(std::string_view key) {
  std::string value;
  auto found = reader(kCatalogPartition).get(Table::Catalog, key, value);
  if (!found) return statelang::Unexpected{api_error(found.error())};
  if (!*found) return std::optional<std::string>();
  return std::optional<std::string>(std::move(value));
}

ApiResult<std::vector<std::pair<std::string, std::string>>> NodeEngine::catalog_entries(
    std::string_view key_prefix) {
  std::vector<std::pair<std::string, std::string>> entries;
  auto scanned =
      reader(kCatalogPartition)
          .scan(Table::Catalog, key_prefix, {}, false, [&](std::string_view key, std::string_view value) {
            if (!key.starts_with(key_prefix)) return false;
            entries.emplace_back(key, value);
            return true;
          });
  if (!scanned) return statelang::Unexpected{api_error(scanned.error())};
  return entries;
}

ApiError api_error(const Error& error) {
  return {error.kind == ErrorKind::Full ? ApiErrorCode::StorageFull : ApiErrorCode::Unavailable,
          error.message,
          {}};
}

ApiError api_error(const core::Reply& reply) {
  const auto text_or = [&reply](const char* text) { return reply.text.empty() ? text : reply.text; };
  switch (reply.code) {
    case core::ReplyCode::ExecutionAlreadyExists:
      return {ApiErrorCode::ExecutionAlreadyExists,
              text_or("an execution of this name exists already, with another input or ended"),
              {}};
    case core::ReplyCode::ExecutionDoesNotExist:
      return {ApiErrorCode::ExecutionDoesNotExist, text_or("there is no such execution"), {}};
    case core::ReplyCode::ExecutionNotRedrivable:
      return {ApiErrorCode::ExecutionNotRedrivable, reply.text, {}};
    case core::ReplyCode::TaskDoesNotExist:
      return {ApiErrorCode::TaskDoesNotExist, text_or("there is no such task"), {}};
    case core::ReplyCode::TaskTimedOut:
      return {ApiErrorCode::TaskTimedOut, text_or("the task is no longer under way"), {}};
    case core::ReplyCode::ConditionFailed:
      return {ApiErrorCode::Conflict, "the entry is not as the request expects it", {}};
    case core::ReplyCode::StateMachineTypeNotSupported:
      return {ApiErrorCode::StateMachineTypeNotSupported, reply.text, {}};
    case core::ReplyCode::MapRunDoesNotExist:
      return {ApiErrorCode::MapRunDoesNotExist, text_or("there is no such Map Run"), {}};
    case core::ReplyCode::MapRunEnded:
      return {ApiErrorCode::MapRunEnded, "the Map Run has ended", {}};
    case core::ReplyCode::TooManyExecutions:
      return {
          ApiErrorCode::Throttled, "express_executions_max: too many Express executions are under way", {}};
    case core::ReplyCode::Done:
    case core::ReplyCode::UnknownRevision:
      break;
  }
  return {ApiErrorCode::Internal, "unexpected answer: " + reply.text, {}};
}

}  // namespace engine::runtime
