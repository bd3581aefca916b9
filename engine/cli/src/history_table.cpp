#include "history_table.h"

#include <cstdio>

#include "change.h"
#include "shown.h"

namespace engine::cli {
namespace {

using statelang::Value;

constexpr size_t kTimeColumns = 11, kStateColumns = 22, kEventColumns = 24;

Style event_style(std::string_view type) {
  if (type.ends_with("Failed") || type.ends_with("TimedOut")) return Style::Red;
  if (type.ends_with("Aborted")) return Style::Yellow;
  if (type.ends_with("Succeeded")) return Style::Green;
  if (type.starts_with("Execution")) return Style::Bold;
  return Style::Plain;
}

std::string offset(int64_t ms) {
  char text[32];
  std::snprintf(text, sizeof text, "%+9.3f", static_cast<double>(ms) / 1000);
  return text;
}

// A name in a column of its own: cut when it is too long even in a pipe, so that columns stay straight.
std::string column(std::string_view text, size_t columns) {
  if (width(text) <= columns) return padded(text, columns);
  return Terminal(true, false, columns).fit(text, columns);
}

}  // namespace

std::string HistoryTable::head() const {
  return terminal_.paint(Style::Bold, padded("     TIME", kTimeColumns) + padded("STATE", kStateColumns + 1) +
                                          padded("EVENT", kEventColumns + 1) + "WHAT CHANGED");
}

// The place of the event before it, but where a Parallel or Map begins and ends.
HistoryTable::Place HistoryTable::place_of(const Value& event, const std::string& type) const {
  Place place;
  if (const auto before = places_.find(integer_of(event, "previous_id")); before != places_.end()) {
    place = before->second;
  }
  if (type.starts_with("Execution")) return {"", "", place.input, nullptr};
  const std::string name = text_of(event, "name");
  const bool contains = type.starts_with("MapState") || type.starts_with("ParallelState");
  if (contains && type.ends_with("Started")) {
    place.outer = std::make_shared<const Place>(place);
  } else if (contains && !type.ends_with("Entered") && place.outer) {
    // The exit may follow the last iteration or branch itself, or the success that follows it.
    if (!type.ends_with("Exited") || place.outer->state == name) place = Place(*place.outer);
  }
  if (!name.empty()) place.state = name;
  if (type == "MapIterationStarted") place.item = "[" + std::to_string(integer_of(event, "index")) + "]";
  return place;
}

std::string HistoryTable::line(const Value& event) {
  const std::string type = text_of(event, "type");
  const int64_t at_ms = time_ms(text_of(event, "time")).value_or(0);
  if (!start_ms_) start_ms_ = at_ms;
  Place place = place_of(event, type);
  const bool entered = type.ends_with("StateEntered");
  const std::string details_text = details(event, type, place);
  if (entered || type == "ExecutionStarted") {
    const Value* input = event.find("input");
    place.input = input ? *input : Value();
  } else if (type.ends_with("StateExited")) {
    const Value* output = event.find("output");
    place.input = output ? *output : Value();
  }
  const std::string state = place.item.empty() ? place.state : place.state + " " + place.item;
  places_[integer_of(event, "id")] = std::move(place);

  const size_t used = kTimeColumns + kStateColumns + kEventColumns + 2;
  const size_t room = terminal_.columns() > used ? terminal_.columns() - used : 10;
  return terminal_.paint(Style::Dim, padded(offset(at_ms - *start_ms_), kTimeColumns)) +
         terminal_.paint(Style::Blue, column(state, kStateColumns)) + " " +
         terminal_.paint(event_style(type), column(type, kEventColumns)) + " " +
         terminal_.fit(printable(details_text), room);
}

std::string HistoryTable::details(const Value& event, const std::string& type, const Place& place) const {
  std::string out;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) out += (out.empty() ? "" : "  ") + part;
  };
  add(text_of(event, "error"));
  if (const std::string cause = text_of(event, "cause"); !cause.empty()) {
    out += (out.empty() ? "" : ": ") + (full_ ? cause : cause_shown(cause));
  }
  const bool names_resource =
      type.ends_with("Scheduled") || (type.ends_with("Started") && type != "ExecutionStarted");
  if (names_resource) add(text_of(event, "resource"));
  add(text_of(event, "map_run_arn"));
  if (event.find("redrive_count")) add("redrive " + std::to_string(integer_of(event, "redrive_count")));
  if (event.find("length")) add(std::to_string(integer_of(event, "length")) + " items");
  for (const char* name : {"input", "output", "parameters"}) {
    const Value* value = event.find(name);
    if (!value) continue;
    if (full_ || type == "ExecutionStarted" || type == "ExecutionSucceeded" ||
        !type.starts_with("Execution")) {
      const bool changes = !full_ && (type.ends_with("StateExited") || type.ends_with("StateEntered"));
      const std::string text = changes ? describe_change(place.input, *value) : statelang::to_json(*value);
      if (text != "unchanged" || type.ends_with("StateExited")) add(text);
    }
  }
  if (const Value* variables = event.find("assigned_variables"); variables && variables->is_object()) {
    for (const auto& [key, value] : variables->as_object()) {
      add("$" + std::string(key.as_string()) + " = " + statelang::to_json(value));
    }
  }
  return out;
}

}  // namespace engine::cli
