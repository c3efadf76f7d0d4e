#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "stream_set.h"
#include "target.h"

namespace sse::bench {

/// What the command line says. Each mode reads what it declares.
struct Options {
  Target::Shape target{ServerKind::kReadings, 8089, 1, 1, 0, {}, {}, 0, {}};
  Transport transport;
  std::optional<int> pid;
  bool json = false;

  std::size_t streams = 1'000;
  std::size_t opening = 0;  ///< streams that may wait for their answer at once; 0: all
  std::chrono::nanoseconds settle = std::chrono::milliseconds(200);
  std::uint64_t events = 0;  ///< 0: as long as `duration`
  std::chrono::nanoseconds duration = std::chrono::seconds(5);
  std::chrono::nanoseconds patience = std::chrono::seconds(10);
  double rate = 0;
  std::uint64_t window = 64;
  std::size_t connections = 64;
  std::size_t batch = 1;
  double probe_rate = 100;

  // What these commands have instead, with other defaults.
  std::size_t publish_streams = 0;
  std::size_t publish_connections = 32;
  std::uint64_t storm_events = 100;
  std::optional<double> storm_probe_rate;

  std::size_t deaf = 0;
  std::size_t trickling = 0;
  std::uint64_t trickle = 1000;
  std::uint64_t max_rss = 0;
};

void declare(cli::CommandLine& line, Options& options);

}  // namespace sse::bench
