#include "support/exposition_check.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>

namespace sse::test {
namespace {

bool is_name(std::string_view text) {
  const auto is_start = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !text.empty() && is_start(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_start(c) || (c >= '0' && c <= '9');
  });
}

std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

/// The buckets of one histogram, without their `le`.
struct Histogram {
  double last_bound = -std::numeric_limits<double>::infinity();
  double last_count = 0;
  std::optional<double> sum;
  std::optional<double> count;
};

class Checker {
 public:
  CheckedExposition check(std::string_view text) {
    if (!text.ends_with('\n')) complain("the last line has no end");
    while (!text.empty()) {
      const auto line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      line_ = line;
      if (line.starts_with("# HELP ")) {
        take_help(line.substr(7));
      } else if (line.starts_with("# TYPE ")) {
        take_type(line.substr(7));
      } else {
        take_sample(line);
      }
    }
    end_family();
    return std::move(checked_);
  }

 private:
  void complain(const std::string& what) {
    checked_.complaints.push_back(what + ": " + std::string(line_));
  }

  void take_help(std::string_view text) {
    end_family();
    family_ = take_word(text);
    type_.clear();
    if (!is_name(family_)) complain("malformed name");
    if (text.empty()) complain("no help");
    if (!seen_.insert(family_).second) complain("the family comes twice");
    checked_.families.push_back(family_);
  }

  void take_type(std::string_view text) {
    if (take_word(text) != family_ || !type_.empty()) complain("TYPE without its HELP");
    type_ = text;
    if (type_ != "counter" && type_ != "gauge" && type_ != "histogram") complain("unknown type");
    if ((type_ == "counter") != family_.ends_with("_total")) complain("_total is for counters");
    for (const auto* unit : {"_milliseconds", "_ms", "_minutes", "_kilobytes", "_kb", "_percent",
                             "_microseconds", "_nanoseconds", "_bucket", "_count", "_sum"}) {
      if (family_.find(unit) != std::string::npos) complain("no base unit, or a reserved ending");
    }
  }

  void take_sample(std::string_view line) {
    const auto name_end = line.find_first_of("{ ");
    if (name_end == std::string_view::npos) return complain("no sample");
    const auto name = line.substr(0, name_end);
    std::string_view rest = line.substr(name_end);
    std::optional<std::string> le;
    std::string labels;
    if (rest[0] == '{' && !take_labels(rest, labels, le)) return complain("malformed labels");
    if (rest.size() < 2 || rest[0] != ' ') return complain("no value");
    const auto value = read_number(rest.substr(1));
    if (!value) return complain("no number");
    const std::string series(line.substr(0, line.size() - rest.size()));
    if (!checked_.samples.emplace(series, *value).second) complain("the series comes twice");
    check_member(name, labels, le, *value);
  }

  /// `{a="b",le="1"}`; `labels` is what is left without le.
  static bool take_labels(std::string_view& rest, std::string& labels,
                          std::optional<std::string>& le) {
    std::set<std::string> names;
    rest.remove_prefix(1);
    for (;;) {
      const auto equals = rest.find("=\"");
      if (equals == std::string_view::npos) return false;
      const std::string name(rest.substr(0, equals));
      if (!is_name(name) || name.find(':') != std::string::npos) return false;
      if (!names.insert(name).second) return false;
      rest.remove_prefix(equals + 2);
      std::string value;
      for (; !rest.empty() && rest[0] != '"'; rest.remove_prefix(1)) {
        if (rest[0] == '\\') {
          value += rest[0];
          rest.remove_prefix(1);
          if (rest.empty() || std::string_view("\\\"n").find(rest[0]) == std::string_view::npos) {
            return false;
          }
        }
        value += rest[0];
      }
      if (rest.size() < 2) return false;
      if (name == "le") {
        le = value;
      } else {
        labels.append(name).append("=").append(value).append(",");
      }
      const char next = rest[1];
      rest.remove_prefix(2);
      if (next == '}') return true;
      if (next != ',') return false;
    }
  }

  static std::optional<double> read_number(std::string_view text) {
    const std::string number(text);
    if (number == "+Inf") return std::numeric_limits<double>::infinity();
    char* end = nullptr;
    const double value = std::strtod(number.c_str(), &end);
    if (number.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
    return value;
  }

  void check_member(std::string_view name, const std::string& labels,
                    const std::optional<std::string>& le, double value) {
    if (type_.empty()) return complain("a sample before its HELP and TYPE");
    if (type_ != "histogram") {
      if (name != family_) complain("a sample of another family");
      if (le) complain("le is for histograms");
      if (type_ == "counter" && (value < 0 || std::isinf(value))) complain("no count");
      return;
    }
    Histogram& histogram = histograms_[labels];
    if (name == family_ + "_bucket" && le) {
      const auto bound = read_number(*le);
      if (!bound || *bound <= histogram.last_bound) return complain("buckets are not in order");
      if (value < histogram.last_count) complain("buckets are not cumulative");
      histogram.last_bound = *bound;
      histogram.last_count = value;
    } else if (name == family_ + "_sum" && !le) {
      histogram.sum = value;
    } else if (name == family_ + "_count" && !le) {
      histogram.count = value;
    } else {
      complain("a sample of another family");
    }
  }

  void end_family() {
    line_ = family_;
    if (!family_.empty() && type_.empty()) complain("no TYPE");
    for (const auto& [labels, histogram] : histograms_) {
      if (!std::isinf(histogram.last_bound)) complain("a histogram does not end in +Inf");
      if (!histogram.sum) complain("a histogram has no sum");
      if (histogram.count != histogram.last_count) complain("a histogram's count differs");
    }
    histograms_.clear();
  }

  CheckedExposition checked_;
  std::string_view line_;
  std::set<std::string> seen_;
  std::string family_;
  std::string type_;
  std::map<std::string, Histogram> histograms_;
};

}  // namespace

double CheckedExposition::at(const std::string& series) const {
  const auto found = samples.find(series);
  return found == samples.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

CheckedExposition check_exposition(std::string_view text) {
  return Checker().check(text);
}

}  // namespace sse::test
