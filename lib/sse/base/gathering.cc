#include "sse/base/gathering.h"

#include <algorithm>

namespace sse {
namespace {

thread_local Gathering* newest = nullptr;

}  // namespace

Gathering::Gathering() : outer_(std::exchange(newest, this)) {
}

Gathering::~Gathering() {
  // Nothing is gathered meanwhile: a receiver may hand on what it gets.
  newest = nullptr;
  for (const auto& [receiver, parcel] : parcels_) parcel->deliver();
  newest = outer_;
}

Gathering* Gathering::current() {
  return newest;
}

Parcel& Gathering::parcel(const void* receiver, FunctionRef<std::unique_ptr<Parcel>()> make) {
  const auto known = std::find_if(parcels_.begin(), parcels_.end(),
                                  [&](const auto& one) { return one.first == receiver; });
  if (known != parcels_.end()) return *known->second;
  return *parcels_.emplace_back(receiver, make()).second;
}

}  // namespace sse
