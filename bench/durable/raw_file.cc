#include "durable/raw_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace sse::bench {
namespace {

constexpr std::size_t kHeadBytes = 8;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;

Error io_error(const char* what) {
  return {ErrorCode::kIo, std::string(what) + ": " + std::generic_category().message(errno)};
}

Status write_at(int fd, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0) return io_error("cannot write the raw file");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return {};
}

std::array<char, kHeadBytes> head_of(std::size_t size) {
  std::array<char, kHeadBytes> head{};
  const auto number = static_cast<std::uint32_t>(size);
  std::memcpy(head.data(), &number, sizeof number);
  return head;
}

}  // namespace

Result<RawFile> RawFile::make(const std::string& path, std::uint64_t bytes) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.is_open()) return io_error(path.c_str());
  const std::string zeros(kPieceBytes, '\0');
  for (std::uint64_t at = 0; at < bytes; at += zeros.size()) {
    SSE_TRY(write_at(fd.get(), zeros, at));
  }
  if (::fsync(fd.get()) != 0) return io_error("cannot sync the raw file");
  return RawFile(std::move(fd), bytes);
}

void RawFile::add(std::string_view record) {
  const auto head = head_of(record.size());
  pending_.append(head.data(), head.size()).append(record);
}

Status RawFile::write() {
  if (at_ + pending_.size() > bytes_) at_ = 0;
  SSE_TRY(write_at(fd_.get(), pending_, at_));
  at_ += pending_.size();
  pending_.clear();
  return {};
}

Status RawFile::sync() {
  return ::fdatasync(fd_.get()) == 0 ? Status() : io_error("cannot sync the raw file");
}

Status RawFile::read(const std::string& path, FunctionRef<Status(std::string_view)> take) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             std::fclose);
  if (!file) return io_error(path.c_str());
  std::setvbuf(file.get(), nullptr, _IOFBF, kPieceBytes);
  std::array<char, kHeadBytes> head{};
  std::string record;
  while (std::fread(head.data(), 1, head.size(), file.get()) == head.size()) {
    std::uint32_t size = 0;
    std::memcpy(&size, head.data(), sizeof size);
    if (size == 0) break;
    record.resize(size);
    if (std::fread(record.data(), 1, size, file.get()) != size) return io_error(path.c_str());
    SSE_TRY(take(record));
  }
  return std::ferror(file.get()) == 0 ? Status() : io_error(path.c_str());
}

}  // namespace sse::bench
