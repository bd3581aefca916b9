// `stepstream key`: makes, lists and removes the keys of a key file (docs/formats/keys.md), without a server.
// They block; one process at a time may change a file.
#pragma once

#include <string>
#include <vector>

#include <engine/cli/terminal.h>

namespace engine::cli {

struct KeyOptions {
  std::string file;
  std::string id;
  bool aws = false;     // an AWS access key instead of a bearer key
  std::string account;  // empty: the server's
  std::vector<std::string> actions;
  std::vector<std::string> resources{"*"};
  std::string expires;  // empty: never
  int days = 0;         // instead: from now on; 0: not given
  bool json = false;
};

// Each gives an exit code. The secret is printed once and kept nowhere; notes go to stderr.
int create_key(const Terminal& terminal, const KeyOptions& options);
int list_keys(const Terminal& terminal, const KeyOptions& options);
int remove_key(const Terminal& terminal, const KeyOptions& options);

}  // namespace engine::cli
