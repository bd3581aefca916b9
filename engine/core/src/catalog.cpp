// PutCatalogEntry and EraseCatalogEntry.
#include "application.h"

namespace engine::core {

void Application::apply(const PutCatalogEntry& body) {
  if (body.condition != PutCatalogEntry::Condition::None) {
    auto present = transaction_.get(Table::Catalog, body.key);
    const bool holds = body.condition == PutCatalogEntry::Condition::Absent
                           ? !present
                           : present && *present == body.expected;
    if (!holds) return reply(ReplyCode::ConditionFailed, present ? std::move(*present) : std::string());
  }
  if (body.value.empty()) {
    transaction_.erase(Table::Catalog, body.key);
  } else {
    transaction_.put(Table::Catalog, body.key, body.value);
  }
  actions_.push_back(CatalogChanged{body.key});
  reply(ReplyCode::Done);
}

void Application::apply(const EraseCatalogEntry& body) {
  if (transaction_.get(Table::Catalog, body.key)) {
    transaction_.erase(Table::Catalog, body.key);
    actions_.push_back(CatalogChanged{body.key});
  }
  reply(ReplyCode::Done);
}

}  // namespace engine::core
