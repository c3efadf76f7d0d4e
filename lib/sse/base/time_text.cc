#include "sse/base/time_text.h"

#include <cstdint>
#include <optional>

#include "sse/base/escape.h"

namespace sse {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr sys_seconds kFirst = sys_days(year{1970} / 1 / 1);
constexpr sys_seconds kEnd = sys_days(year{2262} / 1 / 1);

/// Reads fixed-width fields from the front of a text; after a miss everything fails.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool is_done() const { return ok_ && rest_.empty(); }

  /// A number of exactly `width` digits, from 0 to `max`.
  int number(std::size_t width, int max) {
    const std::string_view digits = take_digits(width);
    int value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    ok_ = ok_ && digits.size() == width && value <= max;
    return value;
  }

  /// One of these characters.
  char one_of(std::string_view accepted) {
    ok_ = ok_ && !rest_.empty() && accepted.find(rest_.front()) != std::string_view::npos;
    if (!ok_) return '\0';
    const char found = rest_.front();
    rest_.remove_prefix(1);
    return found;
  }

  /// `.` and one to nine digits, or nothing.
  nanoseconds fraction() {
    if (!ok_ || rest_.empty() || rest_.front() != '.') return {};
    rest_.remove_prefix(1);
    const std::string_view digits = take_digits(9);
    std::int64_t value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    ok_ = !digits.empty();
    for (std::size_t i = digits.size(); i < 9; ++i) value *= 10;
    return nanoseconds(value);
  }

  /// `Z` or `+HH:MM`: what local time is ahead of UTC.
  minutes offset() {
    const char sign = one_of("Zz+-");
    if (sign != '+' && sign != '-') return {};
    const int hour = number(2, 23);
    one_of(":");
    const minutes ahead = hours(hour) + minutes(number(2, 59));
    return sign == '-' ? -ahead : ahead;
  }

 private:
  std::string_view take_digits(std::size_t at_most) {
    std::size_t length = 0;
    while (length < at_most && length < rest_.size() && rest_[length] >= '0' &&
           rest_[length] <= '9') {
      ++length;
    }
    const std::string_view digits = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return digits;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::optional<WallTime> read_rfc3339(std::string_view text) {
  FieldReader reader(text);
  const int y = reader.number(4, 9999);
  reader.one_of("-");
  const int m = reader.number(2, 12);
  reader.one_of("-");
  const int d = reader.number(2, 31);
  reader.one_of("Tt ");
  const hours hour(reader.number(2, 23));
  reader.one_of(":");
  const minutes minute(reader.number(2, 59));
  reader.one_of(":");
  const seconds second(reader.number(2, 60));
  const nanoseconds fraction = reader.fraction();
  const minutes offset = reader.offset();
  if (!reader.is_done()) return std::nullopt;

  const std::chrono::year_month_day date(year{y}, std::chrono::month(static_cast<unsigned>(m)),
                                         std::chrono::day(static_cast<unsigned>(d)));
  if (!date.ok()) return std::nullopt;
  const sys_seconds utc = sys_days(date) + hour + minute + second - offset;
  // A leap second is inserted at the end of a UTC day, nowhere else.
  const bool is_leap_second = second == seconds(60);
  if (is_leap_second && utc != std::chrono::floor<days>(utc)) return std::nullopt;
  if (utc < kFirst || utc >= kEnd) return std::nullopt;
  return utc + fraction;
}

/// Writes `value` in `width` digits; where it goes on.
char* write_number(char* out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

char* write_fraction(char* out, nanoseconds fraction) {
  if (fraction.count() == 0) return out;
  *out++ = '.';
  out = write_number(out, static_cast<std::uint64_t>(fraction.count()), 9);
  while (out[-1] == '0') --out;
  return out;
}

}  // namespace

Result<WallTime> parse_rfc3339(std::string_view text) {
  if (const auto time = read_rfc3339(text)) return *time;
  return Error{ErrorCode::kInvalid,
               quoted(text) +
                   " is no RFC 3339 time between 1970 and 2261: expected a form as "
                   "2026-01-31T12:00:00Z or 2026-01-31T12:00:00.25+01:00"};
}

std::string format_rfc3339(WallTime time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  const auto number = [](auto count) { return static_cast<std::uint64_t>(count); };
  char text[sizeof "2026-01-31T12:00:00.123456789Z"];
  char* end = write_number(text, number(static_cast<int>(date.year())), 4);
  *end++ = '-';
  end = write_number(end, number(static_cast<unsigned>(date.month())), 2);
  *end++ = '-';
  end = write_number(end, number(static_cast<unsigned>(date.day())), 2);
  *end++ = 'T';
  end = write_number(end, number(clock.hours().count()), 2);
  *end++ = ':';
  end = write_number(end, number(clock.minutes().count()), 2);
  *end++ = ':';
  end = write_number(end, number(clock.seconds().count()), 2);
  end = write_fraction(end, clock.subseconds());
  *end++ = 'Z';
  return {text, end};
}

}  // namespace sse
