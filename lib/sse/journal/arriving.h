#pragma once

/// \file
/// How appends get to the thread of a journal: those of a turn together.

#include <memory>
#include <utility>

#include "sse/base/gathering.h"

namespace sse::journal {

/// What the requests of a turn publish: one commit, or one call, then. With the first of them alone
/// it would be under way before the others have come. `Journal` has a `Batch`, and put() takes it;
/// its stop() waits for what arrives.
template <typename Journal>
struct Arriving final : Parcel {
  using Batch = typename Journal::Batch;

  explicit Arriving(Journal& its_journal) : journal(its_journal) {}
  void deliver() override { journal.put(std::move(appends)); }

  /// Where an append of `journal` goes on the calling thread; null where nothing is gathered.
  static Batch* gathered(Journal& journal) {
    Gathering* const gathering = Gathering::current();
    if (gathering == nullptr) return nullptr;
    auto& parcel = gathering->parcel(&journal, [&] { return std::make_unique<Arriving>(journal); });
    return &static_cast<Arriving&>(parcel).appends;
  }

  Journal& journal;
  Batch appends;
};

}  // namespace sse::journal
