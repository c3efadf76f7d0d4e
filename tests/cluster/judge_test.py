#!/usr/bin/python3
"""What judges the other tests of this folder finds each mistake."""
import sys

sys.dont_write_bytecode = True

import judge  # noqa: E402, pylint: disable=wrong-import-position
from crowd import Subscriber  # noqa: E402, pylint: disable=wrong-import-position

LOG = [('id%d' % i, 'p-%d' % i) for i in range(6)]
GAP = ('gap', {'reason': 'unknown', 'missed': None})
LOST = [('lost%d' % i, 'p-%d' % i) for i in range(4, 6)]


def subscriber(*told):
    one = Subscriber('one')
    one.told = [GAP if item is GAP else ('event', *item) for item in told]
    return [one]


def fails(judgement, *words):
    try:
        judgement(*words)
    except AssertionError:
        return True
    return False


EXACT = [
    ('all of it', LOG, True),
    ('one lost in the middle', LOG[:2] + LOG[3:], False),
    ('one lost at the end', LOG[:-1], False),
    ('one twice', LOG[:3] + LOG[2:], False),
    ('two in another order', [LOG[1], LOG[0], *LOG[2:]], False),
    ('another id', [('other', 'p-0'), *LOG[1:]], False),
    ('a gap', [GAP, *LOG], False),
    ('one too many', [*LOG, ('id6', 'p-6')], False),
    ('nothing', [], False),
]
TOLD = [
    ('no gap', LOG, True),
    ('a gap, then all of it', [*LOG[:3], GAP, *LOG], True),
    ('what was lost, a gap, all of it', [*LOG[:4], *LOST, GAP, *LOG], True),
    ('two gaps', [*LOG[:4], *LOST, GAP, *LOG[:5], GAP, *LOG], True),
    ('lost events, and no gap', [*LOG[:4], *LOST, *LOG[4:]], False),
    ('lost events, and no gap at the end', [*LOG, *LOST], False),
    ('a hole without a gap', [*LOG[:2], *LOG[3:]], False),
    ('a gap behind which the beginning is missing', [*LOG[:4], GAP, *LOG[4:]], False),
    ('a gap behind which the end is missing', [*LOG[:4], GAP, *LOG[:5]], False),
    ('one twice', LOG[:3] + LOG[2:], False),
]
ACKNOWLEDGED = dict((data, event) for event, data in LOG)
KEPT = [
    ('all of it', LOG, True),
    ('with one whose outcome was not known', [*LOG, ('id6', 'p-6')], True),
    ('without one', LOG[1:], False),
    ('one twice', [*LOG, ('id9', 'p-5')], False),
    ('with another id', [('other', 'p-0'), *LOG[1:]], False),
    ('two in another order', [LOG[1], LOG[0], *LOG[2:]], False),
]


def id_of(epoch, sequence):
    return '01a22844-8065-7%03d-9b74-%012x' % (epoch, sequence)


PROMISED = {'p-%d' % i: id_of(1, i) for i in range(1, 7)}
SEQUENCES = range(1, 7)
LOST_OF = [
    ('nothing', [(id_of(1, i), 'p-%d' % i) for i in SEQUENCES], 0),
    ('the end of an epoch', [(id_of(1, i), 'p-%d' % i) for i in range(1, 5)] + [(id_of(2, 5), 'p-7')], 2),
    ('all of it', [(id_of(2, 1), 'p-7')], 6),
    ('one in the middle', [(id_of(1, i), 'p-%d' % i) for i in SEQUENCES if i != 3], None),
    ('one twice', [(id_of(1, i), 'p-%d' % i) for i in SEQUENCES] + [(id_of(1, 7), 'p-6')], None),
    ('the end, there with the id of another master', [(id_of(1, i), 'p-%d' % i) for i in range(1, 6)]
     + [(id_of(2, 6), 'p-6')], 1),
    ('one in the middle, with another id', [(id_of(1, i if i != 3 else 13), 'p-%d' % i) for i in SEQUENCES], None),
]


def losses(log):
    """How many, or None: it was found to be wrong."""
    try:
        return len(judge.check_losses(log, PROMISED))
    except AssertionError:
        return None


def main():
    wrong = []
    for what, told, is_fine in EXACT:
        wrong += [] if fails(judge.check_exact, subscriber(*told), LOG) != is_fine else ['exact: ' + what]
    for what, told, is_fine in TOLD:
        wrong += [] if fails(judge.check_told, subscriber(*told), LOG) != is_fine else ['told: ' + what]
    for what, log, is_fine in KEPT:
        wrong += [] if fails(judge.check_log, log, ACKNOWLEDGED) != is_fine else ['log: ' + what]
    for what, log, count in LOST_OF:
        wrong += [] if losses(log) == count else ['losses: ' + what]
    if wrong:
        sys.exit('judged wrongly: ' + ', '.join(wrong))
    print('good: %d cases' % (len(EXACT) + len(TOLD) + len(KEPT) + len(LOST_OF)))


main()
