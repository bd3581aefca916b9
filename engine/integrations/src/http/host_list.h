// HostList: hosts that somebody has named, as HOST, HOST:PORT, *.DOMAIN or *.DOMAIN:PORT. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "url.h"

namespace engine::integrations {

class HostList {
 public:
  // False: it is not written so, and nothing is added.
  bool add(std::string_view written);
  // Without a port 80 and 443 are meant. *.DOMAIN are the names below the domain, at any depth, not itself.
  bool has(const Url& url) const;
  bool empty() const { return entries_.empty(); }

 private:
  struct Entry {
    std::string host;  // of *.DOMAIN: the domain
    bool below = false;
    std::optional<uint16_t> port;
    bool matches(const Url& url) const;
  };
  std::vector<Entry> entries_;
};

}  // namespace engine::integrations
