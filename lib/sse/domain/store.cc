#include "sse/domain/store.h"

namespace sse::domain {

Error no_such_metric(const Uuid& id) {
  return {ErrorCode::kNotFound, "no metric has the id " + to_string(id)};
}

}  // namespace sse::domain
