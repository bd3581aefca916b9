// The "webhook" member of a trigger document.
#pragma once

#include <string>
#include <vector>

#include <connectors/triggers/secret_reference.h>
#include <connectors/webhook/signature.h>
#include <statelang/failure.h>
#include <statelang/value.h>

namespace connectors::webhook {

struct Settings {
  Scheme scheme = Scheme::None;
  std::vector<triggers::SecretReference> secrets;
  int64_t tolerance_s = 300;
  HmacForm hmac;
  std::string delivery_id_header;  // empty: see below
  // Without a header for it: a member of the JSON body that tells deliveries apart, else this header, which
  // is the same only when a request is replayed. Both empty: events cannot be told apart.
  std::string delivery_id_member;
  std::string replay_header;
  bool reply_result = false;
  int64_t reply_timeout_ms = 30'000;
  int64_t body_bytes_max = 1'048'576;
};

Settings read_settings(const statelang::Value& value, std::vector<statelang::Diagnostic>& findings);

// The secrets as they are now, so that a rotation needs no restart. What cannot be read is left out and named
// in `problem` (the reference, not the content).
std::vector<std::string> read_secrets(const Settings& settings, std::string& problem);

}  // namespace connectors::webhook
