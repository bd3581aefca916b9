#include "service_shapes.h"

#include <map>

namespace statelang::test_state {
namespace {

struct Api {
  std::string service;
  std::string name;
};

// AWS's optimised integrations have names of their own for some services.
std::string_view sdk_name(std::string_view service) {
  if (service == "states") return "sfn";
  if (service == "events") return "eventbridge";
  if (service == "elasticmapreduce") return "emr";
  if (service == "emr-containers") return "emrcontainers";
  if (service == "emr-serverless") return "emrserverless";
  return service;
}

// What Step Functions asks until a job has ended (developer guide, "Run a Job (.sync)").
std::string polled(std::string_view service, std::string_view name) {
  static const std::map<std::pair<std::string_view, std::string_view>, std::string_view> kPolled = {
      {{"athena", "startQueryExecution"}, "getQueryExecution"},
      {{"batch", "submitJob"}, "describeJobs"},
      {{"bedrock", "createModelCustomizationJob"}, "getModelCustomizationJob"},
      {{"codebuild", "startBuild"}, "batchGetBuilds"},
      {{"codebuild", "startBuildBatch"}, "batchGetBuildBatches"},
      {{"databrew", "startJobRun"}, "describeJobRun"},
      {{"ecs", "runTask"}, "describeTasks"},
      {{"eks", "createCluster"}, "describeCluster"},
      {{"eks", "createNodegroup"}, "describeNodegroup"},
      {{"eks", "createFargateProfile"}, "describeFargateProfile"},
      {{"emr", "createCluster"}, "describeCluster"},
      {{"emr", "terminateCluster"}, "describeCluster"},
      {{"emr", "addStep"}, "describeStep"},
      {{"emrcontainers", "startJobRun"}, "describeJobRun"},
      {{"emrcontainers", "createVirtualCluster"}, "describeVirtualCluster"},
      {{"emrserverless", "startJobRun"}, "getJobRun"},
      {{"emrserverless", "createApplication"}, "getApplication"},
      {{"emrserverless", "startApplication"}, "getApplication"},
      {{"emrserverless", "stopApplication"}, "getApplication"},
      {{"glue", "startJobRun"}, "getJobRun"},
      {{"sagemaker", "createTrainingJob"}, "describeTrainingJob"},
      {{"sagemaker", "createTransformJob"}, "describeTransformJob"},
      {{"sagemaker", "createProcessingJob"}, "describeProcessingJob"},
      {{"sagemaker", "createLabelingJob"}, "describeLabelingJob"},
      {{"sagemaker", "createHyperParameterTuningJob"}, "describeHyperParameterTuningJob"},
      {{"sfn", "startExecution"}, "describeExecution"},
  };
  const auto found = kPolled.find({service, name});
  return std::string(found == kPolled.end() ? std::string_view{} : found->second);
}

// Nothing for what answers freely: functions, activities, whoever holds a task token.
std::optional<Api> api_of(const Resource& resource) {
  if (resource.kind != ResourceKind::Service && resource.kind != ResourceKind::AwsSdk) return std::nullopt;
  if (resource.pattern == IntegrationPattern::WaitForTaskToken) return std::nullopt;
  std::string_view service = resource.service;
  constexpr std::string_view kSdk = "aws-sdk:";
  if (service.substr(0, kSdk.size()) == kSdk) service.remove_prefix(kSdk.size());
  Api api{std::string(sdk_name(service)), resource.api.substr(0, resource.api.find('.'))};
  if (resource.pattern != IntegrationPattern::RequestResponse) api.name = polled(api.service, api.name);
  if (api.name.empty()) return std::nullopt;
  return api;
}

// Parsed anew for each check (half a millisecond), so that nothing is shared or kept.
std::optional<Value> shapes_of(const std::string& service) {
  auto value = parse_json(service_shapes_text(service));
  if (!value) return std::nullopt;
  return std::move(*value);
}

class Check {
 public:
  Check(const Value& shapes, bool required, std::string_view free_member)
      : shapes_(shapes), required_(required), free_member_(free_member) {}

