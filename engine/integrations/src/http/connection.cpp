#include "connection.h"

#include <algorithm>

#include <statelang/encoding.h>

#include "task_request.h"

namespace engine::integrations {

using statelang::Diagnostic;
using statelang::Unexpected;
using statelang::Value;

namespace {

// Collects what is wrong with a document, by JSON pointer.
class Checker {
 public:
  explicit Checker(const Secrets& secrets) : secrets_(secrets) {}

  void wrong(std::string at, std::string message) {
    findings.push_back(
        {Diagnostic::Severity::Error, "ValidationFailed", std::move(at), std::move(message), {}});
  }
  bool object(const Value* value, const std::string& at) {
    if (value && value->is_object()) return true;
    wrong(at, "must be an object");
    return false;
  }
  void only(const Value& value, const std::string& at, std::initializer_list<std::string_view> known) {
    for (const auto& [key, member] : value.as_object()) {
      if (std::find(known.begin(), known.end(), key.as_string()) == known.end())
        wrong(at + "/" + std::string(key.as_string()), "is not known here");
    }
  }
  void text(const Value& value, const std::string& at, std::string_view member) {
    const Value* found = value.find(member);
    if (!found || !found->is_string() || found->as_string().empty())
      wrong(at + "/" + std::string(member), "must be a text");
  }
  void secret(const Value& value, const std::string& at, std::string_view member) {
    const Value* found = value.find(member);
    const std::string mistake = found ? secrets_.mistake(*found) : "is required";
    if (!mistake.empty()) wrong(at + "/" + std::string(member), mistake);
  }
  HostList hosts(const Value* value, const std::string& at) {
    HostList hosts;
    if (!value) return hosts;
    if (!value->is_array() || value->as_array().empty()) {
      wrong(at, "must be a list of hosts");
      return hosts;
    }
    size_t index = 0;
    for (const Value& host : value->as_array()) {
      const std::string place = at + "/" + std::to_string(index++);
      if (!host.is_string() || !hosts.add(host.as_string()))
        wrong(place, "must be HOST, HOST:PORT or *.DOMAIN, without https://");
    }
    return hosts;
  }
  // {headers, query, body}: texts or references each
  void parameters(const Value* value, const std::string& at) {
    if (!value || !object(value, at)) return;
    only(*value, at, {"headers", "query", "body"});
    for (const auto& [kind, members] : value->as_object()) {
      const std::string where = at + "/" + std::string(kind.as_string());
      if (!object(&members, where)) continue;
      for (const auto& [name, content] : members.as_object()) {
        const std::string place = where + "/" + std::string(name.as_string());
        if (kind.as_string() == "headers" && !may_set_header(name.as_string()))
          wrong(place, "may not be set");
        if (content.is_string()) continue;
        if (const std::string mistake = secrets_.mistake(content); !mistake.empty())
          wrong(place, "must be a text, or " + mistake.substr(mistake.find(' ') + 1));
      }
    }
  }

  std::vector<Diagnostic> findings;

