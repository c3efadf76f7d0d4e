// The manual pages say what the programs do: pages, --help, completions, tests and documentation
// are held against the one declaration of the options.

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <sstream>

#include "cli/config_file.h"
#include "cli/exit_code.h"
#include "man/option_trees.h"
#include "man/page.h"
#include "man/shell_words.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSourceDir = SSE_SOURCE_DIR;
const std::vector<std::string> kPages{"sse-serve.1", "sse-pub.1", "sse-sub.1", "sse-config.5",
                                      "sse-stream.7"};

std::string page_path(const std::string& page) {
  return kSourceDir / "man" / page;
}

/// A page as text, without roff's escapes.
std::string page_text(const std::string& page) {
  std::string out;
  const std::string text = read_text(page_path(page));
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 4, "\\(aq") == 0) {
      out += '\'';
      i += 3;
    } else if (text.compare(i, 2, "\\e") == 0) {
      out += '\\';
      ++i;
    } else if (text.compare(i, 4, "\\(dq") == 0) {
      out += '"';
      i += 3;
    } else if (text[i] != '\\' && text[i] != '&') {
      out += text[i];
    }
  }
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string output_of(const std::vector<std::string>& words) {
  Program program(words);
  CHECK(program.wait() == 0);
  return program.out();
}

/// The long options in a --help text, `--[no-]x` as `--x`.
std::set<std::string> options_in(std::string help) {
  for (auto at = help.find("[no-]"); at != std::string::npos; at = help.find("[no-]")) {
    help.erase(at, 5);
  }
  std::set<std::string> options;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    const auto start = line.find("--");
    // A row starts within six columns; what comes later is prose.
    if (start == std::string::npos || start > 6 || line[0] != ' ') continue;
    const auto end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", start);
    options.insert(line.substr(start, end - start));
  }
  return options;
}

/// The name of a program, then its --help, and that of each of its commands.
struct Help {
  std::string program;
  std::string command;  // empty: the program itself
  std::set<std::string> options;
};

std::vector<Help> all_help() {
  std::vector<Help> helps;
  man::OptionTrees trees;
  for (const auto* line : trees.all()) {
    const std::string program = line->program().name;
    helps.push_back({program, "", options_in(output_of({program, "--help"}))});
    for (const auto& sub : line->program().commands) {
      helps.push_back({program, sub->name, options_in(output_of({program, sub->name, "--help"}))});
    }
  }
  return helps;
}

/// Everything that the tests say.
std::string all_tests() {
  std::string text;
  for (const auto& entry : fs::recursive_directory_iterator(kSourceDir / "tests")) {
    const auto extension = entry.path().extension();
    if (extension == ".cc" || extension == ".h" || extension == ".sh" || extension == ".py") {
      text += read_text(entry.path());
    }
  }
  return text;
}

/// mandoc's findings but two: it looks for the pages of SEE ALSO where they are not installed yet,
/// and takes our name in .Os for an operating system's.
std::string without_our_pages(const std::string& findings) {
  std::string out;
  std::istringstream lines(findings);
  for (std::string line; std::getline(lines, line);) {
    const bool is_ours = std::any_of(kPages.begin(), kPages.end(), [&](std::string page) {
      page[page.size() - 2] = ' ';  // as in `Xr sse-sub 1`
      return contains(line, "referenced manual not found: Xr " + page);
    });
    if (!is_ours && !contains(line, "explicitly specified: Os sse")) out += line + "\n";
  }
  return out;
}

TEST_CASE("The pages in man/ are what declarations and texts give", "[man]") {
  for (const auto& page : kPages) {
    CAPTURE(page);
    man::OptionTrees trees;
    const auto filled = man::fill_page(read_text(kSourceDir / "apps/man" / (page + ".in")), trees);
    REQUIRE(filled);
    INFO("after a change: cmake --build build --target man");
    CHECK(*filled == read_text(page_path(page)));
  }
}

TEST_CASE("mandoc and groff find nothing wrong with the pages", "[man]") {
  for (const auto& page : kPages) {
    CAPTURE(page);
    Program mandoc({"mandoc", "-T", "lint", page_path(page)});
    mandoc.wait();
    CHECK(without_our_pages(mandoc.out()) == "");
    Program groff({"groff", "-mandoc", "-Tutf8", "-ww", "-z", page_path(page)});
    CHECK(groff.wait() == 0);
    CHECK(groff.err() == "");
  }
}

TEST_CASE("Every page of a command has the sections that people look for", "[man]") {
  for (const char* page : {"sse-serve.1", "sse-pub.1", "sse-sub.1"}) {
    CAPTURE(page);
    const std::string text = page_text(page);
    for (const char* section : {"EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"}) {
      CHECK(contains(text, std::string(".Sh ") + section + "\n"));
    }
    for (const auto& row : cli::kExitTable) {
      const std::string first_line = std::string(row.text).substr(0, 40);
      CHECK(contains(text, ".It " + std::to_string(cli::status(row.code)) + "\n" + first_line));
    }
  }
}

