#pragma once

/// \file
/// One reader over all its connections: asks, is cut off, resumes.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "model/ask.h"
#include "model/life.h"
#include "model/stream_judge.h"
#include "model/transcript.h"

namespace sse::model {

/// Knows no sockets: a driver tells it what came and how it ended. Thread-compatible.
class Subscriber {
 public:
  /// What it asks for the first time; from then on only the position changes.
  void begin(Ask ask);
  bool has_begun() const { return has_begun_; }
  /// Behind what it has, or, with nothing yet, where it began.
  Ask resuming() const;

  enum class Expected {
    kStream,
    kRefusal,
    kDone,  ///< 204: it was read to its end
  };
  /// A connection asks for `ask`.
  void connect(const Life& life, const Ask& ask, Window when, Sequence head, Expected expected);
  void take(std::string_view bytes, Time now);
  /// `has_ended`: the hub sent FIN or RST.
  void take_end(const Causes& causes);

  bool is_connected() const { return judge_ != nullptr; }
  bool is_stream() const { return expected_ == Expected::kStream; }
  /// The answer has come that is not a stream.
  bool is_answered() const { return !is_stream() && has_head(); }
  bool has_head() const { return is_connected() && transcript_->has_head(); }
  StreamJudge& judge() { return *judge_; }
  const std::string& last_id() const { return last_id_; }
  const std::string& fault() const { return fault_; }

 private:
  void note_fault(const std::string& fault);
  void judge_refusal();
  void judge_done();

  Ask ask_;
  bool has_begun_ = false;
  std::string last_id_;
  std::string fault_;

  // Of the connection.
  std::unique_ptr<Transcript> transcript_;
  std::unique_ptr<StreamJudge> judge_;
  Expected expected_ = Expected::kStream;
  bool has_seen_head_ = false;
};

}  // namespace sse::model
