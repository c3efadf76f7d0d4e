#pragma once

/// \file
/// A stretch of the input, and what of it goes to the hub in one request.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "format.h"

namespace sse::pub {

/// Where a record stands in its batch.
struct Place {
  std::uint64_t line = 0;
  std::size_t start = 0;  ///< in Batch::raw
  std::size_t size = 0;
};

/// A record that will not be published, and why.
struct Bad {
  Place place;
  std::string why;
};

/// Records one after the other, all of them: what has been read is settled batch by batch. Its
/// items are all readings, or all events. A value.
struct Batch {
  Item::Kind kind = Item::Kind::kNothing;
  std::string raw;           ///< the input's bytes, none left out
  std::string body;          ///< NDJSON, a line for each item
  std::vector<Place> items;  ///< in the order of the body
  std::vector<Bad> bad;      ///< found without asking the hub
  std::uint64_t skipped = 0;
  bool ends_record = true;  ///< false: more of a record that is too long follows

  bool is_empty() const { return raw.empty(); }
  std::string_view bytes_of(const Place& place) const {
    return std::string_view(raw).substr(place.start, place.size);
  }
};

/// Appends the item's line of NDJSON.
void append_item(const Item& item, std::string_view metric_id, std::string& body);

}  // namespace sse::pub
