#include "source_places.h"

#include <algorithm>
#include <map>

#include <statelang/json_pointer.h>
#include <statelang/payload.h>
#include <statelang/value.h>

namespace engine::cli {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

struct Span {
  size_t begin = 0, end = 0;
};

// The wanted pointers as a tree, so that one walk over the text finds them all.
struct Node {
  std::map<std::string, size_t, std::less<>> children;
  std::vector<size_t> wanted;
  bool found = false;
  Span name, value;  // name: of a member; empty for items and the root
  bool scalar = false;
};

class Walk {
 public:
  Walk(std::string_view json, const std::vector<PlaceWanted>& wanted) : json_(json), nodes_(1) {
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].offset) add(wanted[i].pointer, i);
    }
  }

  // The JSON is valid. Fills `out` by index of what was wanted.
  void run(const std::vector<PlaceWanted>& wanted, std::vector<Span>& out) {
    blanks();
    value(0);
    settle(0, {}, wanted, out);
  }

 private:
  void add(std::string_view pointer, size_t index) {
    size_t node = 0;
    while (!pointer.empty()) {
      pointer.remove_prefix(1);
      const std::string_view token = pointer.substr(0, pointer.find('/'));
      pointer.remove_prefix(token.size());
      const auto [at, added] = nodes_[node].children.emplace(statelang::pointer_name(token), nodes_.size());
      const size_t child = at->second;
      if (added) nodes_.emplace_back();
      node = child;
    }
    nodes_[node].wanted.push_back(index);
  }

  void blanks() {
    while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos)
      ++at_;
  }
  void string() {
    for (++at_; at_ < json_.size() && json_[at_] != '"'; ++at_) {
      if (json_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  // Over a value nobody asked for something in.
  void skip() {
    size_t depth = 0;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        string();
        if (depth == 0) return;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return;
        ++at_;
        if (--depth == 0) return;
        continue;
      }
      if (depth == 0 && std::string_view(", \t\r\n").find(c) != std::string_view::npos) return;
      ++at_;
    }
  }

  std::string key_text(Span key) const {
    const std::string_view quoted = json_.substr(key.begin, key.end - key.begin);
    if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
    const auto parsed = statelang::parse_json(quoted);
    return parsed && parsed->is_string() ? std::string(parsed->as_string()) : std::string();
  }

  void value(size_t node) {
    nodes_[node].found = true;
    nodes_[node].value.begin = at_;
    const bool container = at_ < json_.size() && (json_[at_] == '{' || json_[at_] == '[');
    nodes_[node].scalar = !container;
    if (container && !nodes_[node].children.empty()) {
      container_of(node, json_[at_] == '{');
    } else {
      skip();
    }
    nodes_[node].value.end = at_;
  }

  void container_of(size_t node, bool object) {
    ++at_;
    for (size_t index = 0;; ++index) {
      blanks();
      if (at_ >= json_.size() || json_[at_] == '}' || json_[at_] == ']') break;
      Span key{at_, at_};
      std::string name;
      if (object) {
        string();
        key.end = at_;
        name = key_text(key);
        blanks();
        ++at_;  // the colon
        blanks();
      } else {
        name = std::to_string(index);
      }
      const auto child = nodes_[node].children.find(name);
      if (child == nodes_[node].children.end()) {
        skip();
      } else {
        nodes_[child->second].name = key;
        value(child->second);
      }
      blanks();
      if (at_ < json_.size() && json_[at_] == ',') ++at_;
    }
    ++at_;
  }

  // What to show of a node: see find_places().
  Span shown(const Node& node, bool name) const {
    const bool named = node.name.end > node.name.begin;
    if (named && (name || !node.scalar)) return node.name;
    return node.scalar ? node.value : Span{node.value.begin, node.value.begin + 1};
  }

  void settle(size_t index, Span ancestor, const std::vector<PlaceWanted>& wanted, std::vector<Span>& out) {
    const Node& node = nodes_[index];
    for (const size_t i : node.wanted) out[i] = node.found ? shown(node, wanted[i].name) : ancestor;
    const Span here = node.found ? shown(node, true) : ancestor;
    for (const auto& [name, child] : node.children) settle(child, here, wanted, out);
  }

  std::string_view json_;
  std::vector<Node> nodes_;
  size_t at_ = 0;
};

