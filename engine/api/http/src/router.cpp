#include <algorithm>

#include <engine/api/http/problem.h>
#include <engine/api/http/router.h>

namespace engine::http {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    segments.emplace_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

bool is_parameter(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{';
}
bool takes_rest(const std::string& segment) {
  return segment.ends_with("...}");
}

constexpr const char* kPublicName =
    "Without keys a server answers under an address, localhost or a local name alone: a page under any other "
    "could be anybody's.";

using Parameters = std::vector<std::pair<std::string, std::string>>;

bool take_rest(const std::string& segment, const std::vector<std::string>& path, size_t from,
               Parameters& found) {
  std::string rest;
  for (size_t i = from; i < path.size(); ++i) {
    const auto decoded = percent_decode(path[i]);
    if (!decoded) return false;
    rest += (i > from ? "/" : "") + *decoded;
  }
  found.emplace_back(segment.substr(1, segment.size() - 5), std::move(rest));
  return true;
}

bool match(const std::vector<std::string>& pattern, const std::vector<std::string>& path, Parameters& found) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (takes_rest(pattern[i])) return take_rest(pattern[i], path, i, found);
    if (i >= path.size()) return false;
    if (!is_parameter(pattern[i])) {
      if (pattern[i] != path[i]) return false;
      continue;
    }
    auto decoded = percent_decode(path[i]);
    if (!decoded || decoded->empty()) return false;
    found.emplace_back(pattern[i].substr(1, pattern[i].size() - 2), std::move(*decoded));
  }
  return pattern.size() == path.size();
}

// Browsers say where a script came from; pages of other sites may not drive an engine on this machine.
bool from_another_site(const Request& request) {
  std::string_view origin = request.header("Origin");
  if (origin.empty()) return false;
  const size_t scheme = origin.find("://");
  if (scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  return origin != request.header("Host");
}

// A name that the public DNS could hold. Its owner may have it lead to this machine, so that a page from
// there is of the same site. Not so: addresses, names of one word, and names that are nobody's (RFC 6761, RFC
// 9476).
bool is_public_name(std::string_view host) {
  host = host.substr(0, host.rfind(':'));  // without its port; an IPv6 address keeps its bracket
  while (host.ends_with('.')) host.remove_suffix(1);
  const size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || host.starts_with('[')) return false;
  std::string top(host.substr(dot + 1));
  for (char& c : top) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (top.find_first_not_of("0123456789") == std::string::npos) return false;
  for (const char* nobodys : {"localhost", "local", "internal", "lan", "test", "example", "invalid"}) {
    if (top == nobodys) return false;
  }
  return true;
}

// Browsers send no Origin with what they take for reading on the same site.
bool may_be_from_page(const Request& request) {
  const bool reads = request.method() == Method::Get || request.method() == Method::Head;
  return reads || !request.header("Origin").empty();
}

// A packed body may be a thousand times as large as what arrives, past every limit.
bool is_packed(const Request& request) {
  const std::string_view encoding = request.header("Content-Encoding");
  return !encoding.empty() && encoding != "identity" && !request.body().empty();
}

}  // namespace

Router::Router() = default;

void Router::add(Route route) {
  const size_t index = routes_.size();
  if (route.path.find('{') == std::string::npos) {
    exact_[route.path].push_back(index);
  } else {
    auto segments = split(route.path);
    auto same = std::find_if(patterns_.begin(), patterns_.end(),
                             [&](const Pattern& pattern) { return pattern.segments == segments; });
    if (same == patterns_.end()) same = patterns_.insert(patterns_.end(), Pattern{std::move(segments), {}});
    same->routes.push_back(index);
  }
  routes_.push_back(std::move(route));
}

void Router::dispatch(Request request, Responder responder) const {
  if (const auto found = exact_.find(std::string(request.path())); found != exact_.end()) {
    return serve(found->second, std::move(request), responder);
  }
  const auto path = split(request.path());
  for (const Pattern& pattern : patterns_) {
    Parameters parameters;
    if (!match(pattern.segments, path, parameters)) continue;
    for (auto& [name, value] : parameters) request.set_parameter(std::move(name), std::move(value));
    return serve(pattern.routes, std::move(request), responder);
  }
  responder.send(to_response(
      {404,
       "NoSuchRoute",
       "There is nothing at " + std::string(request.path()) + ". The routes are listed at /v1/openapi.json.",
       {}}));
}

void Router::serve(const std::vector<size_t>& candidates, Request request, const Responder& responder) const {
  const Method wanted = request.method() == Method::Head ? Method::Get : request.method();
  std::string allow;
  for (const size_t index : candidates) {
    const Route& route = routes_[index];
    if (route.method == wanted) {
      if (!route.open && guard_) {
        if (auto refused = guard_(route, request)) return responder.send(std::move(*refused));
      }
      const bool pages_refused = !route.open || route.closed_to_pages;
      if (pages_refused && from_another_site(request)) {
        return responder.send(
            to_response({403, "CrossOrigin", "Requests of pages from another origin are refused.", {}}));
      }
      if (pages_refused && !guard_ && may_be_from_page(request) && is_public_name(request.header("Host"))) {
        return responder.send(to_response({403, "CrossOrigin", kPublicName, {}}));
      }
      if (!route.open && is_packed(request)) {
        return responder.send(to_response({415,
                                           "UnsupportedEncoding",
                                           "Bodies are read as they are, not with a Content-Encoding: send "
                                           "this one without.",
                                           {}}));
      }
      return route.handler(std::move(request), responder);
    }
    allow += (allow.empty() ? "" : ", ") + std::string(to_string(route.method));
    if (route.method == Method::Get) allow += ", HEAD";
  }
  Response refused;
  if (wanted == Method::Options) {
    refused.status = 204;
  } else {
    refused = to_response({405, "MethodNotAllowed", "Allowed here: " + allow + ".", {}});
  }
  refused.headers.emplace_back("Allow", allow + ", OPTIONS");
  responder.send(std::move(refused));
}

}  // namespace engine::http
