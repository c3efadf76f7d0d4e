#include "sse/api/cluster_json.h"

#include <chrono>
#include <cstdint>
#include <string_view>

#include "sse/base/time_text.h"
#include "sse/json/writer.h"
#include "sse/log/cluster_status.h"

namespace sse::api {
namespace {

/// The members of one object.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  void begin(std::string_view name) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_.append("\"").append(name).append("\":");
  }
  void add(std::string_view name, std::string_view text) {
    begin(name);
    json::append_string(out_, text);
  }
  void add_number(std::string_view name, std::uint64_t number) {
    begin(name);
    out_ += std::to_string(number);
  }
  void add_flag(std::string_view name, bool flag) {
    begin(name);
    out_ += flag ? "true" : "false";
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool is_first_ = true;
};

void append_node(std::string& out, const log::ClusterNode& node) {
  Members members(out);
  members.add("id", node.id);
  members.add("name", node.self.name);
  members.add("address", node.self.address);
  members.add("version", node.self.version);
  members.add("started", format_rfc3339(node.self.started));
  members.add_number("streams", node.self.streams);
  members.add_number("epoch", node.epoch);
  members.add_number("head", node.head);
  members.add_number("lag_events", node.lag_events);
  members.begin("age_seconds");
  json::append_number(out, std::chrono::duration<double>(node.age).count());
  members.add_flag("up", node.is_up);
  members.add_flag("self", node.is_self);
  members.end();
}

void append_replica(std::string& out, const log::ClusterReplica& replica) {
  Members members(out);
  members.add("address", replica.address);
  members.add("state", replica.state);
  members.add_number("lag_bytes", replica.lag_bytes);
  members.end();
}

/// All items, with commas between them.
template <typename Items, typename Append>
void append_list(std::string& out, const Items& items, Append append) {
  out += '[';
  for (const auto& item : items) {
    if (&item != &items.front()) out += ',';
    append(out, item);
  }
  out += ']';
}

void append_engine(std::string& out, const log::ClusterEngine& engine) {
  Members members(out);
  members.add_flag("up", engine.is_up);
  members.add("address", engine.address);
  if (!engine.is_up) {
    members.add("error", engine.error);
    return members.end();
  }
  members.add("version", engine.version);
  members.add("role", engine.role);
  members.begin("replicas");
  append_list(out, engine.replicas, append_replica);
  members.add_number("memory_used_bytes", engine.memory_used);
  members.add_number("memory_limit_bytes", engine.memory_limit);
  members.add_number("entries", engine.entries);
  members.add_number("head", engine.head);
  members.add_number("epochs", engine.epochs);
  members.end();
}

}  // namespace

std::string cluster_json(const log::ClusterStatus& status) {
  std::string out;
  Members members(out);
  members.begin("nodes");
  append_list(out, status.nodes, append_node);
  members.begin("engine");
  append_engine(out, status.engine);
  members.add_number("failovers", status.fail_overs);
  members.end();
  return out;
}

}  // namespace sse::api
