#include <connectors/triggers/catalog_follower.h>

namespace connectors::triggers {

class CatalogFollower::Listener : public engine::EventListener {
 public:
  Listener(CatalogFollower& follower, std::string prefix) : follower_(follower), prefix_(std::move(prefix)) {}
  void catalog_changed(const std::string& key) override {
    if (!key.empty() && !key.starts_with(prefix_)) return;
    std::string name = key.empty() ? key : key.substr(prefix_.size());
    follower_.strand_.post([follower = &follower_, name = std::move(name)] { follower->look_(name); });
  }

 private:
  CatalogFollower& follower_;
  const std::string prefix_;
};

CatalogFollower::CatalogFollower(engine::EventFeed& feed, engine::Strand& strand, const engine::Clock& clock,
                                 std::string prefix, Look look)
    : feed_(feed),
      strand_(strand),
      clock_(clock),
      look_(std::move(look)),
      listener_(std::make_shared<Listener>(*this, std::move(prefix))) {
  feed_.add_listener(listener_);
  arm();
}

CatalogFollower::~CatalogFollower() {
  stop();
}

void CatalogFollower::stop() {
  if (!listener_) return;
  feed_.remove_listener(listener_.get());
  listener_.reset();
}

void CatalogFollower::arm() {
  strand_.alarm(clock_.now_ms() + kLookAtAllEveryMs, [this] {
    look_("");
    arm();
  });
}

}  // namespace connectors::triggers
