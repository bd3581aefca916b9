#include "sequence.h"

#include <algorithm>

#include "failure.h"

namespace statelang::jsonata {
namespace {

constexpr unsigned kHeightMax = 500;
constexpr float kWeightMax = 1e9F;  // bytes of JSON, roughly

struct Measure {
  unsigned height = 0;
  float weight = 2;

  void add(const Value& value) {
    switch (value.type()) {
      case Value::Type::String:
        weight += static_cast<float>(value.as_string().size()) + 3;
        break;
      case Value::Type::Array:
        below(value.as_array().height, value.as_array().weight, value.size());
        break;
      case Value::Type::Object:
        below(value.as_object().height, value.as_object().weight, value.size());
        break;
      default:
        weight += 4;
    }
  }
  // What came in from outside is not measured: it counts once per item, and its nesting is bounded by the
  // reader of JSON.
  void below(unsigned other_height, float other_weight, size_t size) {
    height = std::max(height, other_height);
    weight += other_weight > 0 ? other_weight : 4 * static_cast<float>(size);
  }
  template <class Container>
  void store(Container& container) const {
    if (height + 1 > kHeightMax) raise("D1011");
    if (weight > kWeightMax) raise("D2015", Value(static_cast<int64_t>(kWeightMax)));
    container.height = static_cast<uint16_t>(height + 1);
    container.weight = weight;
  }
};

}  // namespace

void measure(Array& array) {
  Measure measure;
  for (const Value& item : array) measure.add(item);
  measure.store(array);
}

void measure(Object& object) {
  Measure measure;
  for (const auto& [key, value] : object) {
    measure.weight += static_cast<float>(key.as_string().size()) + 3;
    measure.add(value);
  }
  measure.store(object);
}

void measure_added(Array& array, const Value& added) {
  if (array.height == 0) return measure(array);
  Measure measure;
  if (added.is_array()) {
    measure.height = added.as_array().height > 0 ? added.as_array().height - 1u : 0;
    measure.weight +=
        added.as_array().weight > 0 ? added.as_array().weight : 4 * static_cast<float>(added.size());
  } else {
    measure.add(added);
  }
  measure.height = std::max(measure.height, array.height - 1u);
  measure.weight += array.weight;
  measure.store(array);
}

Value sealed(Array array) {
  measure(array);
  return Value(std::move(array));
}

Value sealed(Object object) {
  measure(object);
  return Value(std::move(object));
}

}  // namespace statelang::jsonata