  // `field` is the member's name, for the message; in lists that of the list.
  std::optional<std::string> value(const Value& value, std::string_view type, const std::string& field) {
    if (type == "any" || value.is_null()) return std::nullopt;
    if (type == "string") return must_be(value.is_string(), field, "a string");
    if (type == "number") return must_be(value.is_number(), field, "a number");
    if (type == "boolean") return must_be(value.is_boolean(), field, "a boolean");
    const Value* shape = shapes_.find(type.substr(1));
    if (!shape) return std::nullopt;
    const std::string_view kind = shape->find("type")->as_string();
    if (kind == "string") return string(value, *shape, field);
    if (kind == "number") return number(value, *shape, field);
    if (kind == "list") return list(value, *shape, field);
    return kind == "map" ? map(value, *shape, field) : structure(value, *shape, field);
  }

 private:
  static std::optional<std::string> about(const std::string& field, std::string_view what) {
    return "Field '" + field + "' " + std::string(what);
  }
  static std::optional<std::string> must_be(bool is, const std::string& field, std::string_view type) {
    return is ? std::nullopt : about(field, "must be " + std::string(type));
  }

  std::optional<std::string> string(const Value& value, const Value& shape, const std::string& field) {
    if (!value.is_string()) return about(field, "must be a string");
    int64_t length = 0;  // in characters
    for (const char c : value.as_string()) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (const Value* least = shape.find("min"); least && length < least->as_integer()) {
      return about(field, "is smaller than the minimum length");
    }
    if (const Value* most = shape.find("max"); most && length > most->as_integer()) {
      return about(field, "exceeds the maximum length");
    }
    const Value* words = shape.find("enum");
    if (!words) return std::nullopt;
    for (const Value& word : words->as_array()) {
      if (word.as_string() == value.as_string()) return std::nullopt;
    }
    return about(field, "is not an expected value");
  }

  std::optional<std::string> number(const Value& value, const Value& shape, const std::string& field) {
    if (!value.is_number()) return about(field, "must be a number");
    if (const Value* least = shape.find("min"); least && value.as_double() < least->as_double()) {
      return about(field, "is less than the minimum value");
    }
    if (const Value* most = shape.find("max"); most && value.as_double() > most->as_double()) {
      return about(field, "exceeds the maximum value");
    }
    return std::nullopt;
  }

  std::optional<std::string> list(const Value& value, const Value& shape, const std::string& field) {
    if (!value.is_array()) return about(field, "must be an array");
    for (const Value& item : value.as_array()) {
      if (auto wrong = this->value(item, shape.find("of")->as_string(), field)) return wrong;
    }
    return std::nullopt;
  }

  std::optional<std::string> map(const Value& value, const Value& shape, const std::string& field) {
    if (!value.is_object()) return about(field, "must be an object");
    for (const auto& [key, item] : value.as_object()) {
      if (auto wrong = this->value(item, shape.find("of")->as_string(), std::string(key.as_string())))
        return wrong;
    }
    return std::nullopt;
  }

  // Members that the API does not have are let through, as on AWS.
  std::optional<std::string> structure(const Value& value, const Value& shape, const std::string& field) {
    if (!value.is_object()) return about(field, "must be an object");
    if (const Value* names = required_ ? shape.find("required") : nullptr) {
      for (const Value& name : names->as_array()) {
        if (value.find(name.as_string())) continue;
        return "Required field '" + std::string(name.as_string()) + "' is missing";
      }
    }
    for (const auto& [name, type] : shape.find("members")->as_object()) {
      const Value* member = value.find(name.as_string());
      if (!member || name.as_string() == free_member_) continue;
      if (auto wrong = this->value(*member, type.as_string(), std::string(name.as_string()))) return wrong;
    }
    return std::nullopt;
  }

  const Value& shapes_;
  bool required_;
  std::string_view free_member_;
};

// Step Functions parses some texts of its optimised integrations: they may be any JSON then.
std::string_view parsed_member(const Resource& resource, const Api& api) {
  if (resource.kind != ResourceKind::Service) return {};
  if (api.service == "lambda" && api.name == "invoke") return "Payload";
  if (resource.pattern == IntegrationPattern::Sync2) return "Output";
  return {};
}

}  // namespace

std::optional<std::string> check_response(const Resource& resource, const Value& result, bool required) {
  const auto api = api_of(resource);
  if (!api) return std::nullopt;
  const auto service = shapes_of(api->service);
  const Value* type = service ? service->find("operations")->find(api->name) : nullptr;
  if (!type) return std::nullopt;
  Check check(*service->find("shapes"), required, parsed_member(resource, *api));
  return check.value(result, type->as_string(), api->name);
}

}  // namespace statelang::test_state
