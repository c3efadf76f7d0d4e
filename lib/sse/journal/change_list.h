#pragma once

/// \file
/// What a commit did to rows, as bytes. Little-endian:
///
///     u32 CRC-32C of everything behind it
///     u32 version (1)
///     u32 number of changes
///     u64 first sequence that it may tell of | u64 last
///     for each change: u8 kind (log::RowChange::Kind) | u64 sequence, then of
///       a put      16 bytes of key | u16 size of name | u32 of bytes | name | bytes
///       an erase   u64 sequence of the row
///       an add     u64 sequence of the row | u64 number of the member | u32 size | bytes

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/uuid.h"
#include "sse/journal/failure.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::journal {

/// One change. A row is named by the sequence that put it. The views are of the list.
struct StoredChange {
  log::RowChange::Kind kind = log::RowChange::Kind::kAdd;
  wire::Sequence sequence = 0;
  wire::Sequence row = 0;    ///< kErase, kAdd
  std::uint64_t member = 0;  ///< kAdd: its number in the series, from 0
  Uuid key;                  ///< kPut
  std::string_view name;     ///< kPut
  std::string_view bytes;    ///< kPut, kAdd
};

/// Makes a list. Thread-compatible.
class SSE_EXPORT ChangeListWriter {
 public:
  void add(const StoredChange& change);

  bool empty() const { return count_ == 0; }
  std::size_t size() const { return body_.size(); }
  std::size_t members() const { return members_; }
  wire::Sequence first() const { return first_; }  ///< of the changes in it
  wire::Sequence last() const { return last_; }

  /// The list; then the writer is empty again.
  std::string take();

 private:
  std::string body_;
  std::uint32_t count_ = 0;
  std::size_t members_ = 0;
  wire::Sequence first_ = 0;
  wire::Sequence last_ = 0;
};

/// Reads a list, which must outlive it. Thread-compatible.
class SSE_EXPORT ChangeListReader {
 public:
  /// Failure: kDamaged.
  static Try<ChangeListReader> open(std::string_view list);

  wire::Sequence first() const { return first_; }
  wire::Sequence last() const { return last_; }

  /// The next change into `change`; false at the end. Failure: kDamaged.
  Try<bool> next(StoredChange& change);

 private:
  Try<void> read(StoredChange& change);

  std::string_view rest_;
  std::uint32_t left_ = 0;
  wire::Sequence first_ = 0;
  wire::Sequence last_ = 0;
};

}  // namespace sse::journal
