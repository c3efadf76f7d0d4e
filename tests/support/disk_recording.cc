#include "support/disk_recording.h"

#include <algorithm>

namespace sse::test {
namespace {

constexpr std::size_t kSector = 512;

using Kind = DiskOperation::Kind;

void change(std::string& content, const DiskOperation& operation) {
  if (operation.kind == Kind::kTruncate) {
    content.resize(operation.offset);
  } else {
    write_at(content, operation.offset, operation.bytes);
  }
}

/// Some of the sectors that the write touches.
void tear(std::string& content, const DiskOperation& write, std::mt19937_64& random) {
  const std::string_view bytes = write.bytes;
  for (std::size_t done = 0; done < bytes.size();) {
    const std::uint64_t at = write.offset + done;
    const std::size_t size = std::min(bytes.size() - done, kSector - at % kSector);
    if (random() % 2 == 0) write_at(content, at, bytes.substr(done, size));
    done += size;
  }
}

/// The operation as it may have got to the disk: whole, not at all, by half, torn.
void change_perhaps(std::string& content, const DiskOperation& operation, std::mt19937_64& random) {
  const auto fate = random() % 4;
  if (operation.kind == Kind::kTruncate) {
    if (fate < 2) change(content, operation);
    return;
  }
  if (fate == 0) write_at(content, operation.offset, operation.bytes);
  if (fate == 1) tear(content, operation, random);
  if (fate == 2) {
    write_at(content, operation.offset,
             std::string_view(operation.bytes).substr(0, operation.bytes.size() / 2));
  }
}

void change_names(std::map<std::string, std::size_t>& names, const DiskOperation& operation) {
  if (operation.kind == Kind::kCreate) {
    names[operation.path] = operation.file;
  } else {
    names.erase(operation.path);
  }
}

}  // namespace

void write_at(std::string& content, std::uint64_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(),
            content.begin() + static_cast<std::string::difference_type>(offset));
}

PowerCut::PowerCut(const DiskFiles& before, std::span<const DiskOperation> operations)
    : operations_(operations) {
  for (const auto& [path, content] : before) {
    names_[path] = files_.size();
    files_.push_back({content, {}});
  }
}

void PowerCut::advance(std::size_t count) {
  for (; next_ < count; ++next_) apply(operations_[next_]);
}

void PowerCut::apply(const DiskOperation& operation) {
  if (files_.size() <= operation.file) files_.resize(operation.file + 1);
  File& file = files_[operation.file];
  switch (operation.kind) {
    case Kind::kCreate:
    case Kind::kDelete:
      pending_names_.push_back(&operation);
      break;
    case Kind::kWrite:
    case Kind::kTruncate:
      file.changes.push_back({&operation});
      break;
    case Kind::kFailedSync:
      fail_sync(file);
      break;
    case Kind::kSync:
      sync(file);
      break;
    case Kind::kSyncDirectory:
      sync_names();
      break;
  }
}

void PowerCut::sync(File& file) {
  const bool is_whole = std::none_of(file.changes.begin(), file.changes.end(), [](const auto& one) {
    return one.state == Change::State::kDoomed;
  });
  for (Change& one : file.changes) {
    if (is_whole) change(file.durable, *one.operation);
    if (one.state == Change::State::kPending) one.state = Change::State::kDurable;
  }
  if (is_whole) file.changes.clear();
}

// The system gives up the pages of a failed sync; the disk may have taken some of them.
void PowerCut::fail_sync(File& file) {
  for (Change& one : file.changes) {
    if (one.state == Change::State::kPending) one.state = Change::State::kDoomed;
  }
}

void PowerCut::sync_names() {
  for (const auto* operation : pending_names_) change_names(names_, *operation);
  pending_names_.clear();
}

DiskFiles PowerCut::image(std::uint64_t seed) const {
  Random random(seed);
  const auto fate = static_cast<Fate>(random() % 4);
  DiskFiles files;
  for (const auto& [path, file] : names(fate, random)) {
    files[path] = content(files_[file], fate, random);
  }
  return files;
}

std::string PowerCut::content(const File& file, Fate fate, Random& random) {
  using State = Change::State;
  std::string content = file.durable;
  const std::size_t last_whole =
      fate == Fate::kKeptUpToOne ? random() % (file.changes.size() + 1) : 0;
  for (std::size_t i = 0; i < file.changes.size(); ++i) {
    const Change& one = file.changes[i];
    const bool is_kept = fate == Fate::kKept || (fate == Fate::kKeptUpToOne && i < last_whole);
    const bool may_be_kept =
        fate == Fate::kMixed || (fate == Fate::kKeptUpToOne && i == last_whole);
    if (one.state == State::kDurable || (is_kept && one.state == State::kPending)) {
      change(content, *one.operation);
    } else if (may_be_kept || (is_kept && one.state == State::kDoomed)) {
      change_perhaps(content, *one.operation, random);
    }
  }
  return content;
}

std::map<std::string, std::size_t> PowerCut::names(Fate fate, Random& random) const {
  auto names = names_;
  for (const auto* operation : pending_names_) {
    const bool is_done = fate == Fate::kKept || (fate != Fate::kLost && random() % 2 == 0);
    if (is_done) change_names(names, *operation);
  }
  return names;
}

void damage(std::string& content, Damage kind, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::size_t at = random() % content.size();
  switch (kind) {
    case Damage::kFlippedBit: {
      const auto byte = static_cast<unsigned char>(content[at]);
      content[at] = static_cast<char>(byte ^ (1U << random() % 8));
      break;
    }
    case Damage::kZeroedSector: {
      const std::size_t begin = at / kSector * kSector;
      const std::size_t size = std::min(kSector, content.size() - begin);
      content.replace(begin, size, size, '\0');
      break;
    }
    case Damage::kCutOff:
      content.resize(at);
      break;
  }
}

}  // namespace sse::test
