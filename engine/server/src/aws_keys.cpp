#include "aws_keys.h"

#include <fstream>
#include <sstream>

namespace engine::server {
namespace {

statelang::Unexpected<Error> wrong(std::string message) {
  return statelang::Unexpected<Error>{Error{ErrorKind::Permanent, std::move(message)}};
}

}  // namespace

Expected<std::vector<api::aws::AccessKey>> load_aws_keys(const std::string& file,
                                                         const std::string& account) {
  std::ifstream in(file);
  if (!in) return wrong(file + ": cannot be read");
  std::vector<api::aws::AccessKey> keys;
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    std::istringstream words(line.substr(0, line.find('#')));
    api::aws::AccessKey key;
    std::string more;
    if (!(words >> key.id)) continue;
    if (!(words >> key.secret) || words >> more) {
      return wrong(file + ":" + std::to_string(number) + ": expected an access key id and its secret");
    }
    key.account = account;
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return wrong(file + ": holds no key; nobody could use the AWS API");
  return keys;
}

}  // namespace engine::server
