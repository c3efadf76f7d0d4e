#pragma once

/// \file
/// Finding a filtered subscriber's next event through the postings.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/log/view.h"

namespace sse::log {

/// Which events somebody wants, in the log's own terms. Immutable. Thread-safe.
class Selector {
 public:
  virtual ~Selector() = default;

  virtual bool wants_type(std::string_view type) const = 0;
  virtual bool wants_topic(std::string_view topic) const = 0;

  /// When only exact topics are wanted, these: they are looked up, not searched for. Else empty.
  virtual std::span<const std::string> exact_topics() const { return {}; }
  /// The same for types.
  virtual std::span<const std::string> exact_types() const { return {}; }
};

/// One subscriber's search: keeps what its selector means in the segment it is in. Loop-affine (one
/// user at a time).
class SSE_EXPORT Selection {
 public:
  explicit Selection(const Selector& selector);

  /// The first wanted sequence >= from within `view`; nullopt when there is none. Cost follows the
  /// wanted events, not the skipped ones.
  std::optional<wire::Sequence> next(const View& view, wire::Sequence from);
};

}  // namespace sse::log
