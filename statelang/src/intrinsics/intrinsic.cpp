#include <algorithm>

#include <statelang/intrinsics/intrinsic.h>

#include "intrinsics/call_content.h"

namespace statelang::intrinsics {
namespace {

void collect_variables(const CallContent& call, std::vector<std::string>& names) {
  for (const auto& argument : call.arguments) {
    if (const auto* path = std::get_if<json_path::Path>(&argument)) {
      for (std::string& name : path->variables()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
      }
    } else if (const auto* inner = std::get_if<std::shared_ptr<const CallContent>>(&argument)) {
      collect_variables(**inner, names);
    }
  }
}

// AWS's words; `detail` says which argument or why.
Error failure(const CallContent& call, std::string_view detail) {
  return {Error::Kind::Function,
          "The function '" + call.text + "' had the following error: " + std::string(detail),
          {},
          {}};
}

Expected<Value, Error> evaluate(const CallContent& call, const Environment& environment);

Expected<Value, Error> value_of(const CallContent& call, const CallContent::Argument& argument,
                                const Environment& environment) {
  if (const auto* literal = std::get_if<Literal>(&argument)) return literal->value;
  if (const auto* inner = std::get_if<std::shared_ptr<const CallContent>>(&argument)) {
    return evaluate(**inner, environment);
  }
  const json_path::Path& path = *std::get_if<json_path::Path>(&argument);
  auto value = path.evaluate(environment.roots);
  if (value) return std::move(*value);
  const json_path::Error& inner = value.error();
  Error error = failure(call, inner.text);
  if (inner.is_missing()) {
    error = failure(call, "The JsonPath argument for the field '" + path.text() +
                              "' could not be found in the input '" +
                              (environment.roots.input ? to_json(*environment.roots.input) : "{}") + "'");
  }
  error.kind = Error::Kind::Path;
  error.path = path.text();
  error.path_error = inner;
  return Unexpected<Error>{std::move(error)};
}

Result format_call(const CallContent& call, const Arguments& arguments) {
  if (const auto* literal = std::get_if<Literal>(&call.arguments.front())) {
    return literal->value.is_string() ? format(literal->raw, arguments) : std::nullopt;
  }
  return arguments.front().is_string() ? format(arguments.front().as_string(), arguments) : std::nullopt;
}

Result apply(const CallContent& call, const Arguments& arguments, RandomSource* random) {
  switch (call.signature->function) {
    case Function::Format:
      return format_call(call, arguments);
    case Function::StringToJson:
      return string_to_json(arguments);
    case Function::JsonToString:
      return Value(to_json(arguments[0]));
    case Function::Array:
      return Value(Array(arguments));
    case Function::ArrayPartition:
      return array_partition(arguments);
    case Function::ArrayContains:
      return array_contains(arguments);
    case Function::ArrayRange:
      return array_range(arguments);
    case Function::ArrayGetItem:
      return array_get_item(arguments);
    case Function::ArrayLength:
      return arguments[0].is_array() ? Result(Value(static_cast<int64_t>(arguments[0].size())))
                                     : std::nullopt;
    case Function::ArrayUnique:
      return array_unique(arguments);
    case Function::Base64Encode:
      return base64_encode(arguments);
    case Function::Base64Decode:
      return base64_decode(arguments);
    case Function::Hash:
      return hash(arguments);
    case Function::JsonMerge:
      return json_merge(arguments);
    case Function::MathRandom:
      return math_random(arguments, random);
    case Function::MathAdd:
      return math_add(arguments);
    case Function::StringSplit:
      return string_split(arguments);
    case Function::Uuid:
      return uuid(random);
  }
  return std::nullopt;
}

Expected<Value, Error> evaluate(const CallContent& call, const Environment& environment) {
  Arguments arguments;
  arguments.reserve(call.arguments.size());
  for (const auto& argument : call.arguments) {
    auto value = value_of(call, argument, environment);
    if (!value) return value;
    arguments.push_back(std::move(*value));
  }
  Result result = apply(call, arguments, environment.random);
  if (result) return std::move(*result);
  return Unexpected<Error>{failure(call, "Invalid arguments in " + std::string(call.signature->name))};
}

}  // namespace

bool Call::looks_like_call(std::string_view text) {
  const size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return text.substr(start, 7) == "States.";
}

Expected<Call, ParseError> Call::parse(std::string_view text) {
  auto content = parse_call(text);
  if (!content) return Unexpected<ParseError>{std::move(content).error()};
  return Call(std::make_shared<const CallContent>(std::move(*content)));
}

const std::string& Call::text() const {
  return content_->text;
}

std::vector<std::string> Call::variables() const {
  std::vector<std::string> names;
  collect_variables(*content_, names);
  return names;
}

Expected<Value, Error> Call::evaluate(const Environment& environment) const {
  return intrinsics::evaluate(*content_, environment);
}

}  // namespace statelang::intrinsics
