#include "sse/base/time_text.h"

#include <cstdint>
#include <optional>

#include "sse/base/ascii.h"
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
constexpr sys_seconds kEndOfYears = sys_days(year{10000} / 1 / 1);  // of four digits

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

  /// `.` and digits, or nothing. Digits past the ninth are cut off: RFC 3339 allows any number.
  nanoseconds fraction() {
    if (!ok_ || rest_.empty() || rest_.front() != '.') return {};
    rest_.remove_prefix(1);
    const std::string_view digits = take_digits(rest_.size());
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 9; ++i)
      value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    ok_ = !digits.empty();
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
    while (length < at_most && length < rest_.size() && is_digit(rest_[length])) {
      ++length;
    }
    const std::string_view digits = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return digits;
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// A time of the grammar, which reaches further than WallTime does.
struct GrammarTime {
  sys_seconds utc;
  nanoseconds fraction;
};

std::optional<GrammarTime> read_rfc3339(std::string_view text) {
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
  return GrammarTime{utc, fraction};
}

/// Writes `value` in `width` digits; where it goes on.
char* write_number(char* out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = width; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  return out + width;
}

template <typename Duration>
std::uint64_t as_number(Duration count) {
  return static_cast<std::uint64_t>(count);
}

constexpr std::size_t kLongest = sizeof "2026-01-31T12:00:00.123456789Z";

/// `time` up to its whole second; where it goes on.
char* write_seconds(char* out, sys_seconds time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  out = write_number(out, as_number(static_cast<int>(date.year())), 4);
  *out++ = '-';
  out = write_number(out, as_number(static_cast<unsigned>(date.month())), 2);
  *out++ = '-';
  out = write_number(out, as_number(static_cast<unsigned>(date.day())), 2);
  *out++ = 'T';
  out = write_number(out, as_number(clock.hours().count()), 2);
  *out++ = ':';
  out = write_number(out, as_number(clock.minutes().count()), 2);
  *out++ = ':';
  return write_number(out, as_number(clock.seconds().count()), 2);
}

/// Appends `time` with exactly `digits` digits of a second, the unit that Duration counts in, or
/// without the zeros at their end.
template <typename Duration>
void append_fixed(std::string& out, std::chrono::sys_time<Duration> time, std::size_t digits,
                  bool with_zeros) {
  const auto second = std::chrono::floor<seconds>(time);
  char text[kLongest];
  char* end = write_seconds(text, second);
  *end++ = '.';
  end = write_number(end, as_number((time - second).count()), digits);
  if (!with_zeros) {
    while (end[-1] == '0') --end;
    if (end[-1] == '.') --end;
  }
  *end++ = 'Z';
  out.append(text, end);
}

template <typename Duration>
std::string format_fixed(std::chrono::sys_time<Duration> time, std::size_t digits) {
  std::string text;
  append_fixed(text, time, digits, true);
  return text;
}

}  // namespace

Result<WallTime> parse_rfc3339(std::string_view text) {
  const auto time = read_rfc3339(text);
  if (!time) {
    return Error{ErrorCode::kInvalid, quoted(text) +
                                          " is not an RFC 3339 time; expected e.g. "
                                          "2026-01-31T12:00:00Z or 2026-01-31T12:00:00.25+01:00"};
  }
  if (time->utc < kFirst || time->utc >= kEndOfTimes) {
    return Error{ErrorCode::kTooLarge,
                 quoted(text) + " is out of range: expected a time from 1970 to 2261"};
  }
  return time->utc + time->fraction;
}

void append_rfc3339(std::string& out, WallTime time) {
  append_fixed(out, time, 9, false);
}

std::string format_rfc3339(WallTime time) {
  std::string text;
  append_rfc3339(text, time);
  return text;
}

std::string format_rfc3339_nanos(WallTime time) {
  return format_fixed(time, 9);
}

std::string format_rfc3339_millis(std::chrono::sys_time<std::chrono::milliseconds> time) {
  return time < kEndOfYears ? format_fixed(time, 3) : std::string();
}

}  // namespace sse
