// sse-million: up to a million streams on sockets in memory, in one process and on one loop: what
// each costs, and that the cost grows no faster than their number. Exits 1 when a stream did not
// get exactly what it should.

#include <cstdio>
#include <string>
#include <vector>

#include "sse/base/version.h"

#include "cli/command_line.h"
#include "million/measure.h"

namespace sse::bench {
namespace {

struct Options {
  std::size_t streams = 1'000'000;
  bool json = false;
};

void declare(cli::CommandLine& line, Options& options) {
  auto list = line.options();
  list.number("--streams", options.streams,
              "the largest crowd; smaller ones come before it (default 1000000)", std::size_t{1});
  list.flag("--json", options.json, "print JSON, not a table");
}

std::vector<std::size_t> sizes_up_to(std::size_t most) {
  constexpr std::size_t kSizes[] = {10'000, 30'000, 100'000, 300'000, 1'000'000};
  std::vector<std::size_t> sizes;
  for (const std::size_t size : kSizes) {
    if (size < most) sizes.push_back(size);
  }
  sizes.push_back(most);
  return sizes;
}

void print_table(const std::vector<Measured>& runs) {
  std::printf("%-30s %-5s", "streams", "");
  for (const auto& run : runs) std::printf(" %11zu", run.streams);
  std::printf("\n");
  for (std::size_t i = 0; i < runs.front().figures.size(); ++i) {
    const Figure& figure = runs.front().figures[i];
    std::printf("%-30.*s %-5.*s", static_cast<int>(figure.name.size()), figure.name.data(),
                static_cast<int>(figure.unit.size()), figure.unit.data());
    for (const auto& run : runs) std::printf(" %11.4g", run.figures[i].value);
    std::printf("\n");
  }
}

void print_json(const std::vector<Measured>& runs) {
  std::printf("{\"version\":\"%s\",\"runs\":[", std::string(version()).c_str());
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::printf("%s\n{\"streams\":%zu", r > 0 ? "," : "", runs[r].streams);
    for (const auto& figure : runs[r].figures) {
      std::printf(",\"%.*s\":%.6g", static_cast<int>(figure.name.size()), figure.name.data(),
                  figure.value);
    }
    std::printf("}");
  }
  std::printf("]}\n");
}

int run(const Options& options) {
  std::vector<Measured> runs;
  bool holds = true;
  for (const std::size_t size : sizes_up_to(options.streams)) {
    runs.push_back(measure(size));
    for (const auto& promise : runs.back().failures) {
      std::fprintf(stderr, "sse-million: with %zu streams this does not hold: %.*s\n", size,
                   static_cast<int>(promise.size()), promise.data());
      holds = false;
    }
  }
  if (options.json) {
    print_json(runs);
  } else {
    print_table(runs);
  }
  return holds ? 0 : 1;
}

}  // namespace
}  // namespace sse::bench

int main(int argc, char** argv) {
  sse::bench::Options options;
  sse::cli::CommandLine line("sse-million",
                             "measures up to a million streams on sockets in memory");
  declare(line, options);
  const auto outcome = line.parse(argc, argv);
  if (outcome.exit) return status(*outcome.exit);
  return sse::bench::run(options);
}
