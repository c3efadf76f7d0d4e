#pragma once

/// \file
/// What was done to the files of a disk, in order, and what a power cut may leave of it.

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sse::test {

/// The files of a disk, by path.
using DiskFiles = std::map<std::string, std::string>;

struct DiskOperation {
  enum class Kind : std::uint8_t {
    kCreate,
    kWrite,
    kTruncate,
    kSync,        ///< of a file: its bytes are durable
    kFailedSync,  ///< no later sync makes durable what was written before this one
    kDelete,
    kSyncDirectory,  ///< all names are durable; nothing else makes them so
  };
  Kind kind = Kind::kWrite;
  std::size_t file = 0;      ///< a path that is deleted and created again is another file
  std::string path;          ///< kCreate, kDelete
  std::uint64_t offset = 0;  ///< kWrite; kTruncate: the new size
  std::string bytes;         ///< kWrite
};

/// Puts `bytes` at `offset`; a hole before them reads as zeros.
void write_at(std::string& content, std::uint64_t offset, std::string_view bytes);

/// The disk after a power cut. What was synced is there. Each write that was not is there, absent,
/// there by half, or there in some of its sectors of 512 bytes, in any order; so are new sizes and
/// names. Thread-compatible.
class PowerCut {
 public:
  /// `before`: durable at the start, files 0 to n-1 in the order of the map. `operations` must
  /// outlive this.
  PowerCut(const DiskFiles& before, std::span<const DiskOperation> operations);

  /// Moves the cut behind the first `count` operations. REQUIRES: not before where it is.
  void advance(std::size_t count);

  /// One of the disks that the cut may leave. The same seed gives the same disk.
  DiskFiles image(std::uint64_t seed) const;

 private:
  using Random = std::mt19937_64;
  /// What becomes of everything that was not synced.
  enum class Fate : std::uint8_t { kLost, kKept, kKeptUpToOne, kMixed };
  struct Change {
    enum class State : std::uint8_t { kPending, kDurable, kDoomed };  // kDoomed: by a failed sync
    const DiskOperation* operation;
    State state = State::kPending;
  };
  struct File {
    std::string durable;
    std::vector<Change> changes;  // after it, in order
  };

  void apply(const DiskOperation& operation);
  static void sync(File& file);
  static void fail_sync(File& file);
  void sync_names();
  static std::string content(const File& file, Fate fate, Random& random);
  std::map<std::string, std::size_t> names(Fate fate, Random& random) const;

  std::span<const DiskOperation> operations_;
  std::size_t next_ = 0;
  std::vector<File> files_;
  std::map<std::string, std::size_t> names_;         // durable
  std::vector<const DiskOperation*> pending_names_;  // creates and deletes
};

/// Damage, as a disk does it without saying so.
enum class Damage : std::uint8_t { kFlippedBit, kZeroedSector, kCutOff };

/// Damages one place of `content`, which is not empty, chosen by the seed.
void damage(std::string& content, Damage kind, std::uint64_t seed);

}  // namespace sse::test
