#pragma once

/// \file
/// Text from the network in the forms that terminals and other programs read. All append to `out`.

#include <chrono>
#include <string>
#include <string_view>

namespace sse::sub {

/// With `\x1b` (and that prefix) for what a terminal would obey: C0 but TAB, DEL, and C1 in its
/// UTF-8 form.
void append_escaped(std::string_view text, std::string_view prefix, std::string& out);

/// The same line by line: line ends stay.
void append_escaped_lines(std::string_view text, std::string& out);

/// JSON as it was sent, on one line: line ends between its tokens become blanks.
void append_json_line(std::string_view json, std::string& out);

/// One word for sh, on one line, that expands to `text`, but for line ends at its very end: `$( )`
/// takes them away. Empty when `text` holds a NUL, which no shell can keep.
void append_shell_word(std::string_view text, std::string& out);

/// `NAME='text'` for sh, on one line, exact. The same for a NUL.
void append_shell_assignment(std::string_view name, std::string_view text, std::string& out);

/// TAB, LF, CR and backslash as `\t`, `\n`, `\r`, `\\`.
void append_tsv(std::string_view text, std::string& out);

/// In double quotes when it has to be (RFC 4180).
void append_csv(std::string_view text, std::string& out);

/// `4.2 s`: of a wait, whose rest is jitter.
std::string in_seconds(std::chrono::nanoseconds wait);

}  // namespace sse::sub
