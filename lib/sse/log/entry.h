#pragma once

/// \file
/// An event in its place in the order, with what it does to the rows of the domain.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/uuid.h"
#include "sse/log/name_key.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// What an event does to the rows of the domain that it tells of. The log knows no domain: a row is
/// a key, a name that it can be looked up by, bytes, and a series of small rows below it, oldest
/// first.
struct RowChange {
  enum class Kind : std::uint8_t {
    kNone,   ///< an event of no row
    kPut,    ///< a new row
    kErase,  ///< the row and its series go
    kAdd,    ///< one more at the end of the row's series
  };
  Kind kind = Kind::kNone;
  Uuid key;                ///< of the row
  std::string_view name;   ///< kPut: need not be unique
  std::string_view bytes;  ///< kPut: the row; kAdd: the new member of the series
};

/// An event in its place. The views belong to the journal, and hold during a call of its follower.
struct Entry {
  wire::EventId id;        ///< final
  std::string_view block;  ///< encoded (wire/encoder.h), with room for the id
  NameKey type;
  NameKey topic;
  RowChange row;
  std::optional<Uuid>
      drop;  ///< the row whose series loses its oldest member, to stay in the limits
};

/// A row as it is kept, or one member of a row's series: RowChange::kPut or kAdd, and where it
/// stands in the order. Owns its bytes.
struct KeptRow {
  wire::Sequence sequence = 0;
  RowChange::Kind kind = RowChange::Kind::kPut;
  Uuid key;
  std::string name;
  std::string bytes;

  RowChange change() const { return {kind, key, name, bytes}; }
};

}  // namespace sse::log
