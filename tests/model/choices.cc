#include "model/choices.h"

#include <string>
#include <vector>

namespace sse::model {
namespace {

using std::chrono::milliseconds;

const std::vector<int> kIntervals = {10, 60, 500, 500, 1900};
const std::vector<std::string> kLastTypes = {"done", "done", "d*", "metric_x", "*b", "none", "*"};

Position choose_position(Dice& dice, const std::deque<Life>& lives, milliseconds wall) {
  const Life& life = lives.back();
  Position position;
  switch (dice.below(10)) {
    case 0:
    case 1:
      return position;
    case 2:
    case 3:
      position.kind = Position::Kind::kEarliest;
      return position;
    case 4:
    case 5:
      position.kind = Position::Kind::kLast;
      position.events = dice.below(life.head() + 10);
      return position;
    case 6:
      position.kind = Position::Kind::kTime;
      position.time = wall - milliseconds(dice.below(5000));
      // The border of a millisecond is where an event is.
      if (life.head() > 0 && dice.one_in(2)) {
        position.time = life.at(1 + dice.below(life.head())).time + milliseconds(dice.below(2));
      }
      return position;
    default:
      break;
  }
  position.kind = Position::Kind::kAfter;
  const Life& of = dice.one_in(6) ? lives.front() : life;
  position.id = of.id_of(dice.below(of.head() + 1));
  // A digit of the epoch or of the time: no id that a hub gave out.
  const bool is_origin = position.id == of.origin();
  if (dice.one_in(10) && !is_origin) position.id[dice.one_in(2) ? 16 : 5] = 'f';
  return position;
}

void choose_features(Ask& ask, Dice& dice) {
  if (dice.one_in(4)) {
    ask.each = true;
    if (ask.position.kind != Position::Kind::kAfter) ask.position = {};
  }
  if (dice.one_in(4)) ask.until = dice.one_of(kLastTypes);
  if (!ask.events_only && dice.one_in(4)) {
    // Of few intervals, and often of everything, so that streams have their rounds together, or of
    // topics alone, so that they nearly have: those differ in their topics, or in their ends.
    ask.every = milliseconds(dice.one_of(kIntervals));
    const auto which = dice.below(8);
    if (which < 6) ask.filter = {};
    if (which >= 3 && which < 6) ask.filter.topics = {"x/#"};
    if (which == 6) ask.filter.types.clear();
  }
}

}  // namespace

Ask choose_ask(Dice& dice, const std::deque<Life>& lives, std::chrono::milliseconds wall) {
  Ask ask;
  ask.filter = make_filter(dice);
  ask.events_only = dice.one_in(6);
  ask.id_in_header = dice.one_in(2);
  ask.form = dice.one_in(5) ? RequestForm::kHttp10 : RequestForm::kHttp11;
  ask.position = choose_position(dice, lives, wall);
  choose_features(ask, dice);
  return ask;
}

}  // namespace sse::model
