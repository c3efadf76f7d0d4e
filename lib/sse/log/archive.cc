#include "sse/log/archive.h"

#include <string>
#include <system_error>
#include <utility>

#include "sse/log/part_loads.h"

namespace sse::log {

Archive::Archive(Journal& journal, const Options& options)
    : loads_(std::make_shared<PartLoads>(journal, options)) {
}

Archive::~Archive() {
  loads_->stop();
  if (thread_.joinable()) thread_.join();
  for (const PartLoads::Done& done : loads_->take_all()) done();
}

Status Archive::start() {
  try {
    thread_ = std::thread([loads = loads_] { loads->run(); });
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

std::optional<View> Archive::find(const View& view, wire::Sequence archived) {
  return loads_->find(view, archived);
}

void Archive::load(const View& view, wire::Sequence archived, std::function<void()> done) {
  loads_->load(view, archived, std::move(done));
}

ArchiveCounts Archive::counts() const {
  return loads_->counts();
}

}  // namespace sse::log
