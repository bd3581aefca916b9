#include "host_list.h"

#include <algorithm>

namespace engine::integrations {
namespace {

constexpr std::string_view kBelow = "*.";

bool ends_with_label(const std::string& host, const std::string& domain) {
  return host.size() > domain.size() + 1 && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.';
}

}  // namespace

bool HostList::add(std::string_view written) {
  const bool below = written.starts_with(kBelow);
  if (below) written.remove_prefix(kBelow.size());
  const auto url = parse_url("http://" + std::string(written));
  if (!url || url->path != "/" || !url->query.empty() || written.ends_with('/')) return false;
  const bool bracket = written.front() == '[';
  if (below && bracket) return false;
  const bool port = written.find(':', bracket ? written.find(']') : 0) != std::string_view::npos;
  entries_.push_back({url->host, below, port ? std::optional(url->port) : std::nullopt});
  return true;
}

bool HostList::Entry::matches(const Url& url) const {
  const bool usual = url.port == 80 || url.port == 443;
  return (below ? ends_with_label(url.host, host) : url.host == host) && (port ? *port == url.port : usual);
}

bool HostList::has(const Url& url) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.matches(url); });
}

}  // namespace engine::integrations