TEST_CASE("Each option in --help is in the page and in the completion", "[man]") {
  for (const auto& help : all_help()) {
    CAPTURE(help.program, help.command);
    REQUIRE(help.options.size() > 3);
    const std::string page = page_text(help.program + ".1");
    std::vector<std::string> asked{help.program, "__complete"};
    if (!help.command.empty()) asked.push_back(help.command);
    asked.emplace_back("--");
    const std::string completion = "\n" + output_of(asked);
    for (const auto& option : help.options) {
      CAPTURE(option);
      const std::string name = option.substr(1);
      CHECK((contains(page, "Fl " + name + " ") || contains(page, "Fl " + name + "\n")));
      CHECK(contains(completion, "\n" + option + "\t"));
    }
  }
}

/// Whether `option` is there, and not only the beginning of a longer one.
bool has_whole(const std::string& tests, const std::string& option) {
  for (auto at = tests.find(option); at != std::string::npos; at = tests.find(option, at + 1)) {
    const char next = at + option.size() < tests.size() ? tests[at + option.size()] : ' ';
    if (std::isalnum(static_cast<unsigned char>(next)) == 0 && next != '-') return true;
  }
  return false;
}

/// Whether a test says the option's long name, its opposite, or, as a word of its own, its short
/// one.
bool is_in(const std::string& tests, const cli::Option& option) {
  const auto& name = option.names.front();
  if (has_whole(tests, "--" + name) || has_whole(tests, "--no-" + name)) return true;
  const auto& letters = option.letters;
  return std::any_of(letters.begin(), letters.end(),
                     [&](const auto& letter) { return contains(tests, "\"-" + letter); });
}

TEST_CASE("Each option is in a test", "[man]") {
  const std::string tests = all_tests();
  man::OptionTrees trees;
  for (const auto* line : trees.all()) {
    std::vector<const cli::Command*> commands{&line->program()};
    for (const auto& command : line->program().commands) commands.push_back(command.get());
    for (const cli::Command* command : commands) {
      for (const auto& option : command->options) {
        CAPTURE(line->program().name, option->shown_name());
        CHECK((option->names.empty() || is_in(tests, *option)));
      }
    }
  }
}

TEST_CASE("Each program shows three examples, and each example is understood", "[man]") {
  man::OptionTrees names;
  for (const auto* declared : names.all()) {
    const std::string program = declared->program().name;
    std::string examples = declared->program().examples;
    CHECK(std::count(examples.begin(), examples.end(), '\n') >= 2);
    for (const auto& sub : declared->program().commands) {
      examples += "\n" + sub->examples;
    }
    std::istringstream lines(examples);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      int understood = 0;
      for (auto words : commands_in(line)) {
        if (words.front() != program) continue;
        man::OptionTrees trees;
        words.erase(words.begin());
        const auto outcome = trees.find(program)->parse(
            words, [](const std::string&) { return std::optional<std::string>(); });
        CAPTURE(outcome.complaints);
        CHECK_FALSE(outcome.exit);
        ++understood;
      }
      CHECK((understood > 0 || line.empty()));
    }
  }
}

TEST_CASE("The example of a configuration file is one", "[man][config]") {
  const std::string page = page_text("sse-config.5");
  const auto start = page.find(".Bd -literal\n", page.find(".Sh EXAMPLES")) + 13;
  const TemporaryDirectory directory;
  const std::string file = directory.file("config.toml");
  write_text(file, page.substr(start, page.find(".Ed", start) - start));
  for (const char* program : {"sse-serve", "sse-pub", "sse-sub"}) {
    man::OptionTrees trees;
    const auto outcome =
        trees.find(program)->parse({"--config", file, "--show-config"},
                                   [](const std::string&) { return std::optional<std::string>(); });
    CAPTURE(program, outcome.complaints);
    CHECK(outcome.exit == cli::ExitCode::kDone);
    CHECK(contains(outcome.out, file));
  }
}

TEST_CASE("A key above the sections is an option of some program", "[man][config]") {
  man::OptionTrees trees;
  for (const auto& key : cli::shared_keys()) {
    CAPTURE(key);
    const auto programs = trees.all();
    CHECK(std::any_of(programs.begin(), programs.end(), [&](const auto* line) {
      return line->program().find_option("--" + key) != nullptr;
    }));
  }
}

TEST_CASE("The table of exit codes in the documentation is the programs'", "[man]") {
  const std::string page = read_text(kSourceDir / "docs/command-line.md");
  for (const auto& row : cli::kExitTable) {
    CAPTURE(row.text);
    CHECK(contains(page, "| " + std::to_string(cli::status(row.code)) + " | " + row.text + " |"));
  }
}

TEST_CASE("Each example is in the README and in a test", "[man][examples]") {
  const std::string readme = read_text(kSourceDir / "README.md");
  const std::string tests = all_tests();
  std::size_t examples = 0;
  for (const auto& entry : fs::directory_iterator(kSourceDir / "examples")) {
    if (entry.path().extension() != ".sh") continue;
    const std::string name = entry.path().filename();
    CAPTURE(name);
    CHECK(contains(readme, "(examples/" + name + ")"));
    CHECK(contains(tests, '"' + name + '"'));
    ++examples;
  }
  CHECK(examples == 6);
}

}  // namespace
}  // namespace sse::test
