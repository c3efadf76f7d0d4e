#!/usr/bin/python3
"""usage: history_test.py PROGRAMS-DIRECTORY [NAME...]

History of a cluster that is many times as long as the memory of its nodes: what is older is read back from Redis.
"""
import json
import select
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True

import judge  # noqa: E402
import stage as stages  # noqa: E402
from crowd import Crowd, Subscriber  # noqa: E402
from engine import wait_until  # noqa: E402
from publishers import Publishers  # noqa: E402

MEMORY = 256 << 10
SMALL = ('--max-log-bytes', '256k', '--cluster-max-bytes', '64M', '--history-cache', '1M', '--cluster-timeout', '1s')
LOG = '{events}:log'


def fill(nodes, count=4000, size=1500):
    """So many events, by all nodes in turn, of ten topics."""
    for begin in range(0, count, 50):
        lines = [json.dumps({'data': 'old-%d\n%s' % (i, 'x' * size), 'topic': 'topic/%d' % (i % 10)})
                 for i in range(begin, begin + 50)]
        status, _, text = nodes[begin // 50 % len(nodes)].ask(
            '/events', body='\n'.join(lines), headers={'Content-Type': 'application/x-ndjson'})
        assert status in (200, 201), (status, text)


def pages(node, target):
    """All events that polls give from there on, as (id, data), and the first gap."""
    events, gap = [], None
    while True:
        status, _, page = node.answer(target + '&limit=1000')
        assert status == 200, (status, page)
        gap = gap or page['gap']
        if not page['events']:
            return events, gap
        events += [(event['id'], event['data']) for event in page['events']]
        query = urllib.parse.urlsplit(target).query
        topic = ''.join('&' + part for part in query.split('&') if part.startswith('topic='))
        target = '/events?after=%s%s' % (page['cursor'], topic)


def time_of(event):
    """Milliseconds in its id."""
    return int(event.replace('-', '')[:12], 16)


def check_long(log, nodes):
    """What these tests need: far more than is in memory."""
    assert len(log) * 1500 > 20 * MEMORY, len(log)
    for node in nodes:
        assert node.samples()['sse_log_bytes'] <= MEMORY, node.samples()['sse_log_bytes']


