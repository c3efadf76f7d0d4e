#pragma once

/// \file
/// Tickets and sessions as a file has them over a restart.

#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/gate/tickets.h"

namespace sse::gate {

/// A line of JSON with the form, and one for each. Of secrets there are hashes only. Rights are
/// there where no file has them: those of signed tokens.
SSE_EXPORT std::string text_of(const std::vector<Tickets::Kept>& tickets, const Now& now);

/// Without those that are over. Error: kInvalid, with the line; a text is taken whole or not at
/// all.
SSE_EXPORT Result<std::vector<Tickets::Kept>> read_tickets(std::string_view text, const Now& now);

/// What a ticket or session is for, as hubs share it: without its life. No secret, as above.
SSE_EXPORT std::string text_of_wish(const TicketStore::Wish& wish);
/// Error: kInvalid.
SSE_EXPORT Result<TicketStore::Wish> read_wish(std::string_view text);

}  // namespace sse::gate
