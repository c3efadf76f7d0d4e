#include "model/shrink.h"

#include <algorithm>

namespace sse::model {

Plan shrink(const Plan& plan, const std::function<bool(const Plan&)>& fails, int most) {
  Plan shortest = plan;
  for (std::size_t portion = std::max<std::size_t>(plan.steps.size() / 2, 1);; portion /= 2) {
    for (std::size_t at = 0; at < shortest.steps.size() && most > 0;) {
      Plan tried = shortest;
      const auto begin = tried.steps.begin() + static_cast<std::ptrdiff_t>(at);
      const auto size = std::min(portion, tried.steps.size() - at);
      tried.steps.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
      --most;
      if (fails(tried)) {
        shortest = std::move(tried);
      } else {
        at += portion;
      }
    }
    if (portion <= 1 || most <= 0) return shortest;
  }
}

}  // namespace sse::model
