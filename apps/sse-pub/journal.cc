#include "journal.h"

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/time_text.h"
#include "sse/base/uuid.h"

namespace sse::pub {
namespace {

/// For hubs that do not say how long they know the key of a batch: 10 minutes from its answer. We
/// count from before we asked, and by a clock that may not be the hub's.
constexpr std::chrono::minutes kKeyLife{9};

Error changed(const std::string& path, std::uint64_t offset) {
  return {
      ErrorCode::kInvalid,
      "the input is not the one of the checkpoint " + sse::quoted(path) + ": its first " +
          std::to_string(offset) +
          " bytes are others; load the unchanged file, or remove the checkpoint to start afresh"};
}

Error other(const std::string& path, const char* what, const std::string& was,
            const std::string& is) {
  return {ErrorCode::kConflict, "the checkpoint " + sse::quoted(path) + " is of another " + what +
                                    ": " + sse::quoted(was) + ", not " + sse::quoted(is)};
}

}  // namespace

Result<Journal> Journal::open(const std::string& path, const std::string& hub,
                              const std::string& input, InDoubt in_doubt, const Clock& clock,
                              RandomSource& random) {
  Journal journal;
  journal.file_ = SSE_TRY(CheckpointFile::open(path));
  journal.in_doubt_ = in_doubt;
  journal.clock_ = &clock;
  journal.random_ = &random;
  auto found = SSE_TRY(journal.file_->load());
  Checkpoint& place = journal.place_;
  if (found) {
    place = *std::move(found);
    if (place.hub != hub) return other(path, "hub", place.hub, hub);
    if (place.input != input) return other(path, "kind of input", place.input, input);
    journal.is_resent_ = place.sent.has_value();
    journal.here_ = place.done;
    return journal;
  }
  place.hub = hub;
  place.input = input;
  place.load = to_string(make_uuid_v7(clock.now().wall, random));
  SSE_TRY(journal.save(nullptr));  // what cannot be written is said before anything is sent
  return journal;
}

std::optional<std::uint64_t> Journal::sent_end() const {
  if (!place_.sent) return std::nullopt;
  return place_.sent->end.offset;
}

Status Journal::check_passed() const {
  if (!file_ || passed_ == place_.done) return {};
  return changed(file_->path(), place_.done.offset);
}

Result<Journal::Admitted> Journal::admit(const Batch& batch, RejectsFile* rejects) {
  if (!file_) return Admitted{};
  const Mark end = end_of(batch);
  if (is_resent_) {
    if (place_.sent->end != end) return changed(file_->path(), place_.sent->end.offset);
    const Now now = clock_->now();
    const auto age = now.wall - place_.sent->since;
    const bool is_clock_set_back = age < age.zero();
    const std::chrono::nanoseconds life = place_.window ? *place_.window : kKeyLife;
    if (is_clock_set_back || age > life) return decide();
    return Admitted{place_.key(), false, now.boot - age};
  }
  place_.sent = Checkpoint::Sent{end, clock_->now().wall};
  SSE_TRY(save(rejects));
  return Admitted{place_.key()};
}

void Journal::keep_window(std::optional<std::chrono::seconds> window) {
  if (window) place_.window = window;
}

Result<Journal::Admitted> Journal::decide() {
  const std::string batch = "the batch that ends at byte " +
                            std::to_string(place_.sent->end.offset) + ", sent at " +
                            format_rfc3339(place_.sent->since);
  switch (in_doubt_) {
    case InDoubt::kFail:
      return Error{ErrorCode::kConflict,
                   "it is unknown whether " + batch +
                       ", was published: the hub has forgotten it; --in-doubt repeat "
                       "publishes it, perhaps again, and --in-doubt skip does not"};
    case InDoubt::kRepeat:
      log_line(LogLevel::kWarning, batch + ", is published, perhaps again");
      place_.load = to_string(make_uuid_v7(clock_->now().wall, *random_));
      place_.sent->since = clock_->now().wall;
      SSE_TRY(save(nullptr));
      return Admitted{place_.key()};
    case InDoubt::kSkip:
      log_line(LogLevel::kWarning, batch + ", is taken for published");
      return Admitted{"", true};
  }
  return Admitted{"", true};
}

void Journal::settle(const Batch& batch, const Tally& tally, const RejectsFile* rejects) {
  if (!file_) return;
  here_ = place_.sent ? place_.sent->end : end_of(batch);
  if (!batch.ends_record) return;
  place_.done = here_;
  place_.tally = tally;
  if (rejects != nullptr) place_.rejects_size = rejects->size();
  if (place_.sent) ++place_.batch;
  place_.sent.reset();
  is_resent_ = false;
}

Status Journal::finish(RejectsFile* rejects) {
  return file_ ? save(rejects) : Status();
}

Status Journal::save(RejectsFile* rejects) {
  if (rejects != nullptr) SSE_TRY(rejects->sync());
  return file_->save(place_);
}

Mark Journal::end_of(const Batch& batch) const {
  Mark end = here_;
  end.pass(batch.raw);
  return end;
}

}  // namespace sse::pub
