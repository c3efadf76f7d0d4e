#pragma once

/// \file
/// What `log.db` holds. All numbers are SQLite integers; CRCs are CRC-32C.
///
// clang-format off
///
///     table    key                columns                              holds
///
///     state    one row                                                 its hub's run, rows_at
///     epochs   first              epoch, crc                           from where on ids have it
///     log      first              count, ms, epoch, chunk              events: log/chunk.h
///     parts    first              last, ms, epoch, bytes, crc, pairs   of chunks: kept_parts.h
///     changes  first              last, members, list                  to rows: change_list.h
///     rows     sequence           key, added, dropped, crc, name, bytes  as they were at rows_at
///     repeats  first of a commit  ms, list                             answers: kept_repeats.h
///     damage   what                                                    reported: kept_damage.h
///
///     sequence   1 ............... rows_at ................... head
///     rows       as they were here |
///     changes    [members, some dead][ every change, in order     ]
///     log                 [tail .................................. ]
///     parts           [ part ][ part ][ part ][ part ] no row yet
// clang-format on
///
/// A row has a series. Its members are numbered from 0: `added` of them were ever added, and the
/// oldest `dropped` have given way. A start repeats the changes after rows_at with the code that
/// decided them (log::RowLedger). A member is alive when its row is there and its number is at
/// least the row's `dropped`. Lists up to rows_at may be rewritten without their dead members, and
/// several may become one.

#include <memory>

#include "sse/base/export.h"
#include "sse/journal/database.h"

namespace sse::journal {

inline constexpr std::int64_t kApplicationId = 0x73736564;  ///< "ssed"
inline constexpr std::int64_t kFormat = 2;                  ///< user_version
inline constexpr std::int64_t kFormatWithoutParts = 1;

/// Makes the tables in a new file; in another one checks that they are ours, and changes those of
/// an older format. Returns whether the file is new. Failures: kDamaged (another program's file),
/// kNewer, and those of Database.
SSE_EXPORT Try<bool> prepare_schema(Database& database);

/// The format of tables that are ours. Changes nothing. Failures: the same.
SSE_EXPORT Try<std::int64_t> format_of(Database& database);

}  // namespace sse::journal
