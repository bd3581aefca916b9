#include "service_parameters.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace statelang::interpreter {
namespace {

enum class Format { Text, Flag, Lists, Any };
struct Parameter {
  std::string_view name;
  Format format;
  bool required = false;
};

constexpr Parameter kApiGateway[] = {
    {"ApiEndpoint", Format::Text, true},
    {"Method", Format::Text, true},
    {"Headers", Format::Lists},
    {"Stage", Format::Text},
    {"Path", Format::Text},
    {"QueryParameters", Format::Lists},
    {"RequestBody", Format::Any},
    {"AllowNullValues", Format::Flag},
    {"AuthType", Format::Text},
};

bool is_list_of_texts(const Value& value) {
  if (!value.is_array()) return false;
  const Array& texts = value.as_array();
  return std::all_of(texts.begin(), texts.end(), [](const Value& text) { return text.is_string(); });
}

bool fits(const Value& value, Format format) {
  switch (format) {
    case Format::Text:
      return value.is_string();
    case Format::Flag:
      return value.is_boolean();
    case Format::Lists:  // a name's values
      if (!value.is_object()) return false;
      for (const auto& [name, values] : value.as_object()) {
        if (!is_list_of_texts(values)) return false;
      }
      return true;
    case Format::Any:
      return true;
  }
  return true;
}

}  // namespace

std::optional<std::string> refused_parameters(const Resource& resource, const Value& parameters) {
  if (resource.kind != ResourceKind::Service || resource.service != "apigateway") return std::nullopt;
  std::vector<std::string> reasons;
  for (const Parameter& parameter : kApiGateway) {
    const std::string field = "field '" + std::string(parameter.name) + "'";
    const Value* value = parameters.find(parameter.name);
    if (!value && parameter.required) reasons.push_back("The " + field + " is required but was missing");
    if (value && !fits(*value, parameter.format)) {
      reasons.push_back("The value of the " + field + " has an invalid format");
    }
  }
  if (reasons.empty()) return std::nullopt;
  std::string cause = "The Parameters '" + to_json(parameters) + "' could not be used to start the Task: [";
  for (size_t i = 0; i < reasons.size(); ++i) cause += (i > 0 ? ", " : "") + reasons[i];
  return cause + "]";
}

}  // namespace statelang::interpreter
