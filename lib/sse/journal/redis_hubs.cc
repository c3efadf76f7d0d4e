#include "sse/journal/redis_hubs.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/journal/redis_info.h"

namespace sse::journal {
namespace {

using log::ClusterNode;
using log::ClusterStatus;
using std::chrono::milliseconds;
using Script = RedisAsides::Script;

std::string text_of(std::uint64_t number) {
  return std::to_string(number);
}

std::uint64_t number_of(std::string_view text) {
  return parse_digits(text).value_or(0);
}

/// Of the fields that beat() has written; what a later version adds is passed over.
ClusterNode read_node(const RedisReply& item, milliseconds now) {
  ClusterNode node;
  node.id = item.at(0).text;
  const auto& fields = item.at(1).items;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& name = fields[i].text;
    const std::string& value = fields[i + 1].text;
    if (name == "name") node.self.name = value;
    if (name == "address") node.self.address = value;
    if (name == "version") node.self.version = value;
    if (name == "started") node.self.started = parse_rfc3339(value).value_or(WallTime());
    if (name == "streams") node.self.streams = number_of(value);
    if (name == "epoch") node.epoch = static_cast<wire::Epoch>(number_of(value) & wire::kMaxEpoch);
    if (name == "head") node.head = number_of(value);
    if (name == "lag") node.lag_events = number_of(value);
    if (name == "at") {
      node.age = std::max(now - milliseconds(static_cast<std::int64_t>(number_of(value))),
                          milliseconds(0));
    }
  }
  node.is_up = node.age < RedisHubs::kDownAfter;
  return node;
}

/// The value of a field in `ip=10.0.0.2,port=6379,state=online,offset=14,lag=0`.
std::string replica_field(const std::string& line, const std::string& name) {
  const std::string fields = "," + line + ",";
  const std::string begin = "," + name + "=";
  const auto at = fields.find(begin);
  if (at == std::string::npos) return {};
  const auto from = at + begin.size();
  return fields.substr(from, fields.find(',', from) - from);
}

log::ClusterReplica read_replica(const std::string& line, std::uint64_t written) {
  const auto port = static_cast<std::uint16_t>(number_of(replica_field(line, "port")) & 0xFFFFU);
  const auto offset = number_of(replica_field(line, "offset"));
  return {to_string(RedisAddress{replica_field(line, "ip"), port}), replica_field(line, "state"),
          written - std::min(written, offset)};
}

log::ClusterEngine read_engine(const RedisReply& reply) {
  const std::string& info = reply.at(4).text;
  const auto number_in = [&info](std::string_view name) {
    return number_of(info_field(info, name));
  };
  log::ClusterEngine engine;
  engine.is_up = true;
  engine.version = info_field(info, "redis_version");
  engine.role = info_field(info, "role");
  engine.memory_used = number_in("used_memory");
  engine.memory_limit = number_in("maxmemory");
  engine.entries = static_cast<std::uint64_t>(std::max<std::int64_t>(reply.at(1).integer, 0));
  engine.head = reply.at(2).number();
  engine.epochs = static_cast<std::uint64_t>(std::max<std::int64_t>(reply.at(3).integer, 0));
  const auto written = number_in("master_repl_offset");
  for (std::uint64_t i = 0; i < number_in("connected_slaves"); ++i) {
    const std::string line(info_field(info, "slave" + std::to_string(i)));
    if (!line.empty()) engine.replicas.push_back(read_replica(line, written));
  }
  return engine;
}

}  // namespace

void RedisHubs::beat(const log::ClusterCounts& counts, SteadyTime now) {
  next_ = now + kBeat;
  if (describe_) {
    const log::ClusterSelf self = describe_();
    asides_.ask(
        Script::kHubs,
        {"here", id_, text_of(static_cast<std::uint64_t>(kForgottenAfter.count())), "name",
         self.name, "address", self.address, "version", self.version, "started",
         format_rfc3339(self.started), "streams", text_of(self.streams), "epoch",
         text_of(counts.epoch), "head", text_of(counts.head), "lag", text_of(counts.lag_events)},
        [this](const Result<RedisReply>& reply) {
          if (!reply) return;
          count_ = static_cast<std::size_t>(std::max<std::int64_t>(reply->at(1).integer, 0));
        });
  }
  tickets_.look(counts.epoch);
}

void RedisHubs::leave() {
  asides_.ask(Script::kHubs, {"leave", id_}, [](const Result<RedisReply>&) {});
}

ClusterNode RedisHubs::self(const log::ClusterCounts& counts) const {
  ClusterNode node;
  node.id = id_;
  if (describe_) node.self = describe_();
  node.epoch = counts.epoch;
  node.head = counts.head;
  node.lag_events = counts.lag_events;
  node.is_up = true;
  node.is_self = true;
  return node;
}

void RedisHubs::list(const log::ClusterCounts& counts, std::function<std::string()> address,
                     std::function<void(ClusterStatus)> done) const {
  const auto take = [own = self(counts), fail_overs = counts.fail_overs,
                     address = std::move(address),
                     done = std::move(done)](const Result<RedisReply>& reply) {
    ClusterStatus status;
    status.fail_overs = fail_overs;
    if (reply) {
      status.engine = read_engine(*reply);
      const milliseconds now(static_cast<std::int64_t>(reply->at(0).number()));
      for (const RedisReply& item : reply->at(5).items) {
        // What this hub knows of itself is newer.
        if (item.at(0).text != own.id) status.nodes.push_back(read_node(item, now));
      }
    } else {
      status.engine.error = reply.error().text;
    }
    status.engine.address = address();
    status.nodes.push_back(own);
    std::sort(status.nodes.begin(), status.nodes.end(), [](const auto& a, const auto& b) {
      return std::tie(a.self.name, a.self.address, a.id) <
             std::tie(b.self.name, b.self.address, b.id);
    });
    done(std::move(status));
  };
  asides_.ask(Script::kHubs, {"list"}, take);
}

}  // namespace sse::journal
