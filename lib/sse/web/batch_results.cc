#include "sse/web/batch_results.h"

#include <algorithm>

#include "sse/base/check.h"
#include "sse/json/writer.h"

namespace sse::web {
namespace {

// A text is compared with so many of those before it: what is wrong with a batch is mostly wrong
// in the same few ways.
constexpr std::size_t kNewest = 8;

constexpr std::string_view kIdStart = R"({"id":)";
constexpr std::string_view kErrorStart = R"({"error":)";
constexpr std::string_view kHeadStart = R"({"accepted":)";
constexpr std::string_view kEnd = "]}";
constexpr std::size_t kIdSize = kIdStart.size() + kUuidLength + 2 + 1;  // quotes, brace

constexpr std::uint64_t kStepsPerResult = 10;

constexpr Uuid kAwaited{0, ~std::uint64_t{0}};

// A text is kept as its place and its size in one number.
constexpr unsigned kSizeBits = 32;
constexpr std::uint64_t kSizeMask = (std::uint64_t{1} << kSizeBits) - 1;

std::string_view text_at(std::string_view texts, std::uint64_t place) {
  return texts.substr(place >> kSizeBits, place & kSizeMask);
}

}  // namespace

void BatchResults::await() {
  results_.push_back(kAwaited);
}

void BatchResults::reject(const Error& error) {
  await();
  reject(results_.size() - 1, error);
}

void BatchResults::settle(std::size_t index, const Result<Uuid>& outcome) {
  SSE_CHECK(results_[index] == kAwaited);
  if (!outcome) return reject(index, outcome.error());
  SSE_CHECK(outcome->high != 0);
  results_[index] = *outcome;
  results_size_ += kIdSize;
  ++accepted_;
}

void BatchResults::reject(std::size_t index, const Error& error) {
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kUnknown) of_all_ = error;
  results_[index] = {0, keep_text(error.text)};
}

// Where the text is.
std::uint64_t BatchResults::keep_text(std::string_view text) {
  std::string quoted;
  const bool has_room = texts_.size() + text.size() <= kMaxTexts;
  json::append_string(quoted, has_room ? text : std::string_view(kNoText));
  results_size_ += kErrorStart.size() + quoted.size() + 1;
  const auto known = std::find_if(newest_.begin(), newest_.end(), [&](std::uint64_t place) {
    return text_at(texts_, place) == quoted;
  });
  if (known != newest_.end()) return *known;
  const std::uint64_t place = std::uint64_t{texts_.size()} << kSizeBits | quoted.size();
  texts_ += quoted;
  if (newest_.size() == kNewest) newest_.erase(newest_.begin());
  newest_.push_back(place);
  return place;
}

const Error* BatchResults::of_all() const {
  return accepted_ == 0 && of_all_ ? &*of_all_ : nullptr;
}

std::string BatchResults::head() const {
  return std::string(kHeadStart) + std::to_string(accepted_) + R"(,"rejected":)" +
         std::to_string(results_.size() - accepted_) + R"(,"results":[)";
}

std::size_t BatchResults::held() const {
  return results_.capacity() * sizeof(Uuid) + texts_.capacity() +
         newest_.capacity() * sizeof(std::uint64_t);
}

std::size_t BatchResults::body_size() const {
  const std::size_t commas = results_.empty() ? 0 : results_.size() - 1;
  return head().size() + results_size_ + commas + kEnd.size();
}

void BatchResults::append_to(std::string& out, Position& at, std::size_t most,
                             Budget& budget) const {
  if (!at.is_begun) out += head();
  at.is_begun = true;
  for (; at.next < results_.size(); ++at.next) {
    if (budget.is_spent() || out.size() >= most) return;
    const Uuid& result = results_[at.next];
    if (at.next > 0) out += ',';
    if (result.high != 0) {
      out += kIdStart;
      json::append_uuid(out, result);
      budget.spend(kStepsPerResult);
    } else {
      const auto text = text_at(texts_, result.low);
      out.append(kErrorStart).append(text);
      budget.spend(kStepsPerResult + Budget::steps_for_bytes(text.size()));
    }
    out += '}';
  }
  out += kEnd;
  at.is_done = true;
}

}  // namespace sse::web
