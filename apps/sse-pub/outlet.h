#pragma once

/// \file
/// Where batches go.

#include <optional>
#include <string>
#include <vector>

#include "sse/client/publishing_client.h"

#include "format.h"
#include "shell_script.h"

namespace sse::pub {

/// What became of a batch: a result for each item, in order; with a failure only for the first
/// ones, and of the others the failure is all that is known.
struct Outcome {
  std::vector<client::ItemResult> results;
  std::optional<client::PublishError> failure;
};

/// Names a batch, so that sending it again publishes nothing twice.
struct BatchKey {
  std::string text;  ///< empty: the client makes one up for each request
  std::optional<BootTime> sent_since = std::nullopt;  ///< by an earlier run: it may be published
};

/// Sends lines of NDJSON that are all readings, or all events. One at a time.
class Outlet {
 public:
  virtual ~Outlet() = default;

  virtual Outcome send(Item::Kind kind, std::string_view body, std::size_t items,
                       const BatchKey& key) = 0;
};

/// The hub. What it finds too large is sent in halves, down to single items.
class HubOutlet final : public Outlet {
 public:
  explicit HubOutlet(client::PublishingClient& client) : client_(client) {}

  Outcome send(Item::Kind kind, std::string_view body, std::size_t items,
               const BatchKey& key) override;

 private:
  Outcome send_halves(Item::Kind kind, std::string_view body, std::size_t items,
                      const BatchKey& key);

  client::PublishingClient& client_;
};

/// stdout, as a script that would send it.
class ScriptOutlet final : public Outlet {
 public:
  explicit ScriptOutlet(const ShellScript& script) : script_(script) {}

  Outcome send(Item::Kind kind, std::string_view body, std::size_t items,
               const BatchKey& key) override;

 private:
  const ShellScript& script_;
};

}  // namespace sse::pub
