#include "sse/journal/schema.h"

#include <string>

namespace sse::journal {
namespace {

// What is small and read often stands before the blobs, which lie in pages of their own.
constexpr const char* kTables = R"(
  CREATE TABLE state(
    id INTEGER PRIMARY KEY CHECK (id = 1),
    rows_at INTEGER NOT NULL,
    tail INTEGER NOT NULL,
    tail_ms INTEGER NOT NULL,
    tail_epoch INTEGER NOT NULL,
    is_clean INTEGER NOT NULL,
    is_copy INTEGER NOT NULL,
    sync TEXT NOT NULL,
    boot TEXT NOT NULL,
    crc INTEGER NOT NULL);
  CREATE TABLE epochs(
    first INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    crc INTEGER NOT NULL);
  CREATE TABLE log(
    first INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    chunk BLOB NOT NULL);
  CREATE TABLE changes(
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    members INTEGER NOT NULL,
    list BLOB NOT NULL);
  CREATE TABLE repeats(
    id INTEGER PRIMARY KEY,
    ms INTEGER NOT NULL,
    list BLOB NOT NULL);
  CREATE TABLE rows(
    sequence INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    added INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    name BLOB NOT NULL,
    bytes BLOB NOT NULL);
)";

constexpr const char* kPartsTable = R"(
  CREATE TABLE parts(
    first INTEGER PRIMARY KEY,
    last INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    pairs BLOB NOT NULL);
)";

std::string pragma(const char* name, std::int64_t value) {
  return std::string("PRAGMA ") + name + "=" + std::to_string(value);
}

Try<void> make(Database& database) {
  SSE_TRY(database.begin());
  SSE_TRY(database.run(kTables));
  SSE_TRY(database.run(kPartsTable));
  SSE_TRY(database.run(pragma("application_id", kApplicationId).c_str()));
  SSE_TRY(database.run(pragma("user_version", kFormat).c_str()));
  return database.commit();
}

// The rows of the new table are made by the start, as those that are damaged are.
Try<void> add_parts(Database& database) {
  SSE_TRY(database.begin());
  SSE_TRY(database.run(kPartsTable));
  SSE_TRY(database.run(pragma("user_version", kFormat).c_str()));
  return database.commit();
}

}  // namespace

Try<bool> prepare_schema(Database& database) {
  const auto owner = SSE_TRY(database.number("PRAGMA application_id"));
  const auto tables = SSE_TRY(database.number("SELECT count(*) FROM sqlite_schema"));
  if (owner == 0 && tables == 0) {
    SSE_TRY(make(database));
    return true;
  }
  if (SSE_TRY(format_of(database)) == kFormatWithoutParts) SSE_TRY(add_parts(database));
  return false;
}

Try<std::int64_t> format_of(Database& database) {
  if (SSE_TRY(database.number("PRAGMA application_id")) != kApplicationId) {
    return Failure{FailureKind::kDamaged,
                   "cannot use " + database.path() + ": it is another program's database"};
  }
  const auto format = SSE_TRY(database.number("PRAGMA user_version"));
  if (format > kFormat) {
    return Failure{FailureKind::kNewer, "cannot use " + database.path() + ": its format is " +
                                            std::to_string(format) +
                                            ", which a newer version has made; this one knows " +
                                            std::to_string(kFormat)};
  }
  return format;
}

}  // namespace sse::journal
