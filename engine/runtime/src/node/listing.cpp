// Lists of executions over all partitions, a page at a time.
#include <algorithm>
#include <charconv>

#include <engine/core/execution_list.h>

#include "node_engine.h"

namespace engine::runtime {

using core::ListPlace;
using statelang::Unexpected;

namespace {

// Where a page ended, as a page token.
std::string to_text(const ListPlace& place) {
  return std::to_string(place.start_ms) + "." + std::to_string(place.partition) + "." +
         std::to_string(place.number);
}
std::optional<ListPlace> parse_place(std::string_view text) {
  ListPlace place;
  const char* end = text.data() + text.size();
  auto start = std::from_chars(text.data(), end, place.start_ms);
  if (start.ec != std::errc() || start.ptr == end || *start.ptr != '.') return std::nullopt;
  auto partition = std::from_chars(start.ptr + 1, end, place.partition);
  if (partition.ec != std::errc() || partition.ptr == end || *partition.ptr != '.') return std::nullopt;
  auto number = std::from_chars(partition.ptr + 1, end, place.number);
  if (number.ec != std::errc() || number.ptr != end) return std::nullopt;
  return place;
}

std::string_view name_in(std::string_view execution_arn) {
  return execution_arn.substr(execution_arn.rfind(':') + 1);
}

// MACHINE/LABEL of a Map Run's ARN, as its children show it.
std::string child_machine_arn(std::string_view map_run_arn) {
  std::string arn(map_run_arn.substr(0, map_run_arn.rfind(':')));
  constexpr std::string_view kKind = ":mapRun:";
  const size_t at = arn.find(kKind);
  return at == std::string::npos ? arn : arn.replace(at, kKind.size(), ":stateMachine:");
}

core::ListingQuery query_of(const ListExecutionsRequest& request) {
  core::ListingQuery query;
  query.state_machine_arn = request.map_run_arn.empty()
                                ? split_qualifier(request.state_machine_arn).machine_arn
                                : request.map_run_arn;
  query.status = request.status;
  // Our own lists of everything do not show them.
  query.qualifiers = !request.state_machine_arn.empty() || !request.map_run_arn.empty();
  return query;
}

ExecutionListItem item_of(core::ListedExecution&& execution, std::string_view map_run_arn) {
  ExecutionListItem item;
  item.name = name_in(execution.execution_arn);
  item.execution_arn = std::move(execution.execution_arn);
  item.state_machine_arn =
      map_run_arn.empty() ? std::move(execution.state_machine_arn) : child_machine_arn(map_run_arn);
  item.status = execution.status;
  item.start_ms = execution.start_ms;
  item.stop_ms = execution.stop_ms;
  item.state_machine_version_arn = std::move(execution.state_machine_version_arn);
  item.state_machine_alias_arn = std::move(execution.state_machine_alias_arn);
  item.map_items = execution.map_items;
  item.redrive_count = execution.redrive_count;
  item.redrive_ms = execution.redrive_ms;
  return item;
}

// Whether a page shows it, as far as the index does not say.
bool wanted(const ListExecutionsRequest& request, bool qualified, const core::ListedExecution& execution) {
  if (!name_in(execution.execution_arn).starts_with(request.name_prefix)) return false;
  if (request.redriven && *request.redriven != (execution.redrive_count > 0)) return false;
  return !qualified || execution.state_machine_version_arn == request.state_machine_arn ||
         execution.state_machine_alias_arn == request.state_machine_arn;
}

}  // namespace

ApiResult<Page<ExecutionListItem>> NodeEngine::list_executions(const ListExecutionsRequest& request) {
  const auto place = request.page_token.empty() ? ListPlace{} : parse_place(request.page_token);
  if (!place) return Unexpected{ApiError{ApiErrorCode::InvalidToken, "Invalid Token: 'Invalid token'", {}}};
  const size_t limit = std::max<size_t>(request.limit, 1);
  const bool qualified = !split_qualifier(request.state_machine_arn).qualifier.empty();
  ListPlace from = *place;
  if (request.started_before_ms != 0 && request.started_before_ms <= from.start_ms) {
    from = {request.started_before_ms, UINT64_MAX, 0};  // behind all that began then
  }
  std::vector<const StoreReader*> partitions;
  for (uint16_t partition = 0; partition < store_->partition_count(); ++partition) {
    partitions.push_back(&reader(static_cast<PartitionId>(partition)));
  }
  core::MergedExecutionList list(partitions, query_of(request), from);
  Page<ExecutionListItem> page;
  ListPlace shown;
  while (true) {
    const auto next = list.next();
    if (!next) return Unexpected{api_error(next.error())};
    if (!*next || (*next)->start_ms < request.started_after_ms) return page;
    const std::string& arn = (*next)->execution_arn;
    if (!arn.empty() && !name_in(arn).starts_with(request.name_prefix)) {
      if (auto skipped = list.skip(); !skipped) return Unexpected{api_error(skipped.error())};
      continue;
    }
    auto taken = list.take();
    if (!taken) return Unexpected{api_error(taken.error())};
    if (!*taken || !wanted(request, qualified, **taken)) continue;
    if (page.items.size() == limit) {  // one more: there is a next page
      page.next_page_token = to_text(shown);
      return page;
    }
    shown = list.last_taken();
    page.items.push_back(item_of(std::move(**taken), request.map_run_arn));
  }
}

}  // namespace engine::runtime
