// Router: finds the handler of a request by method and path, after checking who asks.
//
// Filled before the server starts and not changed afterwards; dispatch() may then be called from any thread.
// Paths have parameters in braces: "/v1/executions/{execution}/history"; "{rest...}" as the last segment
// takes everything. Exact paths win over parameters; parameters are tried in the order they were added.
#pragma once

#include <functional>
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
  bool open = false;  // answered without an API key: health checks, webhooks that check signatures themselves
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

  // Says whether the request may go on; without an authenticator every request may.
  using Authenticator = std::function<bool(const Request&)>;
  void set_authenticator(Authenticator authenticator) { authenticator_ = std::move(authenticator); }

  // Answers through `responder` in every case: 404, 405 (with Allow) and 401 are problem documents.
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
  Authenticator authenticator_;
};

}  // namespace engine::http
