// AsioThreads: the threads, strands and clock of the embedded engine. Everything Asio is behind this header.
#pragma once

#include <memory>

#include <engine/ports/time.h>

namespace engine::runtime {

class SystemClock : public Clock {
 public:
  int64_t now_ms() const override;
};

class AsioThreads {
 public:
  explicit AsioThreads(size_t threads);  // 0: one for each processor
  ~AsioThreads();                        // join()s

  std::unique_ptr<Strand> make_strand(const Clock& clock);  // must not outlive this object
  void run();
  bool running() const;
  // Ends the threads and waits for them; what is still posted is dropped.
  void join();

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace engine::runtime
