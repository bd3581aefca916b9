// task_worker: a worker for the tests with a real broker: task_worker URL QUEUE CONCURRENCY MILLISECONDS
// [NAME=VALUE...] Each task takes so long; the rest are options of the Kafka client. Ends with SIGTERM.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <stepstream_worker/worker.h>

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: task_worker URL QUEUE CONCURRENCY MILLISECONDS [NAME=VALUE...]\n");
    return 2;
  }
  stepstream_worker::Options options;
  options.url = argv[1];
  options.concurrency = static_cast<unsigned>(std::stoul(argv[3]));
  const std::chrono::milliseconds takes(std::stol(argv[4]));
  for (int i = 5; i < argc; i++) {
    const std::string option = argv[i];
    const size_t equals = option.find('=');
    options.kafka.emplace_back(option.substr(0, equals), option.substr(equals + 1));
  }
  stepstream_worker::Worker worker(options);
  worker.handle_text(argv[2], [&](std::string_view event, stepstream_worker::Context&) {
    std::this_thread::sleep_for(takes);  // what a handler does
    return std::string(event);
  });
  return worker.run();
}
