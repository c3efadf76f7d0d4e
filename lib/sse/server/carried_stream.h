#pragma once

#include "sse/base/result.h"
#include "sse/hub/handed_stream.h"
#include "sse/takeover/packing.h"

namespace sse::server {

/// All of a stream but its descriptor, which is sent beside it.
void pack_stream(const hub::HandedStream& stream, takeover::Packer& packer);
/// Error: kInvalid.
Result<hub::HandedStream> unpack_stream(takeover::Unpacker& unpacker);

}  // namespace sse::server
