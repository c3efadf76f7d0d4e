"""The planted faults: small edits of the hub, each in one file, that the model checker must find."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fault:
    name: str
    file: str
    old: str  # there once
    new: str
    equivalent: str = ""  # why no reader can tell the difference


def of(room_file):
    """Faults of one file, named after it."""
    stem = room_file.rsplit("/", 1)[1].rsplit(".", 1)[0]

    def add(name, old, new, equivalent=""):
        FAULTS.append(Fault(f"{stem}.{name}", f"lib/sse/{room_file}", old, new, equivalent))

    return add


FAULTS = []

# The log: what is held, and where a reader begins.

view = of("log/view.cc")
view("run-stops-short", "index_in(segment, last) + 1);\n  return segment.bytes", "index_in(segment, last));\n  return segment.bytes")
view("advance-stays-at-the-end", "return {segment.first() + limit, 0};", "return {segment.first() + limit - 1, 0};")
view("advance-counts-a-border-as-inside", "return segment.end_of(i) > place;", "return segment.end_of(i) >= place;")
view("nothing-is-behind", "return end - offset_of(", "return 0 * end * offset_of(")
view("since-excludes-its-millisecond", "segment.time_of(index_in(segment, sequence)) >= unix_time;", "segment.time_of(index_in(segment, sequence)) > unix_time;")
view("oldest-is-the-newest", ": event(tail_).id;", ": head_id();")
view("origin-of-a-log", "return epochs_ != nullptr && epochs_->covers(epoch, sequence, head_);", "return epochs_ != nullptr && sequence > 0 && epochs_->covers(epoch, sequence, head_);")

retained = of("log/retained.cc")
retained("one-event-too-few", "oldest = head_ - retention_.max_events + 1;", "oldest = head_ - retention_.max_events + 2;")
retained("one-event-too-many", "oldest = head_ - retention_.max_events + 1;", "oldest = head_ - retention_.max_events;")
retained("only-whole-segments-expire", "is_expired(segment, i); ++i) tail = i + 1;", "false; ++i) tail = i + 1;")
retained("expires-half-way", "return boot_ - segment.boot_of(index) >= retention_.ttl;", "return boot_ - segment.boot_of(index) >= retention_.ttl / 2;")
retained("never-expires", "return boot_ - segment.boot_of(index) >= retention_.ttl;", "return boot_ - segment.boot_of(index) >= 2 * retention_.ttl;")
retained("expired-time-of-the-first", "expired_time_ = id_of(tail - 1).unix_time();", "expired_time_ = id_of(first_held()).unix_time();")
retained("eight-times-the-bytes", "oldest < newest && needed > retention_.max_bytes;", "oldest < newest && needed > 8 * retention_.max_bytes;")
retained("half-of-the-bytes", "oldest < newest && needed > retention_.max_bytes;", "oldest < newest && needed > retention_.max_bytes / 5;")
retained("no-expired-time", "  view.expired_time_ = expired_time_;\n", "")

start = of("log/start.cc")
start("last-n-one-more", "view_.head() + 1 - std::min(request.events, view_.head());", "view_.head() - std::min(request.events, view_.head());")
start("gap-of-nothing", "if (wanted >= view_.tail()) return at(wanted);\n    return gap(\"-\"", "if (wanted > view_.tail()) return at(wanted);\n    return gap(\"-\"")
start("last-n-counts-one-more", "GapReason::kExpired, view_.tail() - wanted);\n  }\n\n  Start operator()(const FromTime", "GapReason::kExpired, view_.tail() - wanted + 1);\n  }\n\n  Start operator()(const FromTime")
start("time-misses-its-gap", "if (!expired || *expired < time)", "if (!expired || *expired <= time)")
start("resume-repeats", "const wire::Sequence wanted = id->sequence() + 1;", "const wire::Sequence wanted = id->sequence();")
start("resume-skips", "const wire::Sequence wanted = id->sequence() + 1;", "const wire::Sequence wanted = id->sequence() + 2;")
start("foreign-is-unknown", "return gap(request.id, GapReason::kOtherStream, std::nullopt);", "return gap(request.id, GapReason::kUnknown, std::nullopt);",
      "the model accepts both reasons for an id that it does not know")
start("any-bits-are-an-id", "return view_.event(id.sequence()).id == id;", "return true;")
start("expired-is-unknown", "return expired && id.unix_time() <= *expired;", "return false;")
start("gap-skips-the-oldest", "return {{view_.tail(), 0}, true, Gap{", "return {{view_.tail() + 1, 0}, true, Gap{")
start("earliest-replays-the-expired", "Start operator()(const FromEarliest&) const { return at(view_.tail()); }", "Start operator()(const FromEarliest&) const { return at(view_.first_held()); }")
start("latest-repeats-the-head", "return {{view_.head() + 1, 0}, false, {}};", "return {{std::max<wire::Sequence>(view_.head(), 1), 0}, false, {}};")

search = of("log/search.cc")
search("asks-not-about-the-newest", "for (; from <= view.head(); ++from) {", "for (; from < view.head(); ++from) {")
search("forgets-topics", "if (!selector_.wants_topic(event.topic)) return false;", "")
search("forgets-types", "return selector_.wants_type(event.type);", "return true;")

selection = of("log/selection.cc")
selection("plan-outlives-its-place", "planned_from_ <= from &&", "")
selection("names-of-the-last-segment", "    wanted.resolved = 0;\n    wanted.names.clear();", "    wanted.resolved = 0;")
selection("resolved-of-the-last-segment", "    wanted.resolved = 0;\n", "")
selection("chain-skips-one", "    index = segment.next_with_name(index, kind);\n    if (index == 0) return;", "    index = segment.next_with_name(index, kind);\n    if (index != 0 && from == index) index = segment.next_with_name(index, kind);\n    if (index == 0) return;")
selection("chain-loses-its-last", "if (index >= planned_limit_) return;", "if (index + 1 >= planned_limit_) return;")
selection("chains-of-late-names", "if (names.last(name) >= from) push_chain", "if (names.last(name) > from) push_chain")
selection("follows-without-asking", "if (index >= from && wants_event(segment, index)) return {index};", "if (index >= from) return {index};")
selection("scan-skips-one", "while (from < limit && !wants_event(segment, from)) ++from;", "++from;\n  while (from < limit && !wants_event(segment, from)) ++from;")
selection("scan-goes-past-a-match", "return {from, from == limit && limit < planned_limit_};", "return {from + 1, from == limit && limit < planned_limit_};")
selection("exact-names-once", "wanted.resolved = known;\n  }\n  for", "wanted.resolved = known + 1;\n  }\n  for")
selection("ask-each-passes-any-kind", "if (std::all_of(kKinds.begin(), kKinds.end(), is_wanted)) break;", "if (std::any_of(kKinds.begin(), kKinds.end(), is_wanted)) break;")
selection("cut-loses-its-place", "if (place.is_cut) return cut(from);", "if (place.is_cut) return cut(from + 1);")

names = of("log/names.cc")
names("hash-is-a-name", "records_[name].hash == hash && text(name) == key.text", "records_[name].hash == hash",
      "no two of the model's names have one hash")
names("chain-has-no-last", "record.last.store(entry, std::memory_order_relaxed);", "")
names("count-is-one", "record.count.fetch_add(1, std::memory_order_relaxed);", "",
      "a count decides only how a search goes, not what it finds")

segment = of("log/segment.cc")
segment("topics-are-not-chained", "if (topic.previous) link(*topic.previous, index, Kind::kTopic);", "")
segment("types-are-not-chained", "if (type.previous) link(*type.previous, index, Kind::kType);", "")
segment("id-of-the-next", "return wire::EventId::make(time_of(index), epoch_, first_ + index);", "return wire::EventId::make(time_of(index), epoch_, first_ + index + 1);")
segment("time-of-the-segment", "return time_ + std::chrono::milliseconds(entries_[index].time);", "return time_;")
segment("age-of-the-segment", "return boot_ + std::chrono::milliseconds(entries_[index].age);", "return boot_;")

name_set = of("log/name_set.cc")
name_set("first-name-twice", "if (contains(name)) return;\n", "",
         "a name is inserted once for each segment: the guard is for exact names that are given twice")

sequencer = of("log/sequencer.cc")
sequencer("ids-follow-the-clock-back", "const auto time = std::max(unix_time, head_.unix_time());", "const auto time = unix_time;")

encoder = of("wire/encoder.cc")
encoder("topic-is-always-written", "event.topic_on_wire && !event.topic.empty();", "!event.topic.empty();")
encoder("crlf-is-two-ends", "data.compare(end, 2, \"\\r\\n\") == 0 ? 2 : 1", "1")
encoder("message-is-written", "!event.type.empty() && event.type != kDefaultType;", "!event.type.empty();",
        "the model never publishes the type message by its name")

topic_pattern = of("wire/topic_pattern.cc")
topic_pattern("rest-is-not-none", "    if (is_rest(want)) return true;\n    if (levels.are_done()) return false;", "    if (levels.are_done()) return false;\n    if (is_rest(want)) return true;")
topic_pattern("longer-topics-fit", "  return levels.are_done();\n}\n\nbool is_exact_topic", "  return true;\n}\n\nbool is_exact_topic")

pieces = of("log/event_pieces.cc")
pieces("rest-counts-from-its-start", "sequence == cursor_.next ? cursor_.sent : 0;", "0;")
pieces("rest-counts-twice", "sequence == cursor_.next ? cursor_.sent : 0;", "cursor_.sent;",
       "a write that does not begin with the cursor's event begins at a boundary, where nothing was sent")
pieces("cursor-skips", "    cursor_ = {sequence + 1, 0};\n", "    cursor_ = {sequence + 2, 0};\n")
pieces("id-is-not-noted", "    announced_ = sequence;\n", "")
pieces("search-is-not-noted", "  cursor_.next = std::max(cursor_.next, write.searched_to);\n", "")
pieces("short-write-is-whole", "if (bytes < size) {", "if (bytes == 0) {")

conflation = of("log/conflation.cc")
conflation("asks-nothing", "if (search->wants(view, from, budget)) return newest;", "return newest;")
conflation("skips-after-asking", "      ++asked;\n      ++from;", "      ++asked;\n      from += 2;")
conflation("never-ends", "return {end < last ? State::kCut : State::kNothing, next};", "return {State::kNothing, next};")
conflation("jumps-past-the-newest", "    from = wanted.sequence;\n", "    from = wanted.sequence + 1;\n")
conflation("ends-one-early", "for (int asked = 0; from <= last;) {", "for (int asked = 0; from < last;) {")

retained_pairs = of("log/retained_pairs.cc")
retained_pairs("older-stays-newest", "its.set_newest(static_cast<std::size_t>(before - its.first()), false);", "its.set_newest(static_cast<std::size_t>(before - its.first()), true);")
retained_pairs("pair-of-one-name", "return std::all_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {", "return std::any_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {",
               "it is asked of pairs with one hash, and no two of the model's have one")
retained_pairs("wrong-event-is-older", "its.set_newest(static_cast<std::size_t>(before - its.first()), false);", "its.set_newest(static_cast<std::size_t>(before - its.first()), before % 3 == 0);")

segment("newest-of-the-word", "newest_[index / kWordBits].load(std::memory_order_relaxed) >> (index % kWordBits);\n    if (left != 0)", "newest_[index / kWordBits].load(std::memory_order_relaxed);\n    if (left != 0)")
segment("next-word-begins-late", "index += kWordBits - index % kWordBits;", "index += kWordBits - index % kWordBits + 1;")

pair_table = of("log/pair_table.cc")
pair_table("hash-is-a-pair", "} else if (slot.hash == hash && is_of_pair(newest)) {", "} else if (slot.hash == hash) {",
           "no two of the model's pairs have one hash")
pair_table("forgets-when-it-grows", "    slots[at] = slot;\n", "")

# What a stream is sent.

opening = of("hub/stream_opening.cc")
opening("each-without-an-end", "announced, log_head.sequence()));", "announced));")
opening("no-id-without-a-replay", "if (!has_replay() && ids == Ids::kAll) text +=", "if (has_replay() && ids == Ids::kAll) text +=")
opening("ids-for-events-only", "return has_replay() && ids == Ids::kAll ?", "return has_replay() ?")

pacer = of("hub/pacer.cc")
pacer("slot-after-next", "now - now.time_since_epoch() % interval + interval;", "now - now.time_since_epoch() % interval + 3 * interval;",
      "the model does not say how late a round may be, only that it comes")
pacer("no-slot", "now - now.time_since_epoch() % interval + interval;", "now + 0 * interval;")
pacer("not-held-again", "if (group.filter() == nullptr) want_every_.insert(&group);\n  group.release", "group.release")
pacer("unfiltered-forever", "  want_every_.erase(&group);\n  if (first", "  if (first")
pacer("skips-what-was-released", "if (stream.cursor().next > released.after) stream.skip_to(released.first);", "stream.skip_to(released.first);")
pacer("end-is-held-back", "if (filter.ends(event.type)) hurry(group);", "",
      "an end that waits for its slot comes all the same")
pacer("blocked-loses-its-round", "if (stream->state() == Schedule::State::kResting) schedule_.mark_due(*stream);", "if (marked % 2 == 0) schedule_.mark_due(*stream);".replace("marked % 2 == 0", "stream->index_in_group == 0"))
pacer("fin-waits", "return is_ending ? view.head_id() : stream.group->released().end;", "return is_ending ? stream.group->released().end : stream.group->released().end;")
pacer("timer-is-forgotten", "    timer_.reset();\n    loop_.request_turn();", "    timer_.reset();")
pacer("filters-are-one", "  if (const auto order = a.filter->topics() <=> b.filter->topics(); order != 0) return order < 0;\n", "")
pacer("ends-are-one", "return std::ranges::lexicographical_compare(a.filter->last_types(), b.filter->last_types());", "return false;")
pacer("left-behind-is-not-held", "for (auto& [key, group] : groups_) hold(group, next);", "")

group = of("hub/paced_group.cc")

round_ = of("hub/shared_round.cc")
round_("one-for-all-places", "range_.from == range.from && ", "")
round_("one-for-all-ends", " &&\n                       range_.from == range.from && range_.end == range.end;", " &&\n                       range_.from == range.from;",
       "a stream is then sent the older round and, at once, the one behind it")
round_("older-ones-too", "if (fits && is_newest) fits = add", "if (fits) fits = add")
round_("without-its-last", "found.is_found() && found.sequence <= range_.end.sequence();", "found.is_found() && found.sequence < range_.end.sequence();")
round_("without-an-id", "if (!pieces_.empty()) text_ += wire::encode_id_only(range.end);", "")
round_("id-without-events", "if (!pieces_.empty()) text_ +=", "text_ +=",
       "a paced stream that has no share in the round of others is told such ends, too")
round_("stops-at-the-wrong-event", "stop.cursor = {open->sequence, static_cast<std::uint32_t>(bytes - begin)};", "stop.cursor = {open->sequence, 0};")

paced = of("hub/paced_subscriber.cc")
paced("rest-is-dropped", "if (const auto rest = round.text().substr(bytes); !rest.empty()) queue(rest);", "")
paced("round-is-not-noted", "  reader().skip_to(stop.cursor.next);\n", "")
paced("rest-has-no-end", "    begin_round(round.end());\n", "")

subscriber = of("hub/subscriber.cc")
subscriber("text-is-repeated", "  ahead_->sent += taken;\n", "")
subscriber("text-is-cut-short", "if (ahead_->sent < ahead_->text.size()) return taken;", "if (ahead_->sent + 1 < ahead_->text.size()) return taken;")
subscriber("replay-ends-early", "cursor().next <= replay_end()->sequence()) return;", "cursor().next < replay_end()->sequence()) return;")
subscriber("end-is-told-again", "  reader_.announce(end.sequence());\n", "")
subscriber("heartbeat-says-the-head", "if (is_news && passed == view.head()) {", "if (is_news) {")
subscriber("heartbeat-says-the-next", "const wire::Sequence passed = cursor().next - 1;", "const wire::Sequence passed = cursor().next;")
subscriber("heartbeat-repeats-an-id", "reader_.announced() < passed;", "reader_.announced() <= passed;")
subscriber("heartbeat-forgets-its-id", "  reader_.announce(passed);\n", "")
subscriber("ids-for-events-only", "const bool is_news = ids_ == Ids::kAll && ", "const bool is_news = ")
subscriber("goodbye-inside-an-event", "if (!cursor().at_boundary()) return false;", "")
subscriber("goodbye-inside-a-chunk", "last.size() < promised", "false")
subscriber("goodbye-drops-what-is-pending", "std::string last(has_text() ? text_left() : std::string_view());", "std::string last;")
subscriber("goodbye-without-an-end", "  socket_->shutdown_write();\n", "")
subscriber("fin-is-a-reset", "input = Input::kEnded;", "input = Input::kBroken;")
subscriber("fin-is-nothing", "input = Input::kEnded;", "input = Input::kNothing;")
subscriber("blocked-run-is-caught-up", "shared.found, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;", "shared.found, result.bytes);\n    if (blocked_) return FeedResult::kCaughtUp;")
subscriber("blocked-pieces-are-caught-up", "consume(view, next, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;", "consume(view, next, result.bytes);\n    if (blocked_) return FeedResult::kCaughtUp;")
subscriber("end-is-not-told", "if (completed > 0 && has_ended()) tell_end(view);", "if (completed > 1 && has_ended()) tell_end(view);")
subscriber("share-of-runs-is-for-ever", "shared.found, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;\n    if (result.bytes >= share) return FeedResult::kMore;", "shared.found, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;\n    if (result.bytes >= share) return FeedResult::kCaughtUp;")
subscriber("share-of-pieces-is-for-ever", "consume(view, next, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;\n    if (result.bytes >= share) return FeedResult::kMore;", "consume(view, next, result.bytes);\n    if (blocked_) return FeedResult::kBlocked;\n    if (result.bytes >= share) return FeedResult::kCaughtUp;")

fan_out = of("hub/fan_out_loop.cc")
fan_out("room-is-not-heard", "  } else if (readiness.writable) {\n    mark_due(subscriber);\n", "  } else if (readiness.writable) {\n")
fan_out("collects-one-too-few", "const auto event = view.names(progress_.collected + 1);", "const auto event = view.names(std::max(progress_.collected, view.first_held()));")
fan_out("left-behind-without-a-mark", "    mark_all_concerned();\n    progress_.collected = progress_.pass_end;\n", "    progress_.collected = progress_.pass_end;\n")
fan_out("wildcards-once", "!std::exchange(progress_.has_marked_every, true)) {", "std::exchange(progress_.has_marked_every, true)) {")
fan_out("no-walk", "schedule_.begin_pass(Schedule::Walk::kAll);", "schedule_.begin_pass(Schedule::Walk::kNone);")
fan_out("more-is-forgotten", "return schedule_.mark_behind(subscriber);", "return;")
fan_out("blocked-is-forgotten", "return schedule_.mark_blocked(subscriber);", "return;")
fan_out("half-closed-stays", "if (!drain_.is_on && subscriber.input != Subscriber::Input::kEnded) return;", "if (!drain_.is_on) return;")
fan_out("drain-closes-none", "return closer_.close(subscriber, CloseReason::kShutdown);", "return;")
fan_out("cursor-stays-behind", "  subscriber.skip_to(wanted_from(subscriber));\n", "")
fan_out("cursor-skips-one", "subscriber.skip_to(wanted_from(subscriber));", "subscriber.skip_to(wanted_from(subscriber) + 1);")
fan_out("turn-ends-too-soon", "progress_.collected < log_.head());", "false);",
        "a publisher wakes the loop for each event, so the next turn comes anyway")

fan_out_requests = of("hub/fan_out_loop_requests.cc")
fan_out_requests("evicted-as-slow", "closer_.close_soon(static_cast<Subscriber&>(*entry), CloseReason::kEvicted);", "closer_.close_soon(static_cast<Subscriber&>(*entry), CloseReason::kSlow);")
fan_out_requests("evicted-stays", "closer_.close_soon(static_cast<Subscriber&>(*entry), CloseReason::kEvicted);", "")
fan_out_requests("drain-forgets-filtered", "    mark_all_concerned();\n    loop_.run_after", "    loop_.run_after")
fan_out_requests("drain-forgets-whole", "schedule_.begin_walk();  // visits", "// streams")

fan_out_upkeep = of("hub/fan_out_loop_upkeep.cc")
fan_out_upkeep("heartbeat-is-not-sent", "      mark_concerned(subscriber);\n      subscriber.queue_heartbeat(view);", "      subscriber.queue_heartbeat(view);")
fan_out_upkeep("heartbeat-to-one-that-lacks", ": sent.next > progress_.collected || is_paced;", ": true;",
               "a heartbeat before the events that a walk has not come to is on time, and between events, too")
fan_out_upkeep("nothing-is-lost", "facts.events_lost = view.first_readable() - std::min(sent.next, view.first_readable());", "facts.events_lost = 0;")
fan_out_upkeep("parked-is-silent", "      if (subscriber.state() == Schedule::State::kParked &&\n", "      if (false &&\n")

archived = of("hub/fan_out_loop_archive.cc")
archived("text-waits-for-the-disk", "const FeedResult sent = send_text(subscriber, view, budget);", "const FeedResult sent = FeedResult::kMore;")
archived("time-is-not-looked-for", "  subscriber.begin_in(part);\n", "")
archived("superseded-are-passed-by-all", "  subscriber.skip_superseded(view);\n", "  subscriber.skip_to(view.next_archived_newest(subscriber.cursor().next));\n")
archived("drain-waits", "  if (drain_.is_on) {", "  if (false) {")

disk_waits = of("hub/disk_waits.cc")
disk_waits("never-comes-back", "  schedule_.end_wait(wait->second);\n", "")
disk_waits("one-wait-for-all", "const wire::Sequence part = view.part_of(next).first;", "const wire::Sequence part = 0 * view.part_of(next).first;", "others are only woken early")

archived("archive-left-behind", "  if (!is_archived()) return FeedResult::kMore;\n", "  if (!is_archived()) return FeedResult::kCaughtUp;\n")
archived("text-inside-an-event", "  if (!subscriber.cursor().at_boundary()) return FeedResult::kMore;\n", "")
archived("old-rounds-have-no-begin", "pacer_.begin_old_round(paced(subscriber), view);", "{}")

subscriber("superseded-past-the-replay", "  if (const auto* end = replay_end()) last = std::min(last, end->sequence());\n  if (cursor().next > last) return;\n  reader_.skip_to(std::min(view.next_archived_newest", "  if (cursor().next > last) return;\n  reader_.skip_to(std::min(view.next_archived_newest")
subscriber("superseded-inside-an-event", "  if (!cursor().at_boundary()) return;\n  wire::Sequence last", "  wire::Sequence last")
subscriber("part-is-all", "      if (view.is_part()) return end_part();\n", "")

view("archived-oldest-is-the-head", "return is_archived(tail_) ? *history_->oldest", "return is_archived(tail_) ? head_id()")
view("part-goes-on-in-memory", "part.head_ = std::min(last, first_held() - 1);", "part.head_ = last;")
view("part-is-newest", "if (is_part_) return history_->pairs->next(from, last);", "if (is_part_) return from;")
view("archived-newest-in-memory", "return history_->pairs->next(from, first_held() - 1);", "return history_->pairs->next(from, first_held());")
view("archived-time-of-the-next", "later == 0 ? tail_ : std::max(tail_, parts[later - 1].sequence())", "later == 0 ? tail_ : std::max(tail_, parts[std::min(later, parts.size() - 1)].sequence())")
view("archived-ids-of-any-time", "return id.unix_time() >= before.unix_time() && id.unix_time() <= after.unix_time();", "return true;")
view("archived-ids-of-their-part", "if (next != history_->parts->end() && next->sequence() < held) after = *next;", "after = before;")

retained("oldest-is-not-told", "if (history_ != nullptr) change_history().oldest = told_->oldest;", "")
retained("gone-is-not-told", "if (told_->gone) expired_time_ = told_->gone;", "")
retained("told-when-held", "return told_ ? std::max(tail_, std::min(told_->oldest.sequence(), head_ + 1)) : tail_;", "return tail_;")
retained("bytes-move-the-tail", "history_ != nullptr ? std::min(history_->first(), held) : held;", "held;")
retained_pairs("archived-older-stays", "if (before < held) return history_->pairs->remove(before);", "if (before < held) return;")
retained_pairs("archived-are-not-newest", "  history_->pairs->add(newest);\n}", "}")
retained_pairs("archived-begin-with-the-segment", "  const wire::Sequence kept = std::clamp(tail_, first, end);", "  const wire::Sequence kept = std::clamp(tail_ + 1, first, end);")

pairs = of("log/archived_pairs.cc")
pairs("drops-its-run", ": std::lower_bound(offsets.begin(), offsets.end(), offset_in_run(first));", ": offsets.end();")
pairs("next-of-its-run", "      if (++run == runs_.end()) return last + 1;\n", "      if (++run != runs_.end()) return last + 1;\n")
pairs("next-is-behind", "offset_in_run(from));\n    if (place == run->second.end()) {", "offset_in_run(from));\n    if (place != run->second.end()) ++place;\n    if (place == run->second.end()) {")
pairs("removes-the-next", "  offsets.erase(place);\n  if (offsets.empty())", "  offsets.erase(std::next(place) == offsets.end() ? place : std::next(place));\n  if (offsets.empty())")

cache = of("log/part_cache.cc")
cache("short-part-will-do", "copy.segments->slots.front().first > first || copy.last < last", "copy.segments->slots.front().first > first")
cache("late-part-will-do", "copy.segments->slots.front().first > first || copy.last < last", "copy.last < last",
      "no loop of the model has an older view than the one that a part was read for; part_cache_test.cc finds it")

loads = of("log/part_loads.cc")
loads("one-is-told", "  for (const Done& done : told) done();\n", "  if (!told.empty()) told.front()();\n")
loads("range-of-the-first", "wanted.range = {range.first, std::max(wanted.range.last, range.last)};", "if (is_new) wanted.range = {range.first, std::max(wanted.range.last, range.last)};",
      "what was read too short is not found, and is read once more")

part_copy = of("log/part_copy.cc")
part_copy("segments-of-one-offset", "    offset_ += segment_->end_of(segment_->size() - 1);\n", "",
          "how far behind a stream is is asked of the log, never of a part")
part_copy("part-has-no-last", "if (entry.id.sequence() < next_ || next_ > last_) continue;", "if (entry.id.sequence() < next_) continue;",
          "a view of the part ends at its last event, whatever the copy holds behind it")

schedule = of("hub/schedule.cc")
schedule("parked-wakes-one", "    mark_behind(hook);\n  }\n}\n\nvoid Schedule::end_all_waits", "    mark_behind(hook);\n    break;\n  }\n}\n\nvoid Schedule::end_all_waits")
schedule("parked-stays-parked", "    hook.state_ = State::kResting;\n    mark_behind(hook);", "    mark_behind(hook);")
schedule("parked-is-not-taken-out", "  if (hook.state_ == State::kParked) parked_.erase({hook.slot_, &hook});\n", "")
schedule("removed-from-a-walk", "if (&list == &whole_ && hook.index_ < walked_) swap_places(list, hook.index_, --walked_);", "")
schedule("pass-counts-the-gone", "if (is_in_pass(hook)) --pass_left_;", "")
schedule("blocked-stays-blocked", "if (hook.state_ != State::kResting && hook.state_ != State::kBlocked) return;", "if (hook.state_ != State::kResting) return;")
schedule("behind-is-not-queued", "enter(hook, State::kBehind);", "hook.state_ = State::kBehind;")
schedule("ending-is-not-queued", "enter(hook, State::kEnding);", "hook.state_ = State::kEnding;")
schedule("dead-is-not-queued", "    case State::kDead:\n      return &dead_;", "    case State::kDead:\n      return nullptr;")

interest = of("hub/interest.cc")
interest("topics-only", "look_up(by_topic_, topic, visit) + look_up(by_type_, type, visit);", "look_up(by_topic_, topic, visit);")
interest("prefixes-of-one", "size <= std::min(kMostPrefix, type.size()); ++size) {", "size < std::min(kMostPrefix, type.size()); ++size) {")
interest("rest-not-here", "  if (node.rest) work += visit_all(*node.rest, visit);\n", "  if (node.rest && !topic.are_done()) work += visit_all(*node.rest, visit);\n")
interest("one-level-is-none", "if (node.any) work += walk(*node.any, topic, visit);", "")
interest("prefix-goes-with-the-first", "keys = change == Change::kAdd ? keys + 1 : keys - 1;", "keys = change == Change::kAdd ? 1 : 0;")
interest("nothing-is-asked", "      change_set(change, member, by_nothing_);\n", "")

closer = of("hub/closer.cc")
closer("stays-in-the-registry", "  registry_.remove(subscriber);\n", "")
closer("stays-in-the-interest", "    interest_.remove(subscriber, *subscriber.filter());\n", "")
closer("half-closed-is-cut", "  subscriber.say_goodbye({}, loop_.now().boot);\n", "")
closer("half-closed-is-told", "  subscriber.say_goodbye({}, loop_.now().boot);\n", "  subscriber.say_goodbye(closing_block(CloseReason::kShutdown, retry_times_.after(CloseReason::kShutdown)), loop_.now().boot);\n")
closer("reason-is-lost", "subscriber.leaving_for = reason;", "subscriber.leaving_for = CloseReason::kReset;")

registry = of("hub/stream_registry.cc")
registry("one-too-many", "if (count() < max_streams_) return std::nullopt;", "if (count() <= max_streams_) return std::nullopt;")
registry("rejects-late", "if (taken >= max_streams_) return Refusal::kFull;", "if (taken > max_streams_) return Refusal::kFull;")
registry("victims-are-forgotten", "  evicted_[entry.loop_index].push_back(&entry);\n", "")
registry("wrong-loop-is-asked", "return entry.loop_index;", "return entry.loop_index == 0 ? 0U : entry.loop_index - 1U;")

quota = of("hub/peer_quota.cc")
quota("newest-goes", "return *fullest->oldest;", "return *fullest->oldest->older_of_peer;")
quota("one-more-for-a-peer", "found->second.count + found->second.places < most_;", "found->second.count + found->second.places <= most_;")
quota("oldest-is-forgotten", "if (group.oldest == &stream) group.oldest = stream.newer_of_peer;\n  if", "if")

fullest = of("log/fullest_first.cc")

upkeep = of("hub/upkeep.cc")
upkeep("heartbeat-at-half", ">= heartbeat_ - early;", ">= heartbeat_ / 2 - early;")
upkeep("heartbeat-twice-as-late", ">= heartbeat_ - early;", ">= 3 * heartbeat_ - early;")
upkeep("slow-at-once", "const nanoseconds blocked = now_ - std::max(facts.unchanged_since, awake_since_);", "const nanoseconds blocked = lag_policy_.slow_after;")
upkeep("never-slow", "      return is_slow(facts) ? Need::kSlow : Need::kNothing;", "      return Need::kNothing;")
upkeep("resting-is-slow", "return is_heartbeat_due(facts) ? Need::kHeartbeat : Need::kNothing;", "return is_heartbeat_due(facts) ? Need::kSlow : Need::kNothing;")

control_text = of("hub/control_text.cc")
control_text("filler-breaks-a-line", "comment.front() = ':';", "")
control_text("gap-forgets-its-count", "(gap.missed ? std::to_string(*gap.missed) : \"null\")", "std::string(\"null\")")
control_text("two-times-to-retry", "return wire::encode_retry(reconnection_time) + wire::encode_control(\"sse.closing\", text);", "return wire::encode_retry(2 * reconnection_time) + wire::encode_control(\"sse.closing\", text);")

retry_times = of("hub/retry_times.cc")
retry_times("evicted-comes-back-at-once", "if (reason == CloseReason::kEvicted) return spread(kEvicted, kEvicted);", "")
retry_times("spread-is-doubled", "random_.below(static_cast<std::uint64_t>(width.count()) + 1);", "2 * static_cast<std::uint64_t>(width.count());")

# Framing.

stream_socket = of("http/stream_socket.cc")
stream_socket("chunk-without-its-end", "out.append(header.last(header.size)).append(chunk).append(kCrlf);", "out.append(header.last(header.size)).append(chunk);")
stream_socket("last-chunk-inside-a-chunk", "if (form_ == StreamForm::kChunked && chunk_left_ == 0) last += kLastChunk;", "if (form_ == StreamForm::kChunked) last += kLastChunk;",
              "a goodbye fills its chunk first (Socket::promised()); stream_socket_test.cc finds it")
stream_socket("no-last-chunk", "if (form_ == StreamForm::kChunked && chunk_left_ == 0) last += kLastChunk;", "")
stream_socket("header-twice", "take(header_left_);\n    taken +=", "taken +=")
stream_socket("tail-counts-as-payload", "take(tail_left_);\n  std::size_t taken = 0;", "std::size_t taken = 0;")
stream_socket("tail-is-forgotten", "    tail_left_ = kCrlf.size();\n    take(tail_left_);\n", "")
stream_socket("shared-counts-framing", "const std::size_t taken = note_moved(result.bytes, given);", "const std::size_t taken = std::min(result.bytes, given);")
stream_socket("head-is-repeated", "head_->erase(0, take(left));", "take(left);")

# Polls.

poll_answer = of("api/poll_answer.cc")
poll_answer("limit-is-forgotten", "  --left_;\n", "")
poll_answer("same-event-again", "  ++next_;\n  --left_;", "  --left_;\n  if (left_ % 2 == 0) ++next_;")
poll_answer("cursor-is-the-head", "(saw_all ? head_ : *last_)", "head_")
poll_answer("cursor-is-the-last", "(next_ > head_.sequence() || !last_) && !is_done_;", "!last_ && !is_done_;",
            "a cursor at the last event only makes the next poll look at more")
poll_answer("expired-are-given", "while (!is_over() && next_ >= view.tail()) {", "while (!is_over()) {")
poll_answer("gap-between-pieces", "if (next_ < view.tail() && !last_) go_on_at_tail(view);", "if (next_ < view.tail() && !last_) next_ = view.tail();")
poll_answer("gap-counts-the-seen", "if (gap_->missed) *gap_->missed += next_ - before;", "if (gap_->missed) *gap_->missed += next_;")
poll_answer("beyond-its-head", "if (next_ > head_.sequence()) found.state = State::kNothing;", "")
poll_answer("data-of-the-block", "json::append_string(out, DataOf(event.block).text());", "json::append_string(out, event.block);")

poll_answer("part-is-all", "    if (!part) break;\n", "    break;\n")
poll_answer("time-in-a-part", "      begin_in(*part);\n", "")
poll_answer("superseded-past-the-head", "next_ = std::min(view.next_archived_newest(next_), head_.sequence() + 1);", "next_ = view.next_archived_newest(next_) + 1;")
poll_answer("progress-in-a-part-is-lost", "    note_progress(*part);\n", "",
            "the gap counts from the start of the poll then, which is right, too")

poll_route = of("api/poll_route.cc")
poll_route("gap-of-a-wait", "} else if (next < view.tail()) {", "} else if (false) {",
           "the answer goes on at the tail, too, and tells the gap from where the wait began")
poll_route("gap-of-a-wait-counts-one-more", "view.tail() - next, log::GapReason", "view.tail() - next + 1, log::GapReason")
poll_route("wait-begins-one-later", "poll.next = first.sequence;", "poll.next = first.sequence + 1;")
poll_route("never-waits", "const bool may_wait = longest->count() > 0 && request.method != \"HEAD\";", "const bool may_wait = false;")

waiters = of("hub/waiters.cc")
waiters("newest-is-not-seen", "!resting_.empty() && resting_.front().wait.next <= view.head();\n  return is_due", "!resting_.empty() && resting_.front().wait.next < view.head();\n  return is_due")
waiters("never-past-its-place", "  wait.next = found.sequence;\n", "")
waiters("searching-rest", "move(first, found.is_cut());", "move(first, false);")
waiters("expired-is-not-told", "if (waiter.wait.filter == nullptr || next < oldest) {", "if (waiter.wait.filter == nullptr) {")
waiters("waits-for-the-disk", "const wire::Sequence oldest = std::max(view.tail(), view.first_held());", "const wire::Sequence oldest = view.tail();")
waiters("any-event-will-do", "if (found.is_found() || is_past) {", "if (found.sequence > 0) {")
waiters("time-does-not-end-it", "added->timer = loop_.run_after(added->wait.longest, [this, ticket] { end(ticket); });", "added->timer = loop_.run_after(added->wait.longest, [] {});")

# The request.

control_text("end-of-the-wrong-event", "wire::done_id(wire::to_string(last))", "wire::to_string(last)")

watch_request = of("api/watch_request.cc")
watch_request("header-is-not-read", "if (const auto id = request.fields.get(\"Last-Event-ID\"); !id.empty())", "if (const auto id = request.fields.get(\"Last-Event-Id-X\"); !id.empty())")

watch_route = of("api/watch_route.cc")
watch_route("head-is-the-oldest", "response.fields.set(\"SSE-Head\", to_string(view.head_id()));", "response.fields.set(\"SSE-Head\", to_string(view.oldest_id()));")
watch_route("gap-is-exact", "if (!start.gap) return \"exact\";", "return \"exact\";")
watch_route("replay-ends-at-the-oldest", "opening.log_head = view.head_id();", "opening.log_head = view.oldest_id();")

filter = of("hub/filter.cc")
filter("every-topic", "if (every_topic_) return true;", "if (!topics_.empty()) return true;")

FAULTS.sort(key=lambda fault: fault.name)
