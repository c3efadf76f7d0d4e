// usage: sse_man TEMPLATE PAGE
// Writes a manual page from its template and the option declarations.

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "man/option_trees.h"
#include "man/page.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: sse_man TEMPLATE PAGE\n";
    return 64;
  }
  std::ifstream file(argv[1]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  sse::man::OptionTrees trees;
  const auto page = sse::man::fill_page(text, trees);
  if (!file || !page) {
    std::cerr << "sse_man: " << argv[1] << ": " << (page ? "cannot be read" : page.error().text)
              << "\n";
    return 65;
  }
  std::ofstream out(argv[2]);
  out << *page;
  out.close();
  if (!out) std::cerr << "sse_man: cannot write " << argv[2] << "\n";
  return out ? 0 : 73;
}
