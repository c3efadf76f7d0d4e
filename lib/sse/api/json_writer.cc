#include "sse/api/json_writer.h"

namespace sse::api {

void append_json_uuid(std::string& out, const Uuid& uuid) {
  const auto chars = uuid_chars(uuid);
  out.append(1, '"').append(chars.data(), chars.size()).append(1, '"');
}

}  // namespace sse::api
