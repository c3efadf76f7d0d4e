#include "journal/play.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sse::test {
namespace {

using Kind = log::RowChange::Kind;

constexpr std::uint64_t kRecentKeys = 14;  // of them rows are asked for: some are gone

}  // namespace

void Player::play(Life& life) {
  const auto appends = 1 + random_() % 4;
  for (std::uint64_t i = 0; i < appends; ++i) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    std::vector<Wish> wishes;
    const auto items = random_() % 8 == 0 ? 40 : 1 + random_() % 5;
    for (std::uint64_t item = 0; item < items; ++item) add_one(append, wishes);
    life.ask(append, std::move(wishes));
  }
}

void Player::add_one(log::Append& append, std::vector<Wish>& wishes) {
  const auto what = random_() % 10;
  const auto condition = log::Condition::kRowExists;
  if (what < 4) {
    append.add({"event", "a/topic", some_text(random_() % 20 == 0 ? 9000 : 300)});
    wishes.push_back({});
  } else if (what < 5) {
    const Uuid key{1, next_key_++};
    const std::string name = "name " + std::to_string(random_() % 8);
    append.add({"put", "", name}, {Kind::kPut, key, name, some_text(60)},
               log::Condition::kNameIsFree);
    wishes.push_back({Kind::kPut, key});
  } else if (what < 9) {
    const Uuid key = some_key();
    append.add({"add", "", "member"}, {Kind::kAdd, key, {}, some_text(40)}, condition);
    wishes.push_back({Kind::kAdd, key});
  } else {
    const Uuid key = some_key();
    append.add({"erase", "", ""}, {Kind::kErase, key, {}, {}}, condition);
    wishes.push_back({Kind::kErase, key});
  }
}

Uuid Player::some_key() {
  const std::uint64_t newest = next_key_ == 0 ? 0 : next_key_ - 1;
  const std::uint64_t back = random_() % kRecentKeys;
  return {1, newest - std::min(newest, back)};
}

std::string Player::some_text(std::size_t most) {
  std::string text = std::to_string(next_text_++) + " ";
  text.append(random_() % most, static_cast<char>('a' + random_() % 26));
  return text;
}

wire::Sequence Past::promised(std::size_t cut) const {
  wire::Sequence promised = 0;
  for (const auto& promise : promises) {
    if (promise.position <= cut) promised = std::max(promised, promise.sequence);
  }
  return promised;
}

std::optional<std::string> Past::head_after(std::size_t cut, std::uint64_t seed) const {
  std::vector<std::string> seen;
  for (const auto& head : heads) {
    if (head.position <= cut) seen.push_back(head.bytes);
  }
  if (seen.empty()) return std::nullopt;
  std::mt19937_64 random(seed);
  const std::string& newest = seen.back();
  const std::string& other = seen[random() % seen.size()];
  switch (random() % 4) {
    case 0:
      return std::nullopt;
    case 1:
      return newest;
    case 2:
      return other;
    default:
      return newest.substr(0, newest.size() / 2) +
             (other.size() < newest.size() / 2 ? "" : other.substr(newest.size() / 2));
  }
}

Past past_of(const Life& life, const RecordingVfs& disk) {
  Past past;
  past.before = disk.files_at_start();
  past.operations = disk.recording();
  past.events = life.events();
  past.rows = life.row_history();
  past.first_rows = life.first_rows();
  past.promises = life.promises();
  past.heads = life.heads();
  return past;
}

Life::Options small_options() {
  Life::Options options;
  options.rows = {10, 6, 40};
  options.journal.reserve = 0;
  options.journal.commit_timeout = std::chrono::nanoseconds(0);
  options.journal.checkpoint_pages = 60;
  options.journal.most_wal_pages = 200;
  return options;
}

}  // namespace sse::test
