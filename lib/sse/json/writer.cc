#include "sse/json/writer.h"

namespace sse::json {

void append_uuid(std::string& out, const Uuid& uuid) {
  const auto chars = uuid_chars(uuid);
  out.append(1, '"').append(chars.data(), chars.size()).append(1, '"');
}

}  // namespace sse::json
