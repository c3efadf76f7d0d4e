#include "sse/journal/change_list.h"

#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

using Kind = log::RowChange::Kind;

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kHeaderSize = 28;

Failure damaged(const char* why) {
  return {FailureKind::kDamaged, std::string("a list of changes is damaged: ") + why};
}

/// Takes bytes from the front; zeros once there are too few of them.
class Taker {
 public:
  explicit Taker(std::string_view& rest) : rest_(rest) {}

  std::uint64_t number(std::size_t size) { return number_of(padded(text(size)), size); }
  std::string_view text(std::size_t size) {
    if (rest_.size() < size) {
      is_short_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool is_short() const { return is_short_; }

 private:
  std::string_view padded(std::string_view text) const {
    return is_short_ ? std::string_view("\0\0\0\0\0\0\0\0", 8) : text;
  }

  std::string_view& rest_;
  bool is_short_ = false;
};

}  // namespace

void ChangeListWriter::add(const StoredChange& change) {
  if (count_++ == 0) first_ = change.sequence;
  last_ = change.sequence;
  append_number(body_, static_cast<std::uint64_t>(change.kind), 1);
  append_number(body_, change.sequence, 8);
  switch (change.kind) {
    case Kind::kPut:
      append_number(body_, change.key.high, 8);
      append_number(body_, change.key.low, 8);
      append_number(body_, change.name.size(), 2);
      append_number(body_, change.bytes.size(), 4);
      body_.append(change.name).append(change.bytes);
      return;
    case Kind::kAdd:
      append_number(body_, change.row, 8);
      append_number(body_, change.member, 8);
      append_number(body_, change.bytes.size(), 4);
      body_.append(change.bytes);
      ++members_;
      return;
    case Kind::kErase:
    case Kind::kNone:
      append_number(body_, change.row, 8);
      return;
  }
}

std::string ChangeListWriter::take() {
  std::string list;
  list.reserve(kHeaderSize + body_.size());
  append_number(list, 0, kChecksumSize);
  append_number(list, kVersion, 4);
  append_number(list, count_, 4);
  append_number(list, first_, 8);
  append_number(list, last_, 8);
  list += body_;
  std::string checksum;
  append_number(checksum, crc32c(std::string_view(list).substr(kChecksumSize)), kChecksumSize);
  list.replace(0, kChecksumSize, checksum);
  body_.clear();
  count_ = 0;
  members_ = 0;
  return list;
}

Try<ChangeListReader> ChangeListReader::open(std::string_view list) {
  if (list.size() < kHeaderSize) return damaged("it is cut off");
  const std::uint64_t checksum = number_of(list, kChecksumSize);
  if (checksum != crc32c(list.substr(kChecksumSize))) return damaged("its checksum is wrong");
  if (number_of(list.substr(4), 4) != kVersion) return damaged("its version is not known");
  ChangeListReader reader;
  reader.left_ = static_cast<std::uint32_t>(number_of(list.substr(8), 4));
  reader.first_ = number_of(list.substr(12), 8);
  reader.last_ = number_of(list.substr(20), 8);
  reader.rest_ = list.substr(kHeaderSize);
  return reader;
}

Try<bool> ChangeListReader::next(StoredChange& change) {
  if (left_ == 0) {
    if (!rest_.empty()) return damaged("something follows its end");
    return false;
  }
  --left_;
  SSE_TRY(read(change));
  return true;
}

Try<void> ChangeListReader::read(StoredChange& change) {
  Taker taker(rest_);
  const std::uint64_t kind = taker.number(1);
  change.kind = static_cast<Kind>(kind);
  change.sequence = taker.number(8);
  if (change.kind == Kind::kPut) {
    change.key = {taker.number(8), taker.number(8)};
    const std::size_t name_size = taker.number(2);
    const std::size_t size = taker.number(4);
    change.name = taker.text(name_size);
    change.bytes = taker.text(size);
  } else if (change.kind == Kind::kErase) {
    change.row = taker.number(8);
  } else if (change.kind == Kind::kAdd) {
    change.row = taker.number(8);
    change.member = taker.number(8);
    change.bytes = taker.text(taker.number(4));
  } else {
    return damaged("a change is of no known kind");
  }
  if (taker.is_short()) return damaged("it is cut off");
  if (change.sequence < first_ || change.sequence > last_) {
    return damaged("a change is not where it should be");
  }
  return {};
}

}  // namespace sse::journal
