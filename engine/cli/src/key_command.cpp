#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <engine/auth/key_file.h>
#include <engine/cli/exit_code.h>
#include <engine/cli/key_command.h>
#include <statelang/value.h>

#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

constexpr int kSecondsOfDay = 24 * 60 * 60;
constexpr const char* kAnyAccount = "000000000000";  // of keys that name none; it is not shown
constexpr const char* kReadAgain = "A running server reads the file again at SIGHUP.";

std::string utc(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[sizeof "2027-01-31T00:00:00Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// A file that is not there is an empty one; nothing: it cannot be read.
std::optional<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::string();
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) return std::nullopt;
  return text.str();
}

bool is_over(const auth::Key& key) {
  return key.expires_ms != 0 && key.expires_ms <= now_ms();
}

// Empty: an action, as scopes name them. A key with another word would be refused everything.
std::string action_mistake(const std::string& action) {
  if (action == "*" || (action.starts_with("states:") && action != "states:")) return {};
  return "\"" + action + "\" is no action: say states:StartExecution, states:Describe*, ... or *";
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : " ") + item;
  return text;
}

}  // namespace

int create_key(const Terminal& terminal, const KeyOptions& options) {
  for (const std::string& action : options.actions) {
    if (const std::string wrong = action_mistake(action); !wrong.empty())
      return terminal.error("--action: " + wrong), kUsage;
  }
  auth::NewKey wanted;
  wanted.id = options.id;
  wanted.kind = options.aws ? auth::KeyKind::AccessKey : auth::KeyKind::Bearer;
  wanted.account = options.account;
  wanted.scope = {options.actions, options.resources};
  wanted.expires = options.expires;
  if (options.days > 0)
    wanted.expires = utc(std::time(nullptr) + static_cast<std::time_t>(options.days) * kSecondsOfDay);
  const auto document = read_file(options.file);
  if (!document) return terminal.error(options.file + ": cannot be read"), kRefused;
  const auto made = auth::add_key(*document, wanted);
  if (!made) return terminal.error(made.error().message), kRefused;
  if (const auto written = auth::write_key_file(options.file, made->document); !written)
    return terminal.error(written.error().message), kRefused;
  if (options.json) {
    terminal.print(statelang::to_json(Value::object({{"id", made->id}, {"secret", made->secret}})));
  } else if (options.aws) {
    terminal.print("AWS_ACCESS_KEY_ID=" + made->id);
    terminal.print("AWS_SECRET_ACCESS_KEY=" + made->secret);
  } else {
    terminal.print(made->secret);
  }
  terminal.note(
      options.aws
          ? "The secret is in " + options.file + " as well: signatures need it. Keep both safe."
          : "Send it as \"Authorization: Bearer KEY\". It is shown this once: the file has its hash only.");
  const auto keys = auth::load_keys(options.file, kAnyAccount);
  if (keys && !keys->empty() && is_over(keys->back())) terminal.note("It has expired already.");
  terminal.note(kReadAgain);
  return kOk;
}

namespace {

Value strings(const std::vector<std::string>& texts) {
  Value list = Value::array();
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

// Without anything secret, not even a hash.
Value to_value(const auth::Key& key) {
  Value scopes = Value::array();
  for (const auth::Scope& scope : key.principal.scopes) {
    scopes.push_back(
        Value::object({{"actions", strings(scope.actions)}, {"resources", strings(scope.resources)}}));
  }
  Value shown = Value::object({{"id", key.principal.key_id},
                               {"kind", key.is_access_key() ? "AWS" : "REST"},
                               {"expired", is_over(key)},
                               {"scopes", std::move(scopes)}});
  if (key.expires_ms != 0) shown.set("expires", utc(static_cast<std::time_t>(key.expires_ms / 1000)));
  return shown;
}

}  // namespace

int list_keys(const Terminal& terminal, const KeyOptions& options) {
  const auto keys = auth::load_keys(options.file, kAnyAccount);
  if (!keys) return terminal.error(keys.error().message), kRefused;
  std::vector<std::vector<Cell>> rows;
  for (const auth::Key& key : *keys) {
    if (options.json) {
      terminal.print(statelang::to_json(to_value(key)));
      continue;
    }
    std::string allowed;
    for (const auth::Scope& scope : key.principal.scopes) {
      allowed += (allowed.empty() ? "" : "; ") + joined(scope.actions) + " on " + joined(scope.resources);
    }
    const std::string ends = key.expires_ms == 0 ? "never"
                                                 : utc(static_cast<std::time_t>(key.expires_ms / 1000)) +
                                                       (is_over(key) ? " (over)" : "");
    rows.push_back({{key.principal.key_id},
                    {key.is_access_key() ? "AWS" : "REST"},
                    {ends, is_over(key) ? Style::Red : Style::Plain},
                    {allowed}});
  }
  if (options.json) return kOk;
  if (rows.empty())
    return terminal.note("No keys. Make one: stepstream key create FILE --action 'states:*'"), kOk;
  print_table(terminal, {"ID", "KIND", "EXPIRES", "MAY"}, rows);
  return kOk;
}

int remove_key(const Terminal& terminal, const KeyOptions& options) {
  const auto document = read_file(options.file);
  if (!document) return terminal.error(options.file + ": cannot be read"), kRefused;
  const auto left = auth::remove_key(*document, options.id);
  if (!left) return terminal.error(left.error().message), kRefused;
  if (const auto written = auth::write_key_file(options.file, *left); !written)
    return terminal.error(written.error().message), kRefused;
  terminal.print("removed " + options.id);
  terminal.note(kReadAgain);
  return kOk;
}

}  // namespace engine::cli
