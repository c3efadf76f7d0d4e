#pragma once

/// \file
/// The scripts in redis/, as CMake puts them into the program.

namespace sse::journal {

extern const char* const kAttachScript;
extern const char* const kAppendScript;
extern const char* const kRightsScript;

}  // namespace sse::journal
