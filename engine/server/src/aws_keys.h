// The AWS access keys of a file: ID SECRET a line, # begins a comment.
#pragma once

#include <string>
#include <vector>

#include <engine/api/aws/signature.h>
#include <engine/core/error.h>

namespace engine::server {

Expected<std::vector<api::aws::AccessKey>> load_aws_keys(const std::string& file, const std::string& account);

}  // namespace engine::server
