// Does the tasks of the order saga. Cards that end in 0 are declined.
#include <cstdlib>

#include <stepstream_worker/worker.h>

using stepstream_worker::Context;
using stepstream_worker::HandlerError;
using stepstream_worker::Json;

int main() {
  stepstream_worker::Options options;
  if (const char* url = std::getenv("STEPSTREAM_URL")) options.url = url;
  if (const char* key = std::getenv("STEPSTREAM_API_KEY")) options.api_key = key;
  stepstream_worker::Worker worker(options);
  worker.handle("reserve-goods", [](const Json& event, Context&) -> Json {
    return {{"reservation", "R-" + std::to_string(event.at("order").get<int>())},
            {"items", event.at("items")}};
  });
  worker.handle("charge-card", [](const Json& event, Context&) -> Json {
    auto card = event.at("card").get<std::string>();
    if (card.ends_with("0")) throw HandlerError("Card.Declined", "the bank says no");
    return {{"charged", event.at("items").size() * 10}};
  });
  worker.handle("ship", [](const Json& event, Context&) -> Json {
    return {{"parcel", "P-" + std::to_string(event.at("order").get<int>())}};
  });
  worker.handle("release-goods", [](const Json& event, Context&) -> Json {
    return {{"items", event.at("reservation").at("items")}};
  });
  return worker.run();
}
