#include <cstdint>

#include <engine/wire/topic_name.h>

namespace engine::wire {

namespace {

constexpr size_t kNameBytesMax = 249;  // of a Kafka topic
constexpr size_t kHashBytes = 2 + 16;

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

void append_hex(std::string& out, uint64_t number, int digits, const char* alphabet) {
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out.push_back(alphabet[number >> shift & 15]);
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : text) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
  return hash;
}

std::string name_of(std::string_view prefix, std::string_view kind, std::string_view queue) {
  std::string name = std::string(prefix) + std::string(kind);
  for (const char c : queue) {
    if (stays(c)) {
      name += c;
    } else {
      name += '_';
      append_hex(name, static_cast<uint8_t>(c), 2, "0123456789ABCDEF");
    }
  }
  if (name.size() <= kNameBytesMax) return name;
  name.resize(kNameBytesMax - kHashBytes);
  append_hex(name += "_-", fnv1a(queue), 16, "0123456789abcdef");
  return name;
}

}  // namespace

std::string task_topic(std::string_view prefix, std::string_view queue) {
  return name_of(prefix, ".task.", queue);
}

std::string task_group(std::string_view prefix, std::string_view queue) {
  return name_of(prefix, ".workers.", queue);
}

}  // namespace engine::wire
