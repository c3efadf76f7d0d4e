#pragma once

#include <optional>
#include <string>

#include "sse/base/random.h"

#include "batch.h"
#include "checkpoint_file.h"
#include "options.h"
#include "rejects_file.h"

namespace sse::pub {

/// How far a load has come, kept in its checkpoint so that each batch is published once, whenever
/// the process ends. A batch has a number and a place in the input; before it is sent, both are on
/// disk. A run that finds them there sends the same bytes under the same key, and the hub answers
/// what it answered before; a hub that has forgotten it says so. Without a checkpoint it keeps
/// nothing. Errors: kInvalid when the input is not the one of the checkpoint, kConflict when
/// something else does not fit, kIo when nothing can be written. Thread-compatible.
class Journal {
 public:
  Journal() = default;

  /// `hub` and `input` name what a second run must have in common with the first one.
  static Result<Journal> open(const std::string& path, const std::string& hub,
                              const std::string& input, InDoubt in_doubt, const Clock& clock,
                              RandomSource& random);

  bool is_kept() const { return file_.has_value(); }

  // ---- going on

  std::uint64_t done() const { return place_.done.offset; }
  const Tally& tally() const { return place_.tally; }
  std::uint64_t rejects_size() const { return place_.rejects_size; }

  /// Where the batch ends that an earlier run had sent and not settled.
  std::optional<std::uint64_t> sent_end() const;

  /// Bytes of the input before done(), in order.
  void pass(std::string_view bytes) { passed_.pass(bytes); }
  Status check_passed() const;

  // ---- batch by batch

  struct Admitted {
    std::string key;
    bool is_published = false;                          ///< `--in-doubt skip`: not to be sent
    std::optional<BootTime> sent_since = std::nullopt;  ///< by an earlier run
  };

  /// How long the hub says that it keeps keys; nullopt: it has not said so (again).
  void keep_window(std::optional<std::chrono::seconds> window);

  /// Keeps that this batch, the next one of the input, is going to be sent.
  Result<Admitted> admit(const Batch& batch, RejectsFile* rejects);

  /// The hub has forgotten the key of the batch that was admitted last: what `--in-doubt` says.
  Result<Admitted> decide();

  /// The batch is settled. On disk with the next admit(), or finish().
  void settle(const Batch& batch, const Tally& tally, const RejectsFile* rejects);

  Status finish(RejectsFile* rejects);

 private:
  Status save(RejectsFile* rejects);
  Mark end_of(const Batch& batch) const;

  std::optional<CheckpointFile> file_;
  InDoubt in_doubt_ = InDoubt::kFail;
  const Clock* clock_ = nullptr;
  RandomSource* random_ = nullptr;
  Checkpoint place_;
  Mark passed_;
  Mark here_;               // beyond place_.done only inside a record that is too long
  bool is_resent_ = false;  // place_.sent is of an earlier run
};

}  // namespace sse::pub
