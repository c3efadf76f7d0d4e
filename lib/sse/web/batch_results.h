#pragma once

/// \file
/// What became of the items of a batch, in as few bytes as it takes, and the response made of it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace sse::web {

/// A result for each item: 16 bytes, and the texts of errors, each kept once while equal ones
/// follow each other closely. Thread-compatible.
class BatchResults {
 public:
  /// Texts of errors past this size are not kept: many long ones would be larger than the batch.
  static constexpr std::size_t kMaxTexts = std::size_t{256} << 10U;
  /// What stands in the response for a text that was not kept.
  static constexpr char kNoText[] = "rejected; the texts of this batch's errors were too many";

  void reserve(std::size_t items) { results_.reserve(items); }

  std::size_t size() const { return results_.size(); }

  /// The next result is not known yet: settle() is called for it before the response is made.
  void await();
  void reject(const Error& error);
  /// What the item `index` came to, which is awaited: an id, or why it was not published. An id is
  /// a UUID of version 7: its upper half is never zero.
  void settle(std::size_t index, const Result<Uuid>& outcome);

  /// The error of the whole batch: when nothing was accepted because nothing can be now (draining),
  /// or when it is not known whether anything was. Else null.
  const Error* of_all() const;

  /// Of the body: `{"accepted":N,"rejected":M,"results":[{"id"}|{"error"}...]}`.
  std::size_t body_size() const;

  /// Bytes that it has allocated.
  std::size_t held() const;

  /// Where append_to() goes on. A value.
  struct Position {
    std::size_t next = 0;
    bool is_begun = false;
    bool is_done = false;
  };
  /// Appends the next part of the body: until the budget is spent, or `out` has `most` bytes.
  void append_to(std::string& out, Position& at, std::size_t most, Budget& budget) const;

 private:
  void reject(std::size_t index, const Error& error);
  std::uint64_t keep_text(std::string_view text);
  std::string head() const;

  // An id; or {0, where the error's text is}; or kAwaited.
  std::vector<Uuid> results_;
  std::string texts_;                  // in quotes, as they stand in the body
  std::vector<std::uint64_t> newest_;  // texts that were kept last: see kNewest
  std::size_t results_size_ = 0;       // of all results in the body
  std::size_t accepted_ = 0;
  std::optional<Error> of_all_;
};

}  // namespace sse::web
