#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands.h"
#include "line_reader.h"

namespace sse::pub {

/// `reading -l` and `event -l`: lines of stdin, published in batches as they come. A bad line is
/// reported with its number and never holds the good ones back. Thread-compatible.
class LinePublisher {
 public:
  explicit LinePublisher(const Session& session);

  /// To the end of stdin, or to a stop signal; what was read by then is published.
  cli::ExitCode run();

 private:
  /// A line on its way: exactly one of reading and event means something.
  struct Item {
    std::size_t line = 0;
    std::string metric;  // as written
    client::NewReading reading;
    client::NewEvent event;
  };

  LineReader::Got gather();
  void add(const Line& line);
  bool resolve(Item& item);
  void reject(std::size_t line, const std::string& why);

  void publish();
  client::Published<std::vector<client::ItemResult>> send(const std::vector<Item>& items);
  void publish_again(std::vector<Item> items);
  void settle(const Item& item, const client::ItemResult& result);
  void lose(const std::vector<Item>& items, const client::PublishError& error);
  void keep_rate(std::size_t published);

  const Session& session_;
  LineReader reader_;
  std::vector<Item> batch_;
  std::size_t batch_bytes_ = 0;
  BootTime next_send_{};  // --rate
  std::size_t rejected_ = 0;
  std::optional<cli::ExitCode> worst_;  // a request failed; with kDone nothing else did
  bool goes_on_ = true;
};

}  // namespace sse::pub
