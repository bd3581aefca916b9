// Measures what of the language the golden scripts show. Single thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <statelang/test_runner/test_runner.h>

namespace golden {

class Coverage {
 public:
  void add(const statelang::Definition& definition, const std::string& text,
           const statelang::test_runner::Result& result);

  size_t wanted() const;
  // "Wait, TimestampPath, JSONPath, failure": what no added script has shown.
  std::vector<std::string> gaps() const;
  // Rows of the table of fields that the parser contradicts; empty: none.
  static std::vector<std::string> table_errors();

 private:
  void add_events(const statelang::Definition& definition, const statelang::test_runner::Result& result);

  std::set<std::string> shown_;
};

}  // namespace golden
