#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "sse/gate/key_reservation.h"
#include "sse/http/response.h"

namespace sse::gate {

/// Copies an answer that is made in pieces, as its peer takes them, and keeps it under its key when
/// the last one is there. An answer that fails at its first piece is an error instead, so nothing
/// is kept. Of one that ends early, or is too large, it is kept that it was given: its request was
/// taken. Loop-affine, to the loop of the connection.
class PieceRecorder {
 public:
  /// `answer`: its status and fields. `most`: bytes of a body that is kept.
  PieceRecorder(http::PieceSource source, bool has_length, std::size_t most,
                std::shared_ptr<KeptAnswer> answer, std::shared_ptr<KeyReservation> reservation);
  ~PieceRecorder();
  PieceRecorder(const PieceRecorder&) = delete;
  PieceRecorder& operator=(const PieceRecorder&) = delete;

  http::Piece next(std::string& out, const FunctionRef<http::Resume()>& later);

 private:
  void copy(std::string_view piece);
  void give_up_copy();
  void keep();

  const http::PieceSource source_;
  const std::size_t most_;
  std::shared_ptr<KeptAnswer> answer_;
  std::shared_ptr<KeyReservation> reservation_;  // null: all is decided
  std::size_t reserved_ = 0;                     // bytes that the store has granted
  bool may_fail_;                                // no byte is sent yet, nor a status
};

}  // namespace sse::gate
