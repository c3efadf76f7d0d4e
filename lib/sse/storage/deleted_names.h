#pragma once

/// \file
/// The names of metrics that were deleted lately.

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "sse/base/uuid.h"

namespace sse::storage {

/// Events about a metric are read after it is gone, also the event that says so, and a grant by
/// names is judged by the name then. The oldest names are forgotten. Thread-compatible.
class DeletedNames {
 public:
  explicit DeletedNames(std::size_t most = kMost) : most_(most) {}

  void add(const Uuid& id, std::string name) {
    if (!names_.emplace(id, std::move(name)).second) return;
    ids_.push_back(id);
    if (ids_.size() <= most_) return;
    names_.erase(ids_.front());
    ids_.pop_front();
  }

  /// nullopt when it is not known.
  std::optional<std::string> find(const Uuid& id) const {
    const auto found = names_.find(id);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  /// Up to some 400 bytes each.
  static constexpr std::size_t kMost = 1'024;

  const std::size_t most_;
  std::unordered_map<Uuid, std::string> names_;
  std::deque<Uuid> ids_;
};

}  // namespace sse::storage
