// Router: finds the handler of a request by method and path, after checking who asks.
//
// Filled before the server starts and not changed afterwards; dispatch() may then be called from any thread.
// Paths have parameters in braces: "/v1/executions/{execution}/history"; "{rest...}" as the last segment
// takes everything. Exact paths win over parameters; parameters are tried in the order they were added.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <engine/api/http/message.h>

namespace engine::http {

struct Route {
  Method method = Method::Get;
  std::string path;
  Handler handler;
  bool open = false;  // the guard is not asked: health checks, webhooks that check signatures themselves
  // Though it is open: pages of other sites may not call it.
  bool closed_to_pages = false;
};

class Router {
 public:
  Router();
  void add(Route route);
  void get(std::string path, Handler handler) { add({Method::Get, std::move(path), std::move(handler)}); }
  void post(std::string path, Handler handler) { add({Method::Post, std::move(path), std::move(handler)}); }
  void put(std::string path, Handler handler) { add({Method::Put, std::move(path), std::move(handler)}); }
  void patch(std::string path, Handler handler) { add({Method::Patch, std::move(path), std::move(handler)}); }
  void del(std::string path, Handler handler) { add({Method::Delete, std::move(path), std::move(handler)}); }

  // Gives the refusal of a request to a route that is not open, or nothing: it may go on. Path parameters are
  // filled in. Without a guard every request may go on but those that a page could have sent under a name of
  // the public DNS: its owner may let it lead to this machine (DNS rebinding), and no key stands in the way.
  using Guard = std::function<std::optional<Response>(const Route&, const Request&)>;
  void set_guard(Guard guard) { guard_ = std::move(guard); }

  // Answers through `responder` in every case: 404 and 405 (with Allow) are problem documents.
  void dispatch(Request request, Responder responder) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Pattern {
    std::vector<std::string> segments;
    std::vector<size_t> routes;  // indexes into routes_: one for each method
  };
  void serve(const std::vector<size_t>& candidates, Request request, const Responder& responder) const;

  std::vector<Route> routes_;
  std::unordered_map<std::string, std::vector<size_t>> exact_;
  std::vector<Pattern> patterns_;
  Guard guard_;
};

}  // namespace engine::http
