#include <mutex>

#include <statelang/payload.h>

namespace statelang {

struct Payload::Content {
  mutable std::once_flag text_once;
  mutable std::once_flag value_once;
  mutable std::string text;
  mutable Value value;
  bool made_from_text = false;
};

Payload::Payload() {
  static const std::shared_ptr<const Content> kEmptyObject = from_text("{}").content_;
  content_ = kEmptyObject;
}

Payload Payload::from_text(std::string text) {
  auto content = std::make_shared<Content>();
  content->text = std::move(text);
  content->made_from_text = true;
  return Payload(std::move(content));
}

Payload Payload::from_value(Value value) {
  auto content = std::make_shared<Content>();
  content->value = std::move(value);
  return Payload(std::move(content));
}

const std::string& Payload::text() const {
  if (!content_->made_from_text) {
    std::call_once(content_->text_once, [&] { content_->text = to_json(content_->value); });
  }
  return content_->text;
}

const Value& Payload::value() const {
  if (content_->made_from_text) {
    std::call_once(content_->value_once, [&] {
      auto parsed = parse_json(content_->text);
      if (parsed) content_->value = std::move(*parsed);
    });
  }
  return content_->value;
}

}  // namespace statelang
