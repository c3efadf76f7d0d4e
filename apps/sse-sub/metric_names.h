#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/result.h"
#include "sse/client/endpoint.h"
#include "sse/client/hub_json.h"
#include "sse/hub/filter.h"
#include "sse/wire/event.h"

namespace sse::sub {

/// The metrics that -m names, and what the metrics of events are called. A hub filters by id, and
/// an id goes away with its hub or its metric: then the name is looked up again, and while there is
/// no metric of that name, the stream has the events of all metrics and is filtered here.
/// Thread-compatible.
class MetricNames {
 public:
  /// All metrics of the hub.
  using List = std::function<Result<std::vector<client::KnownMetric>>()>;

  /// What -e, -t, -m and --until-type say. REQUIRES: hub::Filter takes the first two.
  struct Wanted {
    std::vector<std::string> types;
    std::vector<std::string> topics;
    std::vector<std::string> metrics;      ///< names and ids
    std::vector<std::string> until_types;  ///< among the types, if there are any
  };

  /// `list` may be empty: there is no hub to ask.
  MetricNames(const Wanted& wanted, List list, const Clock& clock);

  /// What follows for the connection.
  enum class Change {
    kNone,
    kOtherUrl,   ///< it must be made again, with add_to()
    kAmbiguous,  ///< two metrics have a name: failure() says so
  };

  /// The metric of this name has that id.
  void found(const std::string& name, const std::string& id);

  /// Adds the filters to the URL of a stream.
  void add_to(client::Endpoint& url);

  /// Connected to the hub whose log is called `stream`.
  Change on_open(std::string_view stream);

  /// Events were lost, among them perhaps those of a metric's creation.
  Change on_gap();

  /// Before an event is handled: whether it is wanted. Learns names from it.
  bool takes(const wire::ReceivedEvent& event);

  /// After it.
  Change after(const wire::ReceivedEvent& event);

  /// What the metric of this event is called; empty when it has none, or it is unknown.
  std::string_view name_of(const wire::ReceivedEvent& event);

  const std::string& failure() const { return failure_; }

 private:
  struct Named {
    std::string name;
    std::string id;  // empty: there is none
  };

  bool is_complete() const;
  bool is_wanted(std::string_view id) const;
  std::vector<std::string> query() const;
  Status look_up();
  Change look_up_again();

  const Wanted wanted_;
  const List list_;
  const Clock& clock_;
  std::unique_ptr<const hub::Filter> types_;   // null: all
  std::unique_ptr<const hub::Filter> topics_;  // null: none but those of metrics
  std::vector<std::string> ids_;               // of -m ID
  std::vector<Named> named_;

  std::vector<std::string> asked_;  // the query of the connection there is
  bool is_filtered_here_ = false;
  std::string stream_;
  std::map<std::string, std::string, std::less<>> names_;  // by id
  std::optional<BootTime> listed_at_;
  std::string failure_;
};

}  // namespace sse::sub
