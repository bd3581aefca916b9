#include <set>

#include <catch2/catch.hpp>

#include <engine/api/rest/rest_api.h>
#include <statelang/value.h>

#include "fake_engine.h"

using namespace engine;
using statelang::Value;

namespace {

// Every "$ref" of the document.
void collect_references(const Value& value, std::set<std::string>& found) {
  if (value.is_array()) {
    for (const Value& item : value.as_array()) collect_references(item, found);
  }
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.as_object()) {
    if (key.as_string() == "$ref") found.insert(std::string(inner.as_string()));
    collect_references(inner, found);
  }
}

}  // namespace

TEST_CASE("openapi: the document lists exactly the routes of the server, and its references lead somewhere") {
  rest::tests::FakeEngine engine;
  http::Router router;
  rest::add_routes(router, engine, {"1.0", nullptr});
  // Routes that connectors add; the end-to-end tests hold them against the document.
  std::set<std::string> served{"get /v1/triggers",
                               "get /v1/triggers/{trigger}",
                               "put /v1/triggers/{trigger}",
                               "delete /v1/triggers/{trigger}",
                               "get /v1/logs",
                               "get /v1/sinks",
                               "get /v1/sinks/{sink}",
                               "put /v1/sinks/{sink}",
                               "delete /v1/sinks/{sink}",
                               "post /hooks/{trigger}",
                               "get /v1/connections",
                               "get /v1/connections/{connection}",
                               "put /v1/connections/{connection}",
                               "delete /v1/connections/{connection}"};
  std::set<std::string> documented;
  for (const http::Route& route : router.routes()) {
    std::string method(http::to_string(route.method));
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    served.insert(method + " " + route.path);
  }
  const auto document = statelang::parse_json(rest::openapi_document());
  REQUIRE(document);
  CHECK(document->find("openapi")->as_string() == "3.1.0");
  for (const auto& [path, operations] : document->find("paths")->as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      documented.insert(std::string(method.as_string()) + " " + std::string(path.as_string()));
      CHECK(operation.find("operationId"));
      CHECK(operation.find("responses"));
    }
  }
  CHECK(documented == served);

  std::set<std::string> references;
  collect_references(*document, references);
  for (const std::string& reference : references) {
    CAPTURE(reference);
    const Value* at = &*document;
    for (size_t begin = 2; at && begin < reference.size();) {
      const size_t end = std::min(reference.find('/', begin), reference.size());
      at = at->find(reference.substr(begin, end - begin));
      begin = end + 1;
    }
    CHECK(at);
  }
}