// Lines and columns of all places in one sweep.
std::vector<SourcePlace> with_lines(std::string_view text, const std::vector<Span>& spans) {
  std::vector<size_t> order(spans.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return spans[a].begin < spans[b].begin; });
  std::vector<SourcePlace> out(spans.size());
  SourcePlace at;
  size_t offset = 0;
  for (const size_t i : order) {
    for (; offset < std::min(spans[i].begin, text.size()); ++offset) {
      if (text[offset] == '\n') {
        ++at.line;
        at.column = 1;
        at.line_start = offset + 1;
      } else if (!continues(text[offset])) {
        ++at.column;
      }
    }
    out[i] = at;
    out[i].offset = offset;
    out[i].length = std::min(spans[i].end, text.size()) - std::min(offset, spans[i].end);
  }
  return out;
}

}  // namespace

std::vector<SourcePlace> find_places(std::string_view text, const std::vector<PlaceWanted>& wanted) {
  std::vector<Span> spans(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].offset) continue;
    const size_t begin = std::min(*wanted[i].offset, text.size());
    size_t end = std::min(begin + 1, text.size());
    while (end < text.size() && continues(text[end])) ++end;
    spans[i] = {begin, end};
  }
  if (statelang::valid_json(text)) Walk(text, wanted).run(wanted, spans);
  return with_lines(text, spans);
}

std::vector<SourcePlace> find_places(std::string_view text,
                                     const std::vector<statelang::Diagnostic>& diagnostics) {
  std::vector<PlaceWanted> wanted;
  for (const auto& diagnostic : diagnostics) {
    wanted.push_back(
        {diagnostic.pointer, diagnostic.part == statelang::Diagnostic::Part::Name, diagnostic.offset});
  }
  return find_places(text, wanted);
}

Picture picture_of(std::string_view text, const SourcePlace& place, size_t columns) {
  constexpr size_t kColumnsMin = 40;
  columns = std::max(columns, kColumnsMin);
  // From the line's start when the place is then in the window, otherwise from a third of the window before
  // it.
  const bool fits = place.column + std::min(place.length, columns / 2) < columns;
  size_t begin = fits ? place.line_start : place.offset;
  for (size_t before = 0; begin > place.line_start && before < columns / 3; ++before) {
    do --begin;
    while (begin > place.line_start && continues(text[begin]));
  }
  Picture out;
  size_t shown = 0, at = begin;
  if (begin > place.line_start) {
    out.text = out.underline = "…";
    out.underline = " ";
    ++shown;
  }
  for (; at < text.size() && text[at] != '\n' && text[at] != '\r' && shown < columns - 1; ++shown) {
    size_t end = at + 1;
    while (end < text.size() && continues(text[end])) ++end;
    const auto c = static_cast<unsigned char>(text[at]);
    const bool c1 = c == 0xC2 && end > at + 1 && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (c < 0x20 || c == 0x7F || c1) {
      out.text += ' ';  // tabs and other control characters
    } else if (c >= 0x80 && (c < 0xC2 || c > 0xF4 || end - at != (c < 0xE0 ? 2U : c < 0xF0 ? 3U : 4U))) {
      out.text += '?';  // no UTF-8
    } else {
      out.text.append(text, at, end - at);
    }
    if (at < place.offset) {
      out.underline += ' ';
    } else if (at == place.offset) {
      out.underline += '^';
    } else if (at < place.offset + place.length) {
      out.underline += '~';
    }
    at = end;
  }
  if (at < text.size() && text[at] != '\n' && text[at] != '\r') out.text += "…";
  if (out.underline.find('^') == std::string::npos) out.underline += '^';  // behind the last character
  return out;
}

}  // namespace engine::cli
