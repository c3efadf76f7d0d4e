#include "sse/storage/row_bytes.h"

#include <chrono>
#include <string>

#include "support/catch.h"

namespace sse::storage {
namespace {

TEST_CASE("A metric comes back out of its row as it was", "[storage]") {
  for (const std::string unit : {"", "bytes", "°C"}) {
    const domain::Metric metric{Uuid{1, 2}, "cpu", std::chrono::milliseconds(1500), unit};
    CHECK(read_metric(metric.id, metric.name, metric_bytes(metric)) == metric);
  }
}

TEST_CASE("The row of a metric without a unit has the bytes of before there were units",
          "[storage]") {
  const std::string bytes("\x00\x2f\x68\x59\x00\x00\x00\x00", 8);  // 1.5 s
  CHECK(metric_bytes({Uuid{1, 2}, "cpu", std::chrono::milliseconds(1500)}) == bytes);
  CHECK(read_metric(Uuid{1, 2}, "cpu", bytes).unit.empty());
}

}  // namespace
}  // namespace sse::storage
