#include <connectors/triggers/catalog_follower.h>

namespace connectors::triggers {

namespace {

void look_at_all(engine::Engine& engine, std::string_view prefix, CatalogDocuments& documents) {
  const auto entries = engine.catalog_entries(prefix);
  if (!entries) return;
  std::vector<std::string> gone = documents.names_in_force();
  for (const auto& [key, text] : *entries) {
    const std::string name = key.substr(prefix.size());
    std::erase(gone, name);
    documents.take_stored(name, text, false);
  }
  // Each by itself: it may have been put since the entries were read.
  for (const std::string& name : gone) look_at_catalog(engine, prefix, name, documents);
}

}  // namespace

void look_at_catalog(engine::Engine& engine, std::string_view prefix, const std::string& name,
                     CatalogDocuments& documents) {
  if (name.empty()) return look_at_all(engine, prefix, documents);
  const auto stored = engine.catalog_entry(std::string(prefix) + name);
  if (!stored) return;
  if (*stored) return documents.take_stored(name, **stored, true);
  documents.drop(name);
}

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
