#include "channels.h"

#include <algorithm>
#include <ctime>

#include <connectors/kafka/kafka_producer.h>
#include <connectors/webhook/signature.h>
#include <engine/runtime/event_feed.h>

namespace connectors::sinks {

using statelang::Value;
using triggers::DocumentReader;
using webhook::Scheme;

namespace {

constexpr size_t kSecretsMax = 2;  // the new one and the old one, while it is rotated
constexpr size_t kWebhookInFlight = 8;
constexpr size_t kKafkaInFlight = 256;
constexpr size_t kMachineInFlight = 16;

// POST of the event, signed as the webhook trigger checks it. 2xx is delivered; all else comes again.
class WebhookChannel : public Channel {
 public:
  WebhookChannel(std::string url, Scheme scheme, std::vector<Value> secrets, Outside& outside)
      : url_(std::move(url)), scheme_(scheme), secrets_(std::move(secrets)), outside_(outside) {}

  size_t in_flight_max() const override { return kWebhookInFlight; }

  void send(const Message& message, Done done) override {
    Outside::Headers headers = {{"Content-Type", "application/json"}, {"User-Agent", "stepstream"}};
    if (std::string problem = sign(message, headers); !problem.empty()) return done(problem);
    outside_.post(url_, std::move(headers), message.body,
                  [done = std::move(done)](statelang::Expected<unsigned, std::string> status) {
                    if (!status) return done(status.error());
                    done(*status >= 200 && *status < 300 ? "" : "HTTP status " + std::to_string(*status));
                  });
  }

 private:
  // Empty: signed. Secrets are read at each delivery, so that a rotated one counts at once.
  std::string sign(const Message& message, Outside::Headers& headers) const {
    const std::string now = std::to_string(std::time(nullptr));
    std::string standard;
    for (const Value& reference : secrets_) {
      const auto secret = outside_.secret(reference);
      if (!secret) return secret.error();
      if (scheme_ == Scheme::GitHub) {
        headers.emplace_back("X-Hub-Signature-256", webhook::github_signature(*secret, message.body));
        break;  // its header holds one
      }
      const std::string signature = webhook::standard_signature(*secret, message.id, now, message.body);
      if (signature.empty()) return "the secret is no base64 (standard-webhooks)";
      standard += (standard.empty() ? "" : " ") + signature;
    }
    headers.emplace_back("webhook-id", message.id);
    headers.emplace_back("webhook-timestamp", now);
    if (!standard.empty()) headers.emplace_back("webhook-signature", standard);
    if (scheme_ == Scheme::GitHub) headers.emplace_back("X-GitHub-Delivery", message.id);
    return {};
  }

  const std::string url_;
  const Scheme scheme_;
  const std::vector<Value> secrets_;
  Outside& outside_;
};

class KafkaChannel : public Channel {
 public:
  explicit KafkaChannel(std::unique_ptr<kafka::KafkaProducer> producer) : producer_(std::move(producer)) {}
  size_t in_flight_max() const override { return kKafkaInFlight; }
  void send(const Message& message, Done done) override {
    producer_->send(message.execution_arn, message.body,
                    {{"event-id", message.id}, {"detail-type", message.type}}, std::move(done));
  }

 private:
  std::unique_ptr<kafka::KafkaProducer> producer_;
};

// The event starts an execution whose name comes from its id: a second delivery finds the first one's.
class MachineChannel : public Channel {
 public:
  MachineChannel(std::string sink, std::string arn, engine::Engine& engine)
      : sink_(std::move(sink)), arn_(std::move(arn)), engine_(engine) {}
  size_t in_flight_max() const override { return kMachineInFlight; }

  void send(const Message& message, Done done) override {
    engine::StartExecutionRequest request;
    request.state_machine_arn = arn_;
    request.name = sink_ + "-" + message.id;
    request.input = statelang::Payload::from_text(message.body);
    engine_.start_execution(
        std::move(request), [done = std::move(done)](engine::ApiResult<engine::StartedExecution> started) {
          const bool there = started || started.error().code == engine::ApiErrorCode::ExecutionAlreadyExists;
          done(there ? "" : started.error().message);
        });
  }

 private:
  const std::string sink_;
  const std::string arn_;
  engine::Engine& engine_;
};

std::vector<Value> read_secrets(DocumentReader& reader, const Outside& outside) {
  std::vector<Value> secrets;
  const Value* given = reader.array("Secrets");
  if (given == nullptr) return secrets;
  if (given->size() == 0 || given->size() > kSecretsMax) {
    reader.complain("Secrets", "must be one or two references", R"([{"env": "STEPSTREAM_SECRET_HOOK"}])");
  }
  for (const Value& reference : given->as_array()) {
    if (const std::string mistake = outside.secret_mistake(reference); !mistake.empty()) {
      reader.complain("Secrets", mistake, "secrets are named here, not written");
    }
    secrets.push_back(reference);
  }
  return secrets;
}

}  // namespace

std::shared_ptr<Channel> webhook_channel(DocumentReader& reader, Outside& outside) {
  reader.require("Url");
  const std::string url = reader.text("Url").value_or("");
  if (const std::string mistake = url.empty() ? "" : outside.url_mistake(url); !mistake.empty()) {
    reader.complain("Url", mistake);
  }
  const auto name = reader.one_of("Scheme", {"standard-webhooks", "github", "none"});
  std::vector<Value> secrets = read_secrets(reader, outside);
  const Scheme scheme = !name || *name == "standard-webhooks" ? Scheme::StandardWebhooks
                        : *name == "github"                   ? Scheme::GitHub
                                                              : Scheme::None;
  if (scheme == Scheme::None && !secrets.empty()) reader.complain("Secrets", "sign nothing with Scheme none");
  if (scheme != Scheme::None && secrets.empty()) {
    reader.complain("Secrets", "must be there", "or say \"Scheme\": \"none\" for events without a signature");
  }
  return std::make_shared<WebhookChannel>(url, scheme, std::move(secrets), outside);
}

std::shared_ptr<Channel> kafka_channel(DocumentReader& reader, Findings& findings) {
  return std::make_shared<KafkaChannel>(kafka::KafkaProducer::read(reader, findings));
}

std::shared_ptr<Channel> machine_channel(DocumentReader& reader, const std::string& sink,
                                         engine::Engine& engine, std::string& arn) {
  reader.require("StateMachine");
  const std::string given = reader.text("StateMachine").value_or("");
  arn = given.rfind("arn:", 0) == 0 ? given : engine.state_machine_arn(given);
  return std::make_shared<MachineChannel>(sink, arn, engine);
}

}  // namespace connectors::sinks