def check_replays(stage):
    """Subscribers replay from 20 places, on a node started again, too, each event once, while live events go on."""
    redis = stage.redis()
    nodes = [stage.node(redis, *SMALL) for _ in range(2)]
    fill(nodes)
    nodes[1].kill()
    late = stage.node(redis, *SMALL)
    log = nodes[0].log()
    judge.check_equal('a node that was started again', late.log(), log)
    check_long(log, [nodes[0], late])
    starts = [len(log) * i // 20 for i in range(20)]
    begin = time.monotonic()
    publishers = Publishers(stage.alive, 2, seed=4, pace=0.01)
    with Crowd(stage.alive, 20, seed=4, places=[log[start][0] for start in starts]) as crowd:
        wait_until(lambda: publishers.count() >= 200, 'live events')
        acknowledged = publishers.end()
        final = stage.final_log()
        stage.wait_for_crowd(crowd, final)
    took = time.monotonic() - begin
    assert final[:len(log)] == log and len(final) == len(log) + len(acknowledged), len(final)
    for start, one in zip(starts, crowd.subscribers):
        assert not one.gaps(), one.gaps()[:2]
        judge.check_equal(one.name, shown(one), first_lines(final[start + 1:]))
        assert set(one.resumes) == {'exact'}, one.resumes
    reads = sum(node.samples()['sse_archive_reads_total'] for node in stage.alive())
    assert reads > 10, reads
    return '%d events, %d live, %.0f reads, %.1f s' % (len(final), len(acknowledged), reads, took)


def shown(subscriber):
    return first_lines(subscriber.events())


def first_lines(events):
    return [(event, data.split('\n')[0]) for event, data in events]


def check_positions(stage):
    """A time, a number of events, an id, a topic and the newest of each reach into what is in Redis alone."""
    redis = stage.redis()
    nodes = [stage.node(redis, *SMALL) for _ in range(2)]
    fill(nodes)
    once = nodes[0].publish('only once', topic='rare')[2]['id']
    fill(nodes, 1000)
    nodes.append(stage.node(redis, *SMALL))
    log = nodes[0].log()
    check_long(log, nodes)
    for node in nodes:
        events, gap = pages(node, '/events?since=-4500')
        assert gap is None, gap
        judge.check_equal('since=-4500', events, log[-4500:])
        _, gap = pages(node, '/events?since=-%d' % (len(log) + 1))
        assert gap is None, gap  # there never were as many
        for place in (0, 1234, 2500, len(log) - 2000):
            events, gap = pages(node, '/events?after=' + log[place][0])
            assert gap is None, gap
            judge.check_equal('after %d' % place, events, log[place + 1:])
            since = time_of(log[place][0])
            events, gap = pages(node, '/events?since=@%d.%03d' % divmod(since, 1000))
            assert gap is None, gap
            expected = [event for event in log if time_of(event[0]) >= since]
            judge.check_equal('since the time of %d' % place, events, expected)
        events, _ = pages(node, '/events?since=earliest&topic=rare')
        assert events == [(once, 'only once')], events
        events, _ = pages(node, '/events?since=earliest&topic=topic/3')
        judge.check_equal('topic/3', events, [each for each in log if each[1].split('\n')[0][-1] == '3'])
        _, _, page = node.answer('/events?since=each&limit=100')
        assert page['gap'] is None and len(page['events']) == 11, page
        assert page['events'][0]['id'] == once, page['events'][0]['id']
    return '%d events' % len(log)


class Reader(Subscriber):
    """Reads when it is told to, by hand."""

    def __init__(self, node, last_id):
        super().__init__('reader', last_id)
        self.connect(node)

    def progress(self):
        """Grows with each heartbeat, too, which is a line."""
        return self.count, self.unread.count(b'\n')

    def read_for(self, seconds, until=lambda: False):
        """False: the stream has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            ready, _, _ = select.select([self.socket], [], [], 0.05)
            if ready and not self.read():
                return False
        return True


def check_trimmed(stage):
    """What retention deletes under a replay is a gap that is counted."""
    redis = stage.redis()
    node = stage.node(redis, *SMALL, '--send-buffer', '16k')
    fill([node])
    log = node.log()
    check_long(log, [node])
    reader = Reader(node, log[9][0])
    wait_until(lambda: reader.read_for(0.1, until=lambda: reader.count > 0) and reader.count > 0, 'the replay')
    redis.ask('XTRIM', LOG, 'MINID', time_of(log[3000][0]))
    wait_until(lambda: len(node.log()) < len(log), 'the tail')
    while reader.read_for(20):
        assert reader.last_id != log[-1][0], 'it was told nothing'
    before = shown(reader)
    judge.check_equal('before the end', before, first_lines(log[10:10 + len(before)]))
    again = Reader(node, reader.last_id)
    again.read_for(20, until=lambda: again.last_id == log[-1][0])
    left = node.log()
    missed = len(log) - len(left) - 10 - len(before)
    assert [gap['missed'] for gap in again.gaps()] == [missed] and again.gaps()[0]['reason'] == 'expired', again.gaps()
    judge.check_equal('behind the gap', shown(again), first_lines(left))
    # By age: what is left goes within a second or two, although nothing is published.
    redis.ask('HSET', '{events}:meta', 'ttl', 1)
    wait_until(lambda: redis.entries(LOG) == 0, 'the end of what is kept')
    wait_until(lambda: node.answer('/events?since=earliest')[2]['events'] == [], 'an empty log')
    _, _, page = node.answer('/events?after=' + log[0][0])
    assert page['gap']['missed'] == len(log) - 1, page
    return '%d of %d missed' % (missed, len(log))


def check_engine_stops(stage):
    """While Redis stands still, replays wait with heartbeats, and all else is served; then they go on."""
    redis = stage.redis()
    node = stage.node(redis, *SMALL, '--send-buffer', '16k')
    fill([node])
    log = node.log()
    check_long(log, [node])
    reader = Reader(node, log[0][0])
    live = Reader(node, log[-1][0])
    wait_until(lambda: reader.read_for(0.1, until=lambda: reader.count > 0) and reader.count > 0, 'the replay')
    redis.stop()
    try:
        # What is at hand comes, and then heartbeats alone.
        quiet_since, count = time.monotonic(), reader.count
        while time.monotonic() - quiet_since < 3:
            assert reader.read_for(0.5) and live.read_for(0.1)
            if reader.count != count:
                quiet_since, count = time.monotonic(), reader.count
        assert count < len(log) - 1, 'all of it was in memory'
        before = (reader.progress(), live.progress())
        assert reader.read_for(2) and live.read_for(2)
        assert reader.progress() > before[0] and live.progress() > before[1], (reader.unread, live.unread)
        begin = time.monotonic()
        events, gap = pages(node, '/events?since=-20')
        assert events == log[-20:] and gap is None, len(events)
        assert time.monotonic() - begin < 2, 'a poll of what is in memory waits for Redis'
    finally:
        redis.go_on()
    assert reader.read_for(60, until=lambda: reader.last_id == log[-1][0]), reader.told[-1]
    judge.check_equal('the replay', shown(reader), first_lines(log[1:]))
    assert not reader.gaps(), reader.gaps()
    status, fields, _ = node.publish('afterwards')
    assert status == 201, status
    live.read_for(10, until=lambda: live.last_id == fields['sse-event-id'])
    assert shown(live) == [(fields['sse-event-id'], 'afterwards')], live.told
    return 'stopped after %d of %d' % (count, len(log))


def check_engine_killed(stage):
    """kill -9 of Redis, again and again, under replays that hop between two nodes: each event once, no gap."""
    redis = stage.redis(append='always')
    nodes = [stage.node(redis, *SMALL) for _ in range(2)]
    fill(nodes)
    log = nodes[0].log()
    check_long(log, nodes)
    starts = [len(log) * i // 20 for i in range(20)]
    with Crowd(stage.alive, 20, seed=6, hops=20, places=[log[start][0] for start in starts]) as crowd:
        publishers = Publishers(stage.alive, 2, seed=6, pace=0.01)
        for kills in range(3):
            wait_until(lambda: publishers.count() >= 50 * (kills + 1), 'events')  # pylint: disable=cell-var-from-loop
            redis.restart()
        acknowledged = publishers.end()
        final = stage.final_log()
        stage.wait_for_crowd(crowd, final)
    assert final[:len(log)] == log and len(final) == len(log) + len(acknowledged), len(final)
    for start, one in zip(starts, crowd.subscribers):
        assert not one.gaps(), one.gaps()[:2]
        judge.check_equal(one.name, shown(one), first_lines(final[start + 1:]))
    return '%d events, %d hops' % (len(final), sum(one.hops for one in crowd.subscribers))


def check_engine_loses(stage):
    """Redis comes back without its newest events: what is older is read back as before, what is lost is told."""
    redis = stage.redis()
    nodes = [stage.node(redis, *SMALL) for _ in range(2)]
    fill(nodes)
    log = nodes[0].log()
    redis.ask('SAVE')
    lost = nodes[0].publish('lost')[2]['id']
    # Both have seen it, so both have to take it back.
    wait_until(lambda: nodes[1].answer('/events?since=-1')[2]['events'][0]['id'] == lost, 'the other node')
    redis.restart()
    wait_until(lambda: all(node.samples()['sse_cluster_resets_total'] == 1 for node in nodes), 'the resets')
    after = nodes[1].publish('after')[2]['id']
    nodes.append(stage.node(redis, *SMALL))
    final = stage.final_log()
    judge.check_equal('the log', final, log + [(after, 'after')])
    check_long(final, nodes)
    places = [log[len(log) * i // 12][0] for i in range(12)]
    with Crowd(stage.alive, 12, seed=8, places=places) as crowd:
        stage.wait_for_crowd(crowd, final)
    for i, one in enumerate(crowd.subscribers):
        assert not one.gaps(), one.gaps()[:2]
        judge.check_equal(one.name, shown(one), first_lines(final[len(log) * i // 12 + 1:]))
    for node in nodes:
        _, _, page = node.answer('/events?after=' + lost)
        assert page['gap']['reason'] == 'unknown' and page['gap']['missed'] is None, page['gap']
        assert page['events'][0]['id'] == final[0][0], page['events'][0]['id']
        _, _, page = node.answer('/events?since=each&limit=100')
        assert len(page['events']) == 11, len(page['events'])


if __name__ == '__main__':
    stages.run([check_replays, check_positions, check_trimmed, check_engine_stops, check_engine_killed,
                check_engine_loses])
