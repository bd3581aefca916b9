#include "record.h"

#include <statelang/digest.h>
#include <statelang/encoding.h>
#include <statelang/utf8.h>

namespace connectors::kafka {

using statelang::Unexpected;
using statelang::Value;

namespace {

constexpr size_t kNameMax = 80;
constexpr size_t kNumbersMax = 28;  // -<partition>-<offset>, at most 7 and 19 digits
constexpr size_t kDepthMax = 100;

// False: `out` is not set and `problem` says why.
bool decode_part(Form form, const std::optional<std::string>& bytes, const std::string& what, Value& out,
                 std::string& problem) {
  if (!bytes) {
    out = Value();
    return true;
  }
  if (form == Form::Base64) {
    out = statelang::to_base64(*bytes);
    return true;
  }
  if (form == Form::Text) {
    if (statelang::is_utf8(*bytes)) {
      out = *bytes;
      return true;
    }
    problem = "the " + what + " is not UTF-8 text";
    return false;
  }
  auto parsed = statelang::parse_json(*bytes, {.depth_max = kDepthMax});
  if (parsed) {
    out = std::move(*parsed);
    return true;
  }
  problem = "the " + what + " is not JSON: " + parsed.error().message + " at byte " +
            std::to_string(parsed.error().offset);
  return false;
}

std::string short_digest(const std::string& text) {
  return statelang::digest_hex("SHA-256", text).substr(0, 8);
}

}  // namespace

size_t Record::size_bytes() const {
  size_t bytes = 200 + (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const auto& [name, content] : headers) bytes += 64 + name.size() + (content ? content->size() : 0);
  return bytes;
}

statelang::Expected<Value, std::string> decode(const Settings& settings, const Record& record) {
  std::string problem;
  Value key;
  Value value;
  if (!decode_part(settings.key_form, record.key, "key", key, problem))
    return Unexpected<std::string>{problem};
  if (!decode_part(settings.value_form, record.value, "value", value, problem)) {
    return Unexpected<std::string>{problem};
  }
  Value headers = Value::object();
  for (const auto& [name, bytes] : record.headers) {
    Value header;
    if (!statelang::is_utf8(name)) return Unexpected<std::string>{"the name of a header is not UTF-8 text"};
    if (!decode_part(settings.header_form, bytes, "header " + name, header, problem)) {
      return Unexpected<std::string>{problem};
    }
    std::vector<Value> same;
    for (const auto& [other, content] : record.headers) {
      Value item;
      if (other == name && decode_part(settings.header_form, content, "", item, problem))
        same.push_back(item);
    }
    if (same.size() > 1) header = Value(statelang::Array(std::move(same)));
    headers.set(name, header);
  }
  return Value::object({{"offset", record.offset},
                        {"timestamp_ms", record.timestamp_ms},
                        {"key", key},
                        {"value", value},
                        {"headers", headers}});
}

Value record_event(const std::string& trigger, const std::string& topic, int32_t partition,
                   const Value& decoded) {
  Value event =
      Value::object({{"trigger", trigger}, {"topic", topic}, {"partition", static_cast<int64_t>(partition)}});
  for (const auto& [name, member] : decoded.as_object()) event.set(name.as_string(), member);
  return event;
}

Value batch_event(const std::string& trigger, const std::string& topic, int32_t partition,
                  std::vector<Value> decoded) {
  return Value::object({{"trigger", trigger},
                        {"topic", topic},
                        {"partition", static_cast<int64_t>(partition)},
                        {"records", Value(statelang::Array(std::move(decoded)))}});
}

std::string execution_name(const std::string& trigger, const std::string& topic, int32_t partition,
                           int64_t offset) {
  const bool fits = trigger.size() + 1 + topic.size() + kNumbersMax <= kNameMax;
  return trigger + "-" + (fits ? topic : "t" + short_digest(topic)) + "-" + std::to_string(partition) + "-" +
         std::to_string(offset);
}

}  // namespace connectors::kafka
