#pragma once

/// \file
/// The scripts in redis/, as CMake puts them into the program.

namespace sse::journal {

const char* attach_script();
const char* append_script();
const char* oldest_script();
const char* rights_script();
const char* tickets_script();
const char* hubs_script();

}  // namespace sse::journal
