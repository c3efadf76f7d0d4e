#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "support/catch.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSourceDir = SSE_SOURCE_DIR;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_under(const fs::path& folder, const std::string& extensions) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    const bool is_wanted = !extension.empty() && extensions.find(extension) != std::string::npos;
    if (is_wanted && entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

/// What the first group of `pattern` finds in `text`.
std::vector<std::string> find_all(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> found;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), expression);
       match != std::sregex_iterator(); ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

TEST_CASE("Every link of a page leads somewhere", "[docs]") {
  auto pages = files_under(kSourceDir / "docs", ".md");
  pages.push_back(kSourceDir / "README.md");
  for (const auto& page : pages) {
    const std::string text = text_of(page);
    for (const auto& link : find_all(text, R"(\]\(([^)#:]+)\))")) {
      CAPTURE(page, link);
      CHECK(fs::exists(page.parent_path() / link));
    }
    constexpr auto kCodePath =
        "`((?:lib|apps|tests|docs|examples|scripts|cmake)/[A-Za-z0-9_./-]+)`";
    for (const auto& path : find_all(text, kCodePath)) {
      CAPTURE(page, path);
      CHECK(fs::exists(kSourceDir / path));
    }
  }
}

TEST_CASE("Every page that a comment names exists", "[docs]") {
  for (const char* tree : {"lib", "apps", "tests", "examples"}) {
    for (const auto& file : files_under(kSourceDir / tree, ".h.cc")) {
      for (const auto& page : find_all(text_of(file), "(docs/[a-z0-9/_-]+\\.md)")) {
        CAPTURE(file, page);
        CHECK(fs::exists(kSourceDir / page));
      }
    }
  }
}

}  // namespace
}  // namespace sse::test
