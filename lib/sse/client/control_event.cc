#include "sse/client/control_event.h"

#include <nlohmann/json.hpp>

#include "sse/client/event_source.h"

namespace sse::client {
namespace {

nlohmann::json parse(std::string_view data) {
  return nlohmann::json::parse(data.begin(), data.end(), nullptr, /*allow_exceptions=*/false);
}

std::string text_member(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

}  // namespace

Gap read_gap(std::string_view data) {
  const auto object = parse(data);
  Gap gap;
  gap.requested = text_member(object, "requested");
  gap.oldest = text_member(object, "oldest");
  gap.reason = text_member(object, "reason");
  if (object.is_object() && object.contains("missed") && object["missed"].is_number_unsigned()) {
    gap.missed = object["missed"].get<std::uint64_t>();
  }
  return gap;
}

std::string read_closing_reason(std::string_view data) {
  return text_member(parse(data), "reason");
}

}  // namespace sse::client
