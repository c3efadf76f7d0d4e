#include "sse/api/json_writer.h"

#include <charconv>

namespace sse::api {
namespace {

template <typename Number>
void append_chars(std::string& out, Number value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  out.append(std::begin(text), end);
}

}  // namespace

void append_json_number(std::string& out, double value) {
  append_chars(out, value);
}

void append_json_integer(std::string& out, std::int64_t value) {
  append_chars(out, value);
}

void append_json_uuid(std::string& out, const Uuid& uuid) {
  const auto chars = uuid_chars(uuid);
  out.append(1, '"').append(chars.data(), chars.size()).append(1, '"');
}

}  // namespace sse::api
