// Hands back what it is given, as fast as it can, and says at its end how many tasks it did: the worker of
// the benchmarks. Usage: noop_worker URL QUEUE CONCURRENCY PREFETCH
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <stepstream_worker/worker.h>

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  stepstream_worker::Options options;
  options.url = argv[1];
  options.name = "noop";
  options.concurrency = static_cast<unsigned>(std::atoi(argv[3]));
  options.prefetch = static_cast<unsigned>(std::atoi(argv[4]));
  std::atomic<unsigned long> done{0};
  stepstream_worker::Worker worker(options);
  worker.handle_text(argv[2], [&](std::string_view event, stepstream_worker::Context&) {
    done++;
    return std::string(event);
  });
  int code = worker.run();
  std::printf("{\"tasks\": %lu}\n", done.load());
  return code;
}
