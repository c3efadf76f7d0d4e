#include "sse/journal/redis_tickets.h"

#include <algorithm>
#include <utility>

#include "sse/base/quantities.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using Script = RedisAsides::Script;

std::string text_of(milliseconds time) {
  return std::to_string(std::max<milliseconds::rep>(time.count(), 1));
}

/// An engine that refuses is as good as none to a page that asks.
Error error_for_page(const Error& error) {
  return error.code == ErrorCode::kFull ? error : Error{ErrorCode::kUnavailable, error.text};
}

/// `read` makes the outcome of a reply.
template <typename T, typename Read>
RedisAsides::Done reading(Done<T> done, Read read) {
  return [done = std::move(done), read](const Result<RedisReply>& reply) {
    if (!reply) return done(error_for_page(reply.error()));
    done(read(*reply));
  };
}

std::size_t count_of(const RedisReply& reply) {
  return static_cast<std::size_t>(std::max<std::int64_t>(reply.integer, 0));
}

/// A number of a sorted set.
std::uint64_t number_of(const RedisReply& reply) {
  return parse_digits(reply.text).value_or(0);
}

}  // namespace

void RedisTickets::add(SharedTicket ticket, SharedTicketLimits limits, Done<std::size_t> done) {
  asides_.ask(
      Script::kTickets,
      {"add", ticket.is_session ? "session" : "ticket", std::move(ticket.hash),
       std::move(ticket.principal), std::move(ticket.text), text_of(ticket.life),
       text_of(ticket.first_use), std::to_string(limits.most), std::to_string(limits.most_own)},
      reading<std::size_t>(std::move(done), count_of));
}

void RedisTickets::find(std::string hash, Done<MayBeTicket> done) {
  const auto read = [hash](const RedisReply& reply) -> MayBeTicket {
    if (reply.items.size() < 5) return std::nullopt;
    SharedTicket ticket;
    ticket.hash = hash;
    ticket.is_session = reply.at(0).text == "session";
    ticket.text = reply.at(1).text;
    ticket.cookie = reply.at(2).text;
    ticket.renewals = reply.at(3).number();
    ticket.life = milliseconds(static_cast<std::int64_t>(reply.at(4).number()));
    return ticket;
  };
  asides_.ask(Script::kTickets, {"find", hash}, reading<MayBeTicket>(std::move(done), read));
}

void RedisTickets::take(std::string hash, std::string cookie, std::vector<Cookie> others,
                        Done<MayBeNumbers> done) {
  std::vector<std::string> words{"take", std::move(hash), std::move(cookie)};
  for (Cookie& other : others) {
    words.push_back(std::move(other.digits));
    words.push_back(std::move(other.hash));
  }
  const auto read = [](const RedisReply& reply) -> MayBeNumbers {
    if (reply.kind != RedisReply::Kind::kArray) return std::nullopt;
    std::vector<std::optional<std::uint64_t>> numbers;
    for (const RedisReply& item : reply.items) numbers.push_back(parse_digits(item.text));
    return numbers;
  };
  asides_.ask(Script::kTickets, std::move(words), reading<MayBeNumbers>(std::move(done), read));
}

void RedisTickets::sign_in(std::string before, SharedTicket session, SharedTicketLimits limits,
                           Done<SignInDone> done) {
  const auto read = [](const RedisReply& reply) {
    const std::string& how = reply.at(0).text;
    return SignInDone{how == "renewed" ? SignedIn::kRenewed
                      : how == "other" ? SignedIn::kOther
                                       : SignedIn::kNew,
                      count_of(reply.at(1))};
  };
  asides_.ask(Script::kTickets,
              {"sign-in", std::move(before), std::move(session.hash), std::move(session.principal),
               std::move(session.text), text_of(session.life), std::to_string(limits.most),
               std::to_string(limits.most_own)},
              reading<SignInDone>(std::move(done), read));
}

void RedisTickets::end(std::string hash, Done<void> done) {
  asides_.ask(Script::kTickets, {"end", std::move(hash)},
              reading<void>(std::move(done), [](const RedisReply&) { return Status(); }));
}

void RedisTickets::look(std::uint64_t epoch) {
  if (!told_) return;
  asides_.ask(Script::kTickets, {"changes", std::to_string(newest_)},
              [this, epoch, asked = clock_.boot()](const Result<RedisReply>& reply) {
                if (reply) take_changes(epoch, asked, *reply);
              });
}

void RedisTickets::take_changes(std::uint64_t epoch, BootTime asked, const RedisReply& reply) {
  SharedTicketChanges changes;
  changes.asked = asked;
  changes.tickets = count_of(reply.at(0));
  changes.sessions = count_of(reply.at(1));
  const std::uint64_t newest = number_of(reply.at(2));
  const std::uint64_t oldest = number_of(reply.at(3));
  // Another engine may have lost changes, and numbers others alike.
  const bool is_other = epoch_ != epoch || newest < newest_;
  changes.may_be_more = is_other || newest == 0 || oldest > newest_ + 1;
  std::uint64_t known = changes.may_be_more ? newest : newest_;
  const auto& list = reply.at(4).items;
  for (std::size_t i = 0; !changes.may_be_more && i + 1 < list.size(); i += 2) {
    changes.sessions_changed.push_back(list[i].text);
    known = number_of(list[i + 1]);
  }
  newest_ = known;
  epoch_ = epoch;
  told_(changes);
  if (known < newest) look(epoch);
}

}  // namespace sse::journal
