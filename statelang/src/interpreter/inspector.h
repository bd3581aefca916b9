// Inspector: sees what each step of one state's data flow made, and may stand in for the context object. Only
// test_state/ has one; without it a Stepper asks for a null pointer and does no more. Single thread; called
// during a Stepper's calls, what is handed over may be kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include <statelang/failure.h>
#include <statelang/payload.h>

namespace statelang::interpreter {

class Inspector {
 public:
  // In the order of the data flow; AWS's names (API reference, InspectionData).
  enum class Point : uint8_t {
    AfterInputPath,
    AfterParameters,
    AfterArguments,
    Result,
    AfterResultSelector,
    AfterResultPath,
  };
  virtual ~Inspector() = default;
  virtual void saw(Point point, const Payload& payload) = 0;
  virtual void failed(const Failure& failure) = 0;  // before Retry and Catch are asked
  // The wait that the retrier gives, before jitter.
  virtual void retrying(size_t retrier, double seconds) = 0;
  virtual void caught(size_t catcher) = 0;
  // Used as it is instead of the execution's own; nullptr: there is none.
  virtual const Value* context_object() = 0;
};

}  // namespace statelang::interpreter
