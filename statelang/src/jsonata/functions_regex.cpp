// Functions that take a string or a matcher: $match, $contains, $replace, $split. A matcher is a regular
// expression or any function that gives an object of the same form.
#include <charconv>
#include <cmath>

#include "evaluator.h"
#include "text.h"

namespace statelang::jsonata {
namespace {

struct Match {
  std::string text;
  size_t start = 0;  // byte
  size_t end = 0;
  std::vector<Value> groups;
  Value object = Value::undefined();  // for a replacement function; made when asked for
};

// Steps through the matches of a matcher in a text.
class Matches {
 public:
  Matches(Evaluator& evaluator, const Value& matcher, const Value& text, Frame* frame, std::string_view name)
      : evaluator_(evaluator), matcher_(matcher), text_(text), frame_(frame), name_(name) {
    const Callable* callable = callable_of(matcher);
    if (callable && callable->sort == Callable::Sort::Regex) {
      regex_ = static_cast<const RegexFunction*>(callable)->regex;
    }
  }

  bool next(Match& match) { return regex_ ? next_of_regex(match) : next_of_function(match); }

  Value object(const Match& match) {
    if (!match.object.is_undefined()) return match.object;
    return match_object(evaluator_, regex_, text_, code_point_count(text_.as_string().substr(0, match.start)),
                        false);
  }

 private:
  bool next_of_regex(Match& match) {
    const std::string_view all = text_.as_string();
    if (!first_ && from_ >= all.size()) return false;
    evaluator_.step();
    if (!regex_->search(all, from_, groups_)) return false;
    if (!first_ && groups_[0].empty()) raise("D1004", Value(regex_->source()));
    first_ = false;
    match.text = groups_[0];
    match.start = static_cast<size_t>(groups_[0].data() - all.data());
    match.end = match.start + groups_[0].size();
    match.groups.clear();
    for (size_t i = 1; i < groups_.size(); ++i) {
      match.groups.push_back(groups_[i].data() ? Value(groups_[i]) : Value::undefined());
    }
    from_ = match.end;
    return true;
  }

  bool next_of_function(Match& match) {
    const Value context = Value::undefined();
    const Value found = first_ ? evaluator_.apply(matcher_, {text_}, context, frame_)
                               : evaluator_.apply(next_, {}, context, frame_);
    first_ = false;
    if (found.is_undefined()) return false;
    const Value* start = found.find("start");
    const Value* end = found.find("end");
    const Value* groups = found.find("groups");
    const Value* next = found.find("next");
    const bool good = (start && start->is_number()) || (end && end->is_number()) ||
                      (groups && groups->is_array()) || (next && callable_of(*next));
    if (!good) throw Raised{.code = "T1010", .token = std::string(name_)};
    const std::string_view all = text_.as_string();
    const Value* text = found.find("match");
    match.text = text && text->is_string() ? text->as_string() : std::string_view{};
    match.start = start && start->is_number() ? byte_offset(all, static_cast<size_t>(start->as_double())) : 0;
    match.end = end && end->is_number() ? byte_offset(all, static_cast<size_t>(end->as_double()))
                                        : match.start + match.text.size();
    match.groups.clear();
    if (groups && groups->is_array()) match.groups = groups->as_array().items();
    match.object = found;
    next_ = next ? *next : Value::undefined();
    return true;
  }

