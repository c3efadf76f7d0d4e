#pragma once

/// \file
/// `--checkpoint F`: how far a load has come, on disk, so that a second run publishes what the
/// first one did not, and nothing twice. docs/sse-pub.md says how.
///
///     version 1
///     hub http://127.0.0.1:8089
///     input ndjson auto
///     load 018f4c2e-...             the keys of its batches are this and their number
///     done 1048576 9ae16a3b2f90404f bytes of the input, and their hash
///     tally 1048576 20000 3 0       bytes, published, rejected, skipped
///     rejects 183                   bytes of the file of rejects
///     batch 12                      the number of the next one
///     sent 1310720 5c7d... 2026-01-31T12:00:00Z    where that one ends, if it was sent, and when
///     window 600                    for how many seconds the hub keeps keys, if it has said so
///     sum 1b2c3d4e5f607182          hash of the lines above
///
/// Beside `F` live `F.lock` and, while saving, `F.tmp`.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

#include "tally.h"

namespace sse::pub {

/// A place in the input, with a hash of everything before it: so an input that is another one, or
/// was changed, is noticed.
struct Mark {
  std::uint64_t offset = 0;
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a of nothing

  /// Moves behind `bytes`.
  void pass(std::string_view bytes);

  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Checkpoint {
  std::string hub;
  std::string input;
  std::string load;
  Mark done;
  Tally tally;
  std::uint64_t rejects_size = 0;
  std::uint64_t batch = 0;
  std::optional<std::chrono::seconds> window = std::nullopt;

  /// The batch behind `done` that may have reached the hub.
  struct Sent {
    Mark end;
    WallTime since{};  ///< of its first try

    friend bool operator==(const Sent&, const Sent&) = default;
  };
  std::optional<Sent> sent;

  std::string key() const { return load + "-" + std::to_string(batch); }

  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The text of a checkpoint file, both ways. Error: kInvalid.
std::string format_checkpoint(const Checkpoint& checkpoint);
Result<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace sse::pub
