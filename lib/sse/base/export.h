#pragma once

/// \file
/// Marks what the shared library shows; everything else stays hidden (-fvisibility=hidden).

#define SSE_EXPORT __attribute__((visibility("default")))
