// Connection: how to prove to an HTTP API who is calling, and what to send with every call (AWS: EventBridge
// connections). A JSON document by name, docs/formats/connection.md; secrets stand in it by reference only.
// Pure but for reading secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/expected.h>
#include <statelang/failure.h>
#include <statelang/value.h>

#include "host_list.h"
#include "http_client.h"
#include "secrets.h"

namespace engine::integrations {

enum class AuthorizationKind { None, Basic, ApiKey, OAuthClientCredentials };

struct Connection {
  std::string name;
  AuthorizationKind authorization = AuthorizationKind::None;
  statelang::Value document;
  HostList hosts;  // empty: any

  // Whether a call to this URL may have what the connection adds.
  bool may_go_to(const Url& url) const { return hosts.empty() || hosts.has(url); }
};

// Everything that is wrong at once. `name`: 1 to 64 letters, digits, -_.
statelang::Expected<Connection, std::vector<statelang::Diagnostic>> parse_connection(const std::string& name,
                                                                                     std::string_view json,
                                                                                     const Secrets& secrets);

// What a connection adds to a call, secrets read.
struct Additions {
  HttpHeaders headers;
  HttpHeaders query;
  std::vector<std::pair<std::string, statelang::Value>> body;
  Redaction redaction;
};
// `parameters` is {headers, query, body} of texts and references; null: nothing.
statelang::Expected<Additions, std::string> read_parameters(const statelang::Value* parameters,
                                                            const Secrets& secrets);
// With the Authorization or API key header; for OAuth without: its token has to be fetched.
statelang::Expected<Additions, std::string> read_additions(const Connection& connection,
                                                           const Secrets& secrets);

}  // namespace engine::integrations
