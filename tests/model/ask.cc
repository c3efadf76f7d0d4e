#include "model/ask.h"

namespace sse::model {
namespace {

std::string since_of(const Position& position) {
  switch (position.kind) {
    case Position::Kind::kLatest:
    case Position::Kind::kAfter:
      break;
    case Position::Kind::kEarliest:
      return "&since=earliest";
    case Position::Kind::kLast:
      return "&since=-" + std::to_string(position.events);
    case Position::Kind::kTime: {
      const auto ms = position.time.count();
      std::string fraction = std::to_string(1000 + ms % 1000);
      return "&since=" + encoded("@" + std::to_string(ms / 1000) + "." + fraction.substr(1));
    }
  }
  return {};
}

}  // namespace

Filter Ask::passing() const {
  Filter wide = filter;
  if (!until.empty() && !wide.types.empty()) wide.types.push_back(until);
  return wide;
}

std::string Ask::request(std::string_view path, std::string_view more) const {
  const bool resumes = position.kind == Position::Kind::kAfter;
  std::string query = each ? "&since=each" : since_of(position);
  query += filter.query() + std::string(more);
  if (!until.empty()) query += "&until_type=" + encoded(until);
  if (every.count() > 0) query += "&every=" + std::to_string(every.count() / 1'000'000) + "ms";
  if (resumes && !id_in_header) query += "&last_event_id=" + encoded(position.id);
  if (events_only) query += "&ids=events";
  if (!query.empty()) query.front() = '?';
  std::string text = "GET " + std::string(path) + query;
  text += form == RequestForm::kHttp11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
  text += "Host: localhost\r\nAccept: text/event-stream\r\n";
  if (resumes && id_in_header) text += "Last-Event-ID: " + position.id + "\r\n";
  return text + "\r\n";
}

}  // namespace sse::model
