#!/usr/bin/python3
"""usage: damage_test.py PROGRAMS-DIRECTORY [NAME...]

What others have written into the stream, or deleted from it, by hand.
"""
import sys

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd  # noqa: E402
from engine import wait_until  # noqa: E402

LOG = '{events}:log'


def publish(node, *names):
    for name in names:
        status, _, answer = node.publish(name)
        assert status == 201, (name, status, answer)


def reconnects(nodes):
    return sum(node.samples()['sse_cluster_reconnects_total'] for node in nodes)


def check_garbage(stage):
    """An entry that is none is stepped over: events go on, streams are told at most once, no hub spins."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    publish(nodes[0], 'a-0')
    with Crowd(stage.alive, 4) as crowd:
        wait_until(crowd.is_open, 'the streams')
        redis.ask('XADD', LOG, '*', 'no', 'entry')
        for i, node in enumerate(nodes):
            status, _, answer = node.publish('a-%d' % (i + 1))
            assert status == 201, (status, answer)
        log = stage.final_log()
        assert [data for _, data in log][-2:] == ['a-1', 'a-2'], log
        stage.wait_for_crowd(crowd, log)
    assert reconnects(nodes) < 10, reconnects(nodes)
    late = stage.node(redis)
    assert late.log()[-2:] == log[-2:]


def check_hole(stage):
    """An entry that was deleted: running hubs go on, and one that starts has what is behind the hole."""
    redis = stage.redis()
    nodes = [stage.node(redis) for _ in range(2)]
    publish(nodes[0], *['a-%d' % i for i in range(10)])
    fifth = redis.ask('XRANGE', LOG, '-', '+', 'COUNT', 5)[4][0]
    assert redis.ask('XDEL', LOG, fifth) == 1
    late = stage.node(redis)
    publish(nodes[1], 'a-10')
    wait_until(lambda: [data for _, data in late.log()] == ['a-%d' % i for i in range(5, 11)], 'the events behind it')
    judge.check_equal('a hub that was there', nodes[0].log()[5:], late.log())


if __name__ == '__main__':
    stages.run([check_garbage, check_hole])
