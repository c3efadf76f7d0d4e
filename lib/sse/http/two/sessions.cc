#include "sse/http/two/sessions.h"

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

// Those that have no budget left do no more than write, and come again.
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
  for (const auto& session : std::exchange(due_, {})) session->run();
  return !orphans_.empty() || !due_.empty();
}

}  // namespace sse::http