 private:
  const Secrets& secrets_;
};

void check_oauth(Checker& checker, const Value& oauth, const std::string& at) {
  checker.only(oauth, at,
               {"endpoint", "method", "client_id", "client_secret", "client_authentication", "parameters"});
  checker.text(oauth, at, "client_id");
  checker.secret(oauth, at, "client_secret");
  const Value* endpoint = oauth.find("endpoint");
  if (!endpoint || !endpoint->is_string() || !parse_url(endpoint->as_string()))
    checker.wrong(at + "/endpoint", "must be the URL that gives tokens");
  if (const Value* method = oauth.find("method");
      method && !(*method == Value("POST") || *method == Value("GET") || *method == Value("PUT")))
    checker.wrong(at + "/method", "must be POST, GET or PUT");
  if (const Value* way = oauth.find("client_authentication");
      way && !(*way == Value("basic") || *way == Value("body")))
    checker.wrong(at + "/client_authentication", "must be basic or body");
  checker.parameters(oauth.find("parameters"), at + "/parameters");
}

AuthorizationKind check_authorization(Checker& checker, const Value* value) {
  const std::string at = "/authorization";
  if (!value) return AuthorizationKind::None;
  if (!checker.object(value, at)) return AuthorizationKind::None;
  checker.only(*value, at, {"basic", "api_key", "oauth_client_credentials"});
  if (value->size() != 1) checker.wrong(at, "must have one of basic, api_key and oauth_client_credentials");
  if (const Value* basic = value->find("basic"); basic && checker.object(basic, at + "/basic")) {
    checker.only(*basic, at + "/basic", {"username", "password"});
    checker.text(*basic, at + "/basic", "username");
    checker.secret(*basic, at + "/basic", "password");
    return AuthorizationKind::Basic;
  }
  if (const Value* key = value->find("api_key"); key && checker.object(key, at + "/api_key")) {
    checker.only(*key, at + "/api_key", {"name", "value"});
    checker.text(*key, at + "/api_key", "name");
    checker.secret(*key, at + "/api_key", "value");
    if (const Value* name = key->find("name"); name && name->is_string() &&
                                               name->as_string() != "Authorization" &&
                                               !may_set_header(name->as_string()))
      checker.wrong(at + "/api_key/name", "may not be set");
    return AuthorizationKind::ApiKey;
  }
  if (const Value* oauth = value->find("oauth_client_credentials");
      oauth && checker.object(oauth, at + "/oauth_client_credentials")) {
    check_oauth(checker, *oauth, at + "/oauth_client_credentials");
    return AuthorizationKind::OAuthClientCredentials;
  }
  return AuthorizationKind::None;
}

bool valid_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

// A text as it is, a reference read and remembered as secret.
statelang::Expected<std::string, std::string> text_of(const Value& content, const Secrets& secrets,
                                                      Redaction& redaction) {
  if (content.is_string()) return std::string(content.as_string());
  auto secret = secrets.read(content);
  if (secret) redaction.add(*secret);
  return secret;
}

// Line breaks in a header would begin another header.
bool one_line(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

statelang::Expected<Connection, std::vector<Diagnostic>> parse_connection(const std::string& name,
                                                                          std::string_view json,
                                                                          const Secrets& secrets) {
  Checker checker(secrets);
  auto document = statelang::parse_json(json, {.depth_max = 20, .refuse_duplicate_keys = true});
  if (!valid_name(name)) checker.wrong("", "a name has 1 to 64 letters, digits, '-', '_' and '.'");
  if (!document) checker.wrong("", "no JSON: " + document.error().message);
  Connection connection{name, AuthorizationKind::None, {}, {}};
  if (document && checker.object(&*document, "")) {
    checker.only(*document, "", {"description", "hosts", "authorization", "parameters"});
    if (document->find("description")) checker.text(*document, "", "description");
    connection.hosts = checker.hosts(document->find("hosts"), "/hosts");
    connection.authorization = check_authorization(checker, document->find("authorization"));
    checker.parameters(document->find("parameters"), "/parameters");
    connection.document = std::move(*document);
  }
  if (!checker.findings.empty()) return Unexpected{std::move(checker.findings)};
  return connection;
}

statelang::Expected<Additions, std::string> read_parameters(const Value* parameters, const Secrets& secrets) {
  Additions additions;
  if (!parameters || !parameters->is_object()) return additions;
  const auto read = [&](const char* kind, auto add) -> std::string {
    const Value* members = parameters->find(kind);
    if (!members || !members->is_object()) return {};
    for (const auto& [name, content] : members->as_object()) {
      auto text = text_of(content, secrets, additions.redaction);
      if (!text) return text.error();
      add(std::string(name.as_string()), std::move(*text));
    }
    return {};
  };
  std::string problem = read("headers", [&](std::string name, std::string text) {
    additions.headers.emplace_back(std::move(name), std::move(text));
  });
  if (problem.empty()) {
    problem = read("query", [&](std::string name, std::string text) {
      additions.query.emplace_back(std::move(name), std::move(text));
    });
  }
  if (problem.empty()) {
    problem = read("body", [&](std::string name, std::string text) {
      additions.body.emplace_back(std::move(name), Value(text));
    });
  }
  if (!problem.empty()) return Unexpected{std::move(problem)};
  return additions;
}

statelang::Expected<Additions, std::string> read_additions(const Connection& connection,
                                                           const Secrets& secrets) {
  auto additions = read_parameters(connection.document.find("parameters"), secrets);
  if (!additions) return additions;
  const Value* authorization = connection.document.find("authorization");
  std::pair<std::string, std::string> header;
  if (connection.authorization == AuthorizationKind::Basic) {
    const Value& basic = *authorization->find("basic");
    auto password = text_of(*basic.find("password"), secrets, additions->redaction);
    if (!password) return Unexpected{password.error()};
    const std::string pair =
        statelang::to_base64(std::string(basic.find("username")->as_string()) + ":" + *password);
    additions->redaction.add(pair);
    header = {"Authorization", "Basic " + pair};
  } else if (connection.authorization == AuthorizationKind::ApiKey) {
    const Value& key = *authorization->find("api_key");
    auto value = text_of(*key.find("value"), secrets, additions->redaction);
    if (!value) return Unexpected{value.error()};
    header = {std::string(key.find("name")->as_string()), std::move(*value)};
  }
  if (!header.first.empty()) additions->headers.push_back(std::move(header));
  for (const auto& [name, value] : additions->headers) {
    if (!one_line(name) || !one_line(value))
      return Unexpected{"the header " + name + " has a line break in it"};
  }
  return additions;
}

}  // namespace engine::integrations