  Evaluator& evaluator_;
  const Value& matcher_;
  const Value& text_;
  Frame* frame_;
  std::string_view name_;
  std::shared_ptr<const CompiledRegex> regex_;
  std::vector<std::string_view> groups_;
  Value next_ = Value::undefined();
  size_t from_ = 0;
  bool first_ = true;
};

// Undefined = no limit.
bool below_limit(const Value& limit, size_t count) {
  return limit.is_undefined() || static_cast<double>(count) < limit.as_double();
}
void check_limit(const Value& limit, const char* code) {
  if (limit.is_number() && limit.as_double() < 0) raise(code, limit);
}

Value contains(NativeCall& call) {
  if (call[0].is_undefined() || call[1].is_undefined()) return Value::undefined();
  if (call[1].is_string())
    return Value(call[0].as_string().find(call[1].as_string()) != std::string_view::npos);
  Match match;
  return Value(Matches(call.evaluator, call[1], call[0], call.frame, "contains").next(match));
}

Value match(NativeCall& call) {
  if (call[0].is_undefined()) return Value::undefined();
  check_limit(call[2], "D3040");
  Sequence out;
  Matches matches(call.evaluator, call[1], call[0], call.frame, "match");
  Match found;
  // One match ahead of the limit, here and below: what is wrong with it is an error.
  for (bool more = matches.next(found); more && below_limit(call[2], out.size());
       more = matches.next(found)) {
    const auto index = static_cast<int64_t>(code_point_count(call[0].as_string().substr(0, found.start)));
    out.push(Value::object(
        {{"match", Value(found.text)}, {"index", Value(index)}, {"groups", Value(Array(found.groups))}}));
  }
  call.evaluator.count_items(out.size());
  return out.take();
}

// $0 is the match, $1 … its groups, $$ a dollar. As many digits count as the number of groups has.
std::string substitute(std::string_view replacement, const Match& match) {
  std::string out;
  const size_t groups = match.groups.size();
  size_t digits_max = 1;
  for (size_t n = groups; n >= 10; n /= 10) ++digits_max;
  const auto number_at = [&](size_t position, size_t digits) {
    int number = -1;
    const size_t end = std::min(replacement.size(), position + digits);
    if (position < end && replacement[position] >= '0' && replacement[position] <= '9') {
      std::from_chars(replacement.data() + position, replacement.data() + end, number);
    }
    return number;
  };
  size_t position = 0;
  for (size_t dollar = replacement.find('$'); dollar != std::string_view::npos;
       dollar = replacement.find('$', position)) {
    out += replacement.substr(position, dollar - position);
    position = dollar + 1;
    const char next = position < replacement.size() ? replacement[position] : '\0';
    if (next == '$' || next == '0') {
      out += next == '$' ? std::string_view("$") : std::string_view(match.text);
      ++position;
      continue;
    }
    int index = number_at(position, digits_max);
    if (digits_max > 1 && index > static_cast<int>(groups)) index = number_at(position, digits_max - 1);
    if (index < 0) {
      out += '$';
      continue;
    }
    if (index >= 1 && index <= static_cast<int>(groups)) {
      const Value& group = match.groups[static_cast<size_t>(index) - 1];
      if (group.is_string()) out += group.as_string();
    }
    position += std::to_string(index).size();
  }
  return out.append(replacement.substr(position));
}

Value replace_text(NativeCall& call) {
  const std::string_view text = call[0].as_string();
  const std::string_view pattern = call[1].as_string();
  // JavaScript writes the word for a replacement that is missing.
  const std::string replacement(call[2].is_string()      ? call[2].as_string()
                                : call[2].is_undefined() ? std::string_view("undefined")
                                                         : std::string_view{});
  std::string out;
  size_t position = 0;
  for (size_t count = 0; below_limit(call[3], count); ++count) {
    const size_t found = text.find(pattern, position);
    if (found == std::string_view::npos) break;
    out.append(text, position, found - position).append(replacement);
    if (out.size() > call.evaluator.environment().limits.string_bytes_max)
      call.evaluator.count_string(out.size());
    position = found + pattern.size();
  }
  return call.evaluator.string(out.append(text.substr(position)));
}

Value replace(NativeCall& call) {
  if (call[0].is_undefined()) return Value::undefined();
  if (call[1].is_string() && call[1].as_string().empty()) raise("D3010", call[1]);
  check_limit(call[3], "D3011");
  if (call[1].is_undefined()) return call[0];
  if (call[1].is_string()) return replace_text(call);
  const std::string_view text = call[0].as_string();
  Matches matches(call.evaluator, call[1], call[0], call.frame, "replace");
  Match found;
  std::string out;
  size_t position = 0;
  size_t count = 0;
  for (bool more = matches.next(found); more && below_limit(call[3], count++); more = matches.next(found)) {
    if (found.start > position) out.append(text, position, found.start - position);
    if (call[2].is_string()) {
      out += substitute(call[2].as_string(), found);
    } else {
      const Value made = callable_of(call[2]) ? call.evaluator.apply(call[2], {matches.object(found)},
                                                                     Value::undefined(), call.frame)
                                              : Value::undefined();
      if (!made.is_string()) raise("D3012", made);
      out += made.as_string();
    }
    if (out.size() > call.evaluator.environment().limits.string_bytes_max)
      call.evaluator.count_string(out.size());
    position = std::min(text.size(), found.start + found.text.size());
  }
  return call.evaluator.string(out.append(text.substr(position)));
}

void split_text(std::string_view text, std::string_view separator, const Value& limit, Array& out) {
  size_t start = 0;
  while (below_limit(limit, out.size())) {
    if (separator.empty()) {  // every character
      if (start >= text.size()) return;
      const size_t from = start;
      next_code_point(text, start);
      out.push_back(Value(text.substr(from, start - from)));
      continue;
    }
    const size_t found = text.find(separator, start);
    out.push_back(Value(text.substr(start, found == std::string_view::npos ? found : found - start)));
    if (found == std::string_view::npos) return;
    start = found + separator.size();
  }
}

Value split(NativeCall& call) {
  if (call[0].is_undefined()) return Value::undefined();
  check_limit(call[2], "D3020");
  // A limit is cut to a whole number for strings, and compared as it is for matchers.
  const std::string_view text = call[0].as_string();
  Array out;
  if (call[1].is_undefined()) {
    if (below_limit(call[2], 0)) out.push_back(call[0]);
    return sealed(std::move(out));
  }
  if (call[1].is_string()) {
    const Value limit = call[2].is_undefined() ? call[2] : Value(std::floor(call[2].as_double()));
    split_text(text, call[1].as_string(), limit, out);
    call.evaluator.count_items(out.size());
    return sealed(std::move(out));
  }
  Matches matches(call.evaluator, call[1], call[0], call.frame, "split");
  Match found;
  size_t start = 0;
  for (bool more = matches.next(found); more && below_limit(call[2], out.size());
       more = matches.next(found)) {
    out.push_back(Value(found.start > start ? text.substr(start, found.start - start) : std::string_view{}));
    start = std::min(found.end, text.size());
  }
  if (below_limit(call[2], out.size())) out.push_back(Value(text.substr(start)));
  call.evaluator.count_items(out.size());
  return sealed(std::move(out));
}

constexpr Builtin kFunctions[] = {
    {"match", "<s-f<s:o>n?:a<o>>", match, 3},
    {"contains", "<s-(sf):b>", contains, 2},
    {"replace", "<s-(sf)(sf)n?:s>", replace, 4},
    {"split", "<s-(sf)n?:a<s>>", split, 3},
};

}  // namespace

std::span<const Builtin> regex_functions() {
  return kFunctions;
}

}  // namespace statelang::jsonata
