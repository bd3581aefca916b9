// librdkafka's options for a trigger's consumer and producer.
#pragma once

#include <memory>
#include <string>

#include <librdkafka/rdkafka.h>

#include "settings.h"

namespace connectors::kafka {

struct ConfDeleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using ConfPtr = std::unique_ptr<rd_kafka_conf_t, ConfDeleter>;

// Null with `problem`: a secret or a file that is not there, an option the client refuses.
ConfPtr consumer_options(const Settings& settings, const std::string& group, std::string& problem);
ConfPtr producer_options(const Settings& settings, std::string& problem);

}  // namespace connectors::kafka
