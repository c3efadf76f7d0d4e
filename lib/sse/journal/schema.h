#pragma once

/// \file
/// What `log.db` holds. All numbers are SQLite integers; CRCs are CRC-32C.
///
///     state    one row: how the hub that wrote it ran, and how far `rows` is
///     epochs   from which sequence on ids have which epoch
///     log      first | count, ms, epoch, chunk     a chunk of events (log/chunk.h, with its own
///     CRC) changes  first | last, bytes, change list    what a commit did to rows (change_list.h,
///     CRC) rows     sequence | key, name, bytes, added, dropped, crc     rows as they were at
///     rows_at
///     repeats  first of a commit | ms, list         answers to requests that may be repeated
///              (kept_repeats.h)
///
///     sequence   1 ............... rows_at ................... head
///     rows       as they were here |
///     changes    [members, some dead][ every change, in order ]
///     log                 [tail ............................. ]
///
/// A row of the domain has a series; its members are numbered from 0, `added` of them were ever
/// added and `dropped` have given way, oldest first. What lies after rows_at is done again at
/// start, with the same code that decided it (log::RowLedger); then a member is alive when its row
/// is there and its number is at least the row's `dropped`. Lists up to rows_at may be rewritten,
/// several as one, without what is not alive.

#include <memory>

#include "sse/base/export.h"
#include "sse/journal/database.h"

namespace sse::journal {

inline constexpr std::int64_t kApplicationId = 0x73736564;  ///< "ssed"
inline constexpr std::int64_t kFormat = 1;                  ///< user_version

/// Makes the tables of a file that has none; else checks that they are ours and of this format.
/// Returns whether they were made. Failures: kDamaged (another program's), kNewer, and those of
/// Database.
SSE_EXPORT Try<bool> prepare_schema(Database& database);

}  // namespace sse::journal
