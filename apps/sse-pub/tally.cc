#include "tally.h"

#include <algorithm>
#include <cstdio>

#include "sse/base/quantities.h"

namespace sse::pub {
namespace {

constexpr std::size_t kBarWidth = 24;

double in_seconds(std::chrono::nanoseconds took) {
  return std::max(std::chrono::duration<double>(took).count(), 1e-9);
}

std::uint64_t rate_of(const Tally& tally, const Tally& at_start, std::chrono::nanoseconds took) {
  return static_cast<std::uint64_t>(static_cast<double>(tally.read() - at_start.read()) /
                                    in_seconds(took));
}

/// `1,234,567`.
std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string with_milliseconds(std::chrono::nanoseconds took) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", in_seconds(took));
  return text;
}

std::string bar(double part) {
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kBarWidth));
  std::string bar = "[";
  bar.append(std::min(filled, kBarWidth), '#');
  bar.resize(1 + kBarWidth, ' ');
  return bar += ']';
}

/// Whole seconds, as long as the rest takes at the rate so far.
std::string time_left(double left, double done, std::chrono::nanoseconds took) {
  if (done <= 0) return "";
  const std::chrono::duration<double> seconds(in_seconds(took) * left / done);
  if (seconds > std::chrono::hours(1000)) return "";
  return "  " + format_duration(std::chrono::ceil<std::chrono::seconds>(seconds)) + " left";
}

}  // namespace

std::string Summary::text() const {
  std::string text = grouped(tally.read()) + " read: " + grouped(tally.published) + " published, " +
                     grouped(tally.rejected) + " rejected";
  if (tally.skipped > 0) text += ", " + grouped(tally.skipped) + " skipped";
  text += "; " + with_milliseconds(took) + " s, " + grouped(rate_of(tally, at_start, took)) + "/s";
  return is_complete ? text : text + "; not complete";
}

std::string Summary::json() const {
  return "{\"read\":" + std::to_string(tally.read()) +
         ",\"published\":" + std::to_string(tally.published) +
         ",\"rejected\":" + std::to_string(tally.rejected) +
         ",\"skipped\":" + std::to_string(tally.skipped) +
         ",\"bytes\":" + std::to_string(tally.bytes) + ",\"seconds\":" + with_milliseconds(took) +
         ",\"complete\":" + (is_complete ? "true" : "false") + "}";
}

std::string progress_text(const Tally& tally, const Tally& at_start, std::uint64_t size,
                          std::chrono::nanoseconds took, std::size_t width) {
  std::string text;
  if (size > 0) {
    const double part = std::min(1.0, static_cast<double>(tally.bytes) / static_cast<double>(size));
    text = bar(part) + " " + std::to_string(static_cast<int>(part * 100)) + "%  ";
  }
  text += grouped(tally.read()) + "  " + grouped(rate_of(tally, at_start, took)) + "/s";
  if (tally.rejected > 0) text += "  " + grouped(tally.rejected) + " rejected";
  if (size > tally.bytes) {
    text += time_left(static_cast<double>(size - tally.bytes),
                      static_cast<double>(tally.bytes - at_start.bytes), took);
  }
  return text.substr(0, width);
}

}  // namespace sse::pub
