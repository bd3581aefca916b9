// How an expression fails inside the evaluator: a Raised carries code and inserts; expression.cpp catches it
// and turns it into the public Error. Failures are rare, so the normal path pays nothing for them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <statelang/jsonata/expression.h>

namespace statelang::jsonata {

struct Raised {
  static constexpr size_t kNoPosition = static_cast<size_t>(-1);
  std::string code;
  size_t position = kNoPosition;
  Value value = Value::undefined();
  Value value2 = Value::undefined();
  std::string token;
  std::string message;  // used as it is when not empty
  int64_t index = 0;
  std::string type;
};

// Throws; the inserts are those of the code's message.
[[noreturn]] void raise(const char* code);
[[noreturn]] void raise(const char* code, Value value, Value value2 = Value::undefined());
[[noreturn]] void raise_at(const char* code, size_t position, std::string token = {},
                           Value value = Value::undefined());

// Code, message with its inserts, position.
Error to_error(const Raised& raised);

}  // namespace statelang::jsonata
