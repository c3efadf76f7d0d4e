#include "sse/api/exposition.h"

#include <cmath>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/exposition_check.h"

namespace sse::api {
namespace {

using test::check_exposition;

TEST_CASE("A family is its head and its samples", "[api][exposition]") {
  Exposition out;
  out.counter("sse_things_total", "Things that\nhappened \\ \"so far\".");
  out.sample({{"kind", "a\"b\\c\nd"}, {"empty", ""}}, std::uint64_t{18'446'744'073'709'551'615U});
  out.gauge("sse_level", "How high.");
  out.sample(0.5);
  CHECK(out.text() ==
        "# HELP sse_things_total Things that\\nhappened \\\\ \"so far\".\n"
        "# TYPE sse_things_total counter\n"
        "sse_things_total{kind=\"a\\\"b\\\\c\\nd\",empty=\"\"} 18446744073709551615\n"
        "# HELP sse_level How high.\n"
        "# TYPE sse_level gauge\n"
        "sse_level 0.5\n");
  CHECK(check_exposition(out.text()).complaints.empty());
}

TEST_CASE("Values that are not numbers have their words", "[api][exposition]") {
  Exposition out;
  out.gauge("sse_level", "How high.");
  out.sample({{"of", "a"}}, HUGE_VAL);
  out.sample({{"of", "b"}}, -HUGE_VAL);
  out.sample({{"of", "c"}}, std::nan(""));
  CHECK(
      out.text().ends_with("{of=\"a\"} +Inf\nsse_level{of=\"b\"} -Inf\nsse_level{of=\"c\"} NaN\n"));
}

TEST_CASE("The buckets of a histogram are added up, and end in +Inf", "[api][exposition]") {
  Exposition out;
  out.histogram("sse_wait_seconds", "How long.");
  const std::vector<double> bounds = {0, 0.0001, 1};
  const std::vector<std::uint64_t> counts = {1, 2, 0, 4};
  out.buckets({{"of", "a"}}, bounds, counts, 9.5);
  out.buckets({}, bounds, counts, 0);
  CHECK(out.text().find("sse_wait_seconds_bucket{of=\"a\",le=\"0\"} 1\n"
                        "sse_wait_seconds_bucket{of=\"a\",le=\"0.0001\"} 3\n"
                        "sse_wait_seconds_bucket{of=\"a\",le=\"1\"} 3\n"
                        "sse_wait_seconds_bucket{of=\"a\",le=\"+Inf\"} 7\n"
                        "sse_wait_seconds_sum{of=\"a\"} 9.5\n"
                        "sse_wait_seconds_count{of=\"a\"} 7\n"
                        "sse_wait_seconds_bucket{le=\"0\"} 1\n") != std::string::npos);
  CHECK(check_exposition(out.text()).complaints.empty());
}

TEST_CASE("The check of an exposition sees what is wrong", "[api][exposition]") {
  const std::string head = "# HELP a_total Help.\n# TYPE a_total counter\n";
  const std::string histogram = "# HELP h Help.\n# TYPE h histogram\n";
  for (const auto& text : std::vector<std::string>{
           "a_total 1\n",
           head + "a_total 1\na_total 2\n",
           head + "a_total 1\n" + head,
           head + "b_total 1\n",
           head + "a_total -1\n",
           head + "a_total one\n",
           head + "a_total\n",
           head + "a_total{x=\"1\",x=\"2\"} 1\n",
           head + "a_total{x=\"\\x\"} 1\n",
           head + "a_total{x=1} 1\n",
           head + "a_total 1",
           head + "\na_total 1\n",
           "# HELP a Help.\n# TYPE a counter\na 1\n",
           "# HELP a_total Help.\n# TYPE a_total gauge\na_total 1\n",
           "# HELP a_ms Help.\n# TYPE a_ms gauge\na_ms 1\n",
           "# HELP a \n# TYPE a gauge\na 1\n",
           "# HELP a Help.\na 1\n",
           "# HELP 1a Help.\n# TYPE 1a gauge\n1a 1\n",
           histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
           histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
           histogram + "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n"
                       "h_sum 1\nh_count 1\n",
           histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
           histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
       }) {
    CAPTURE(text);
    CHECK_FALSE(check_exposition(text).complaints.empty());
  }
}

}  // namespace
}  // namespace sse::api
