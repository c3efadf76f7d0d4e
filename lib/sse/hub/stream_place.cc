#include "sse/hub/stream_place.h"

#include "sse/hub/stream_registry.h"

namespace sse::hub {

StreamPlace::~StreamPlace() {
  if (registry_ != nullptr) registry_->give_back(*peer_, filter_kib_);
}

}  // namespace sse::hub
