#include "sse/journal/redis_codec.h"

#include <cstdlib>
#include <new>

#include <hiredis/hiredis.h>

#include "sse/base/quantities.h"

namespace sse::journal {
namespace {

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

/// An array of which only the size has come takes memory at once. None that is asked for is as
/// long.
constexpr int kMostElements = 1 << 23;

/// hiredis's own functions, with that bound.
redisReplyObjectFunctions* bounded(redisReplyObjectFunctions* standard) {
  static const auto create_array = standard->createArray;
  static redisReplyObjectFunctions functions = [standard] {
    redisReplyObjectFunctions bounded = *standard;
    bounded.createArray = [](const redisReadTask* task, int elements) -> void* {
      return elements > kMostElements ? nullptr : create_array(task, elements);
    };
    return bounded;
  }();
  return &functions;
}

RedisReply copy_of(const redisReply& reply) {
  RedisReply copy;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      copy.kind = RedisReply::Kind::kInteger;
      copy.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      copy.kind = RedisReply::Kind::kText;
      copy.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      copy.kind = RedisReply::Kind::kError;
      copy.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      copy.kind = RedisReply::Kind::kArray;
      copy.items.reserve(reply.elements);
      for (std::size_t i = 0; i < reply.elements; ++i) {
        copy.items.push_back(copy_of(*reply.element[i]));
      }
      break;
    default:
      break;
  }
  return copy;
}

}  // namespace

bool RedisReply::is_error(std::string_view code) const {
  if (!is_error() || !text.starts_with(code)) return false;
  return text.size() == code.size() || text[code.size()] == ' ';
}

const RedisReply& RedisReply::at(std::size_t index) const {
  static const RedisReply none;
  return index < items.size() ? items[index] : none;
}

std::uint64_t RedisReply::number() const {
  return parse_digits(text).value_or(0);
}

struct RedisDecoder::Reader {
  struct Free {
    void operator()(redisReader* freed) const { redisReaderFree(freed); }
  };
  std::unique_ptr<redisReader, Free> reader{redisReaderCreate()};
};

RedisDecoder::RedisDecoder() : reader_(std::make_unique<Reader>()) {
  if (reader_->reader == nullptr) throw std::bad_alloc();
  reader_->reader->fn = bounded(reader_->reader->fn);
}
RedisDecoder::~RedisDecoder() = default;
RedisDecoder::RedisDecoder(RedisDecoder&&) noexcept = default;
RedisDecoder& RedisDecoder::operator=(RedisDecoder&&) noexcept = default;

void RedisDecoder::feed(std::string_view bytes) {
  // What goes wrong is told by next().
  redisReaderFeed(reader_->reader.get(), bytes.data(), bytes.size());
}

Result<std::optional<RedisReply>> RedisDecoder::next() {
  void* found = nullptr;
  if (redisReaderGetReply(reader_->reader.get(), &found) != REDIS_OK) {
    return Error{ErrorCode::kInvalid,
                 std::string("this is not Redis's protocol: ") + reader_->reader->errstr};
  }
  if (found == nullptr) return std::optional<RedisReply>();
  const std::unique_ptr<void, FreeReply> owned(found);
  return std::optional(copy_of(*static_cast<const redisReply*>(found)));
}

void append_request(std::string& out, std::span<const std::string_view> arguments) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    texts.push_back(argument.data() == nullptr ? "" : argument.data());
    sizes.push_back(argument.size());
  }
  char* request = nullptr;
  const int size =
      redisFormatCommandArgv(&request, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out.append(request, static_cast<std::size_t>(size));
  redisFreeCommand(request);
}

}  // namespace sse::journal
