#include "sse/http/two/sessions.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sse/http/two/session.h"

namespace sse::http {

Sessions::Sessions(net::Loop& loop, SessionCounts& counts) : loop_(loop), counts_(counts) {
  loop_.add_turn_task(*this);
}

Sessions::~Sessions() {
  loop_.remove_turn_task(*this);
  for (RequestStream* stream : orphans_) stream->leave_list();
}

void Sessions::run_later(Session& session) {
  loop_.request_turn();
  if (session.mark_due()) due_.push_back(session.shared_from_this());
}

RequestStream::List& Sessions::orphans() {
  loop_.request_turn();
  return orphans_;
}

void Sessions::lend_buffer(std::string& to) {
  to.swap(spare_);
  to.clear();
}

void Sessions::take_back_buffer(std::string& from) {
  if (from.capacity() > spare_.capacity()) from.swap(spare_);
  std::string().swap(from);
}

// Each has its share of the turn. Those for which nothing is left do no more than write, and are
// the first of the next turn.
bool Sessions::on_turn() {
  constexpr std::uint64_t kStepsPerOrphan = 50;
  Budget& budget = loop_.budget();
  while (!orphans_.empty() && !budget.is_spent()) {
    RequestStream* const stream = orphans_.front();
    orphans_.pop_front();
    stream->leave_list();
    stream->tell();
    budget.spend(kStepsPerOrphan);
  }
  run_due();
  return !orphans_.empty() || !due_.empty();
}

void Sessions::run_due() {
  const Budget& budget = loop_.budget();
  const auto walk = std::exchange(due_, {});
  std::optional<std::size_t> served;  // of due_: those that had their share
  for (const auto& session : walk) {
    if (budget.is_spent() && !served) served = due_.size();
    session->run(walk.size() == 1 ? Session::Company::kNone : Session::Company::kOthers);
  }
  if (!served) return;
  std::rotate(due_.begin(), due_.begin() + static_cast<std::ptrdiff_t>(*served), due_.end());
}

}  // namespace sse::http
