#include "url.h"

#include <charconv>

namespace engine::integrations {
namespace {

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
}

bool clean(std::string_view text) {
  for (const char c : text) {
    if (c <= 0x20 || c >= 0x7F || std::string_view("\\\"<>^`{|}#").find(c) != std::string_view::npos)
      return false;
  }
  return true;
}

bool parse_port(std::string_view text, uint16_t& port) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > 65535) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

// "host", "host:port", "[address]:port"
bool parse_authority(std::string_view text, Url& url) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  const std::string_view rest(lower);
  size_t end = 0;
  if (rest.substr(0, 1) == "[") {
    end = rest.find(']');
    if (end == std::string_view::npos) return false;
    url.host = rest.substr(1, end - 1);
    for (const char c : url.host) {
      if (!is_address_character(c)) return false;
    }
    ++end;
  } else {
    end = rest.find(':');
    url.host = rest.substr(0, end);
    for (const char c : url.host) {
      if (!is_host_character(c)) return false;
    }
    end = std::min(end, rest.size());
  }
  if (url.host.empty() || url.host.size() > 253) return false;
  if (end == rest.size()) return true;
  return rest[end] == ':' && parse_port(rest.substr(end + 1), url.port);
}

}  // namespace

std::string Url::host_header() const {
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? 443 : 80) ? shown : shown + ":" + std::to_string(port);
}

std::optional<Url> parse_url(std::string_view text) {
  if (!clean(text)) return std::nullopt;
  Url url;
  if (text.substr(0, 8) == "https://") {
    text.remove_prefix(8);
  } else if (text.substr(0, 7) == "http://") {
    text.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return std::nullopt;
  }
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  const std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos || !parse_authority(authority, url)) return std::nullopt;
  const std::string_view rest = text.substr(end);
  const size_t mark = std::min(rest.find('?'), rest.size());
  if (mark > 0) url.path = rest.substr(0, mark);
  if (mark < rest.size()) url.query = rest.substr(mark + 1);
  return url;
}

std::string url_encode(std::string_view text, bool plus_for_space) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ' && plus_for_space) {
      out += '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace engine::integrations
