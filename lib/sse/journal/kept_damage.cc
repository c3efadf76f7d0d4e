#include "sse/journal/kept_damage.h"

namespace sse::journal {

// Most directories never have the table: it is made with the first damage.
Try<KeptDamage> KeptDamage::open(Database& database) {
  KeptDamage kept(database);
  const auto tables =
      SSE_TRY(database.number("SELECT count(*) FROM sqlite_schema WHERE name = 'damage'"));
  if (tables == 0) return kept;
  Statement select = SSE_TRY(database.prepare("SELECT told FROM damage"));
  while (SSE_TRY(select.step())) kept.told_.emplace(select.blob(0));
  return kept;
}

bool KeptDamage::note(const std::string& damage) {
  found_.insert(damage);
  return !told_.contains(damage);
}

Try<void> KeptDamage::write() const {
  if (found_ == told_) return {};
  SSE_TRY(database_->run("CREATE TABLE IF NOT EXISTS damage(told TEXT PRIMARY KEY)"));
  SSE_TRY(database_->run("DELETE FROM damage"));
  Statement insert = SSE_TRY(database_->prepare("INSERT INTO damage(told) VALUES(?)"));
  for (const std::string& damage : found_) SSE_TRY(insert.run(std::string_view(damage)));
  return {};
}

}  // namespace sse::journal
