#include "sse-sub/text_forms.h"

#include "support/catch.h"
#include "support/program.h"

using namespace sse::sub;

namespace {

const char* const kHostile[] = {"",
                                "plain",
                                "it's",
                                "'; echo owned; '",
                                "$(echo owned) `echo owned` ${HOME} $HOME !!",
                                "\"; echo owned; \"",
                                "a\necho owned",
                                "\n",
                                "\n\nboth ends\n\n",
                                "-n",
                                "-v x\n",
                                "--\n",
                                "100%\n%s%n\\012\\x41\\\\",
                                "back\\slash\\",
                                "tab\there",
                                "*? [a-z] {a,b} ~ # & | ; < > ( )",
                                "\xC3\xA9\xFF\x01\x1B[2J",
                                "x'\n'y\n\"$(echo owned)\"'"};

/// What `shell` makes of `script`.
std::string run(const char* shell, const std::string& script) {
  sse::test::Program program({shell, "-c", script});
  CHECK(program.wait() == 0);
  CHECK(program.err().empty());
  return program.out();
}

template <typename Append>
std::string made(Append append, std::string_view text) {
  std::string out;
  append(text, out);
  return out;
}

}  // namespace

TEST_CASE("A shell word is one word for every sh, and only text", "[apps][text_forms]") {
  for (const char* text : kHostile) {
    const std::string word = made(append_shell_word, text);
    CAPTURE(text, word);
    CHECK(word.find('\n') == std::string::npos);
    std::string expected(text);
    while (!expected.empty() && expected.back() == '\n') expected.pop_back();
    for (const char* shell : {"dash", "bash"}) {
      CHECK(run(shell, "set -- " + word + "; printf '%s|%s.' $# \"$1\"") == "1|" + expected + ".");
    }
  }
}

TEST_CASE("A shell assignment is exact in every sh, through eval", "[apps][text_forms]") {
  for (const char* text : kHostile) {
    std::string line;
    append_shell_assignment("X", text, line);
    CAPTURE(text, line);
    CHECK(line.find('\n') == std::string::npos);
    std::string quoted;
    append_shell_word(line, quoted);
    for (const char* shell : {"dash", "bash"}) {
      CHECK(run(shell, "eval " + quoted + "; printf '%s.' \"$X\"") == std::string(text) + ".");
    }
  }
}

TEST_CASE("What holds a NUL is empty for a shell", "[apps][text_forms]") {
  CHECK(made(append_shell_word, std::string_view("a\0\nb", 4)) == "''");
  std::string line;
  append_shell_assignment("X", std::string_view("a\0\nb", 4), line);
  CHECK(line == "X=''");
}

TEST_CASE("Columns hold no TAB and no line end", "[apps][text_forms]") {
  CHECK(made(append_tsv, "a\tb\nc\rd\\n") == "a\\tb\\nc\\rd\\\\n");
  CHECK(made(append_csv, "plain") == "plain");
  CHECK(made(append_csv, "a,b") == "\"a,b\"");
  CHECK(made(append_csv, "say \"hi\"\n") == "\"say \"\"hi\"\"\n\"");
  CHECK(made(append_csv, " padded") == "\" padded\"");
}
