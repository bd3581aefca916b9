// Function signatures such as <s-nn?:s>: which types of argument a function takes, which may come from the
// context, and which are wrapped into an array.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <statelang/value.h>

namespace statelang::jsonata {

class Signature {
 public:
  // Throws Raised (S0401, S0402).
  static std::shared_ptr<const Signature> parse(std::string_view text);

  // Checks the arguments, adds the context where one is missing and makes arrays of single values. Throws
  // Raised (T0410, T0411, T0412).
  void apply(std::vector<Value>& arguments, const Value& context) const;

 private:
  struct Parameter {
    uint16_t types = 0;  // one bit per symbol
    char type = 0;       // the letter, '(' for a choice
    bool optional = false;
    bool repeated = false;
    bool context = false;
    std::string subtype;
  };
  bool apply_one_to_one(std::vector<Value>& arguments) const;
  size_t match(const std::vector<uint16_t>& symbols, size_t parameter, size_t position, size_t parameters,
               bool whole, std::vector<size_t>& counts) const;
  void check_array(const Parameter& parameter, Value& argument, size_t matched, uint16_t symbol,
                   size_t index) const;
  [[noreturn]] void refuse(const std::vector<Value>& arguments, const std::vector<uint16_t>& symbols) const;

  std::vector<Parameter> parameters_;
};

}  // namespace statelang::jsonata
